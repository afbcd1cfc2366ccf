// The producer of the client and its transactions, with the answers of engine/io/kafka to what the
// broker says.
#include <algorithm>
#include <deque>

#include "engine/core/topics.h"
#include "tests/simulator/client_parts.h"
#include "tests/simulator/unsent.h"

namespace bongsu::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Answer = Transactions::Answer;

constexpr Duration kAgain = milliseconds(20);
constexpr Duration kInitTimeout = seconds(30);
constexpr Duration kAbortTimeout = seconds(10);
constexpr Duration kSlowCommit = seconds(1);

// A request to commit that reaches the broker long after it was sent; at the worst moment, while
// the next transaction of its producer is open.
struct LateCommit {
  World& world;
  Transactions& transactions;
  Awaits& owner;
  std::string id;
  int epoch;
  bool waits;    // For the next transaction.
  uint64_t own;  // The transaction it is meant for.
  Timestamp deadline = world.now() + seconds(2);
  bool deadly = false;  // Where it is done, its owner dies.

  void Arrive() const {
    const uint64_t ongoing = transactions.Ongoing(id);
    if (waits && (ongoing == 0 || ongoing == own) && world.now() < deadline) {
      return world.After(microseconds(200), [late = *this] { late.Arrive(); });
    }
    if (waits) {
      LateCommit now = *this;
      now.waits = false;
      now.deadly = true;
      return world.After(world.Between(microseconds(0), microseconds(500)),
                         [now] { now.Arrive(); });
    }
    const bool done = transactions.End(id, epoch, true) == Answer::kOk;
    world.Trace("a late commit of ", id, done ? " is done" : " comes to nothing");
    if (done && deadly) owner.Die();
  }
};

class SimProducer final : public Producer {
 public:
  SimProducer(SimLog& l, std::string i) : log(l), id(std::move(i)) {}
  Status Initialise();
  Result<std::unique_ptr<Transaction>> Begin() override;

  Status GoOn() const {
    return log.awaits().dead() ? Status::Internal("simulated: this process is dead") : Status::Ok();
  }

  SimLog& log;
  const std::string id;
  int epoch = -1;
  bool open = false, dead = false, fenced = false;
  bool stale = false;  // After an abort or a slow commit: the next transaction is of a new epoch.
  std::vector<TopicPartition> aborted;  // kAbortDropsOutputs: it does not send there again.
};

class SimTransaction final : public Transaction, public TakesPositions {
 public:
  explicit SimTransaction(SimProducer& producer) : p_(producer) {}
  ~SimTransaction() override {
    if (!done_) (void)Abort();
    p_.open = false;
  }
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header> headers) override;
  bool Join(const WriteBatch&) override { return false; }
  Outcome Commit(Duration timeout) override;
  std::optional<int64_t> NextOffset(std::string_view topic, int32_t partition) const override;
  void AddPositions(const SimMember& member, std::span<const Position> positions) override {
    Owned owned{member.group(), member.instance(), member.id(), member.generation(), {}};
    for (const Position& position : positions) owned.positions[position.from] = position.next;
    positions_.push_back(std::move(owned));
  }

 private:
  enum class Step { kDone, kAbort, kUnknown, kFenced };
  Step SendOne();
  Step Flush(Timestamp deadline);
  Step SendPositions(Timestamp deadline);
  Step Finish(Timestamp deadline);
  Step Unanswered(const Armed& fault);
  Outcome Abort();
  Outcome Settle(Step step);
  void TraceOutcome(Outcome outcome);
  Answer End(bool commit) { return p_.log.broker().transactions().End(p_.id, p_.epoch, commit); }

  SimProducer& p_;
  std::deque<Unsent> unsent_;
  struct Owned {
    std::string group, instance;
    int64_t member = 0;
    int generation = 0;
    std::map<TopicPartition, int64_t> positions;
  };
  std::vector<Owned> positions_;
  std::map<TopicPartition, int64_t> next_;
  bool done_ = false, sent_ = false, failed_ = false, undelivered_ = false;
};

Status SimProducer::Initialise() {
  World& world = log.world();
  log.hooks().on_init(id);
  const Timestamp deadline = world.now() + kInitTimeout;
  do {
    if (log.broker().up()) {
      const std::optional<int> answer = log.broker().transactions().Init(id, kSession);
      epoch = answer.value_or(epoch);
      if (answer) return Status::Ok();
    }
    BONGSU_RETURN_IF_ERROR(log.awaits().Before(Point::kInitialising));
    world.Sleep(world.Between(milliseconds(20), milliseconds(100)));
    BONGSU_RETURN_IF_ERROR(GoOn());
  } while (world.now() < deadline);
  return Status::Unavailable("simulated: the producer could not be initialised");
}

Result<std::unique_ptr<Transaction>> SimProducer::Begin() {
  BONGSU_RETURN_IF_ERROR(log.awaits().Before(Point::kBegin));
  if (fenced) return Status::Fenced("simulated: another owner took over");
  if (dead) return Status::Unavailable("simulated: the producer has ended");
  BONGSU_CHECK(!open);
  if (std::exchange(stale, false) && log.mutant() != Mutant::kKeepsProducer) {
    const Status status = Initialise();
    dead = !status.ok();
    BONGSU_RETURN_IF_ERROR(status);
  }
  open = true;
  return std::unique_ptr<Transaction>(std::make_unique<SimTransaction>(*this));
}

Status SimTransaction::Append(std::string_view topic, int32_t partition, std::string_view key,
                              std::optional<std::string_view> value,
                              std::span<const Header> headers) {
  BONGSU_CHECK(!done_);
  const auto fails = [&](Status status) {
    failed_ |= !status.ok();
    return status;
  };
  BONGSU_RETURN_IF_ERROR(fails(p_.log.awaits().Before(Point::kAppend)));
  if (p_.fenced) return fails(Status::Fenced("simulated: another owner took over"));
  Unsent record = NewUnsent(topic, partition, key, value, headers);
  if (p_.log.mutant() == Mutant::kMetaFirst && key == kMetaKey) {
    const auto first = std::find_if(unsent_.begin(), unsent_.end(),
                                    [&](const Unsent& other) { return other.to == record.to; });
    unsent_.insert(first, std::move(record));
  } else {
    unsent_.push_back(std::move(record));
  }
  // Some go out in the background.
  const bool waits = p_.log.mutant() == Mutant::kMetaFirst;
  if (!waits && p_.log.broker().up() && p_.log.world().Chance(0.1)) {
    const Step step = SendOne();
    if (step == Step::kFenced) p_.fenced = p_.dead = true;
    undelivered_ |= step == Step::kAbort;
  }
  return fails(p_.GoOn());
}

// kUnknown: not now; kAbort: it is not delivered.
SimTransaction::Step SimTransaction::SendOne() {
  const Status status = p_.log.awaits().Before(Point::kSend);
  if (!p_.GoOn().ok() || !p_.log.broker().up()) return Step::kUnknown;
  if (!status.ok()) return Step::kAbort;
  const Unsent& record = unsent_.front();
  if (p_.log.mutant() == Mutant::kAbortDropsOutputs &&
      std::find(p_.aborted.begin(), p_.aborted.end(), record.to) != p_.aborted.end()) {
    unsent_.pop_front();
    return Step::kDone;
  }
  int64_t offset = 0;
  switch (p_.log.broker().Produce(p_.id, p_.epoch, record.to, record.payload, &offset)) {
    case Answer::kOk:
      break;
    case Answer::kBusy:
      return Step::kUnknown;
    default:
      return Step::kFenced;
  }
  sent_ = true;
  next_[record.to] = offset + 1;
  unsent_.pop_front();
  return Step::kDone;
}

Outcome SimTransaction::Commit(Duration timeout) {
  BONGSU_CHECK(!done_);
  done_ = true;
  const Timestamp deadline = p_.log.world().now() + timeout;
  Outcome outcome = Outcome::kUnknown;
  if (failed_) {
    outcome = Abort();
  } else {
    // A record that is not delivered within the transaction's time-out fails it.
    Step step = Flush(std::min(deadline, p_.log.world().now() + kSession));
    if (step == Step::kDone) step = SendPositions(deadline);
    if (step == Step::kDone) step = sent_ ? Finish(deadline) : Step::kDone;
    outcome = Settle(step);
  }
  p_.open = false;
  if (p_.log.world().tracing()) TraceOutcome(outcome);
  if (outcome == Outcome::kCommitted) p_.aborted.clear();
  return outcome;
}

void SimTransaction::TraceOutcome(Outcome outcome) {
  constexpr std::string_view kOutcomes[] = {"committed", "aborted", "unknown", "fenced"};
  std::string text =
      StrCat(p_.id, " epoch ", p_.epoch, ": ", kOutcomes[static_cast<size_t>(outcome)]);
  for (const auto& [to, next] : next_)
    text += StrCat(", ", to.topic, '-', to.partition, " to ", next);
  for (const Owned& owned : positions_) {
    for (const auto& [of, next] : owned.positions)
      text += StrCat("; position ", of.partition, " is ", next);
  }
  p_.log.world().Trace(text);
}

Outcome SimTransaction::Settle(Step step) {
  switch (step) {
    case Step::kDone:
      return Outcome::kCommitted;
    case Step::kAbort:
      return Abort();
    case Step::kFenced:
      p_.dead = p_.fenced = true;
      return Outcome::kFenced;
    case Step::kUnknown:
      break;
  }
  if (p_.log.mutant() == Mutant::kUnknownIsAborted && !p_.log.awaits().dead()) {
    return Outcome::kAborted;
  }
  p_.dead = true;
  return Outcome::kUnknown;
}

SimTransaction::Step SimTransaction::Flush(Timestamp deadline) {
  World& world = p_.log.world();
  if (undelivered_) return Step::kAbort;
  while (!unsent_.empty()) {
    const Step step = SendOne();
    if (!p_.GoOn().ok()) return Step::kUnknown;
    if (step == Step::kFenced || step == Step::kAbort) return step;
    if (step == Step::kDone) continue;
    if (world.now() >= deadline) return Step::kAbort;
    world.Sleep(kAgain);
  }
  return p_.GoOn().ok() ? Step::kDone : Step::kUnknown;
}

SimTransaction::Step SimTransaction::SendPositions(Timestamp deadline) {
  World& world = p_.log.world();
  for (const Owned& owned : positions_) {
    for (bool sent = owned.positions.empty(); !sent;) {
      const Status status = p_.log.Request(Point::kPositions, seconds(1));
      if (!p_.GoOn().ok()) return Step::kUnknown;
      Group& group = p_.log.broker().group(owned.group);
      Answer answer = Answer::kBusy;
      if (!status.ok() && p_.log.broker().up()) return Step::kAbort;  // An error it can't get over.
      if (status.ok()) {
        if (group.Check(owned.member, owned.instance, owned.generation) != Group::Refusal::kNone) {
          world.Trace("positions are refused: it is no owner any more");
          return Step::kAbort;
        }
        answer = p_.log.broker().transactions().AddPositions(p_.id, p_.epoch, owned.group);
      }
      if (answer == Answer::kFenced) return Step::kFenced;
      if (answer == Answer::kOk) {
        const int64_t producer = p_.log.broker().transactions().ProducerOf(p_.id);
        for (const auto& [of, next] : owned.positions) group.Pend(producer, of, next);
        sent = sent_ = true;
      } else if (world.now() >= deadline) {
        return Step::kUnknown;
      } else {
        world.Sleep(kAgain);
      }
    }
  }
  return Step::kDone;
}

SimTransaction::Step SimTransaction::Finish(Timestamp deadline) {
  World& world = p_.log.world();
  const Timestamp began = world.now();
  bool asked_before = false;
  do {
    const Status status = p_.log.Request(Point::kCommit, seconds(1));
    if (!p_.GoOn().ok()) return Step::kUnknown;
    if (const auto fault = p_.log.awaits().TakeCommitFault()) {
      const Step step = Unanswered(*fault);
      if (step != Step::kDone) return step;
    } else if (status.ok()) {
      const Answer answer = End(true);
      if (answer == Answer::kFenced) return Step::kFenced;
      if (answer == Answer::kNotOpen) return asked_before ? Step::kUnknown : Step::kAbort;
      if (answer == Answer::kOk) {
        p_.stale |= world.now() - began > kSlowCommit;
        (void)p_.log.awaits().After(Point::kAfterCommit);
        return p_.GoOn().ok() ? Step::kDone : Step::kUnknown;
      }
    }
    asked_before = true;
    world.Sleep(kAgain);
  } while (world.now() < deadline);
  return Step::kUnknown;
}

// kDone: it asks again.
SimTransaction::Step SimTransaction::Unanswered(const Armed& fault) {
  World& world = p_.log.world();
  Transactions& transactions = p_.log.broker().transactions();
  world.Trace("the commit of ", p_.id, " gets no answer: ",
              fault.action == Action::kUnknownDone   ? "it is done"
              : fault.action == Action::kUnknownLost ? "it is lost"
                                                     : "it is late");
  if (fault.action == Action::kUnknownDone) (void)End(true);
  const bool resent = fault.action == Action::kResent;
  if (resent || fault.action == Action::kUnknownLate) {
    const Duration delay = resent ? kSlowCommit + milliseconds(1) : fault.duration;
    const uint64_t own = transactions.Ongoing(p_.id);
    world.After(delay, [late = LateCommit{world, transactions, p_.log.awaits(), p_.id, p_.epoch,
                                          resent, own}] { late.Arrive(); });
  }
  if (!resent) return Step::kUnknown;
  world.Sleep(kSlowCommit);  // The time-out of a request, and what comes of it.
  return Step::kDone;
}

Outcome SimTransaction::Abort() {
  unsent_.clear();
  for (const auto& [to, next] : next_) p_.aborted.push_back(to);
  if (p_.log.awaits().dead()) return Outcome::kUnknown;
  if (!sent_) return p_.fenced ? Outcome::kFenced : Outcome::kAborted;
  p_.stale = true;
  World& world = p_.log.world();
  const Timestamp deadline = world.now() + kAbortTimeout;
  do {
    const Status status = p_.log.Request(Point::kAbort, seconds(1));
    if (!p_.GoOn().ok()) return Outcome::kUnknown;
    const Answer answer = status.ok() ? End(false) : Answer::kBusy;
    if (answer == Answer::kOk) return Outcome::kAborted;
    if (answer == Answer::kFenced) {
      p_.dead = p_.fenced = true;
      return Outcome::kFenced;
    }
    if (answer == Answer::kNotOpen) break;
    world.Sleep(kAgain);
  } while (world.now() < deadline);
  p_.dead = true;
  return Outcome::kUnknown;
}

std::optional<int64_t> SimTransaction::NextOffset(std::string_view topic, int32_t partition) const {
  const auto next = next_.find({std::string(topic), partition});
  // A delivery report may come too late.
  if (next == next_.end() || p_.log.world().Chance(0.05)) return std::nullopt;
  return next->second;
}

}  // namespace

Result<std::unique_ptr<Producer>> NewSimProducer(SimLog& log, std::string id) {
  auto producer = std::make_unique<SimProducer>(log, std::move(id));
  BONGSU_RETURN_IF_ERROR(producer->Initialise());
  return std::unique_ptr<Producer>(std::move(producer));
}

}  // namespace bongsu::sim
