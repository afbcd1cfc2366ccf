#include "engine/pipeline/worker.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "engine/base/fault.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr Duration kFirstBackoff = std::chrono::milliseconds(100);
constexpr Duration kOpeningWait = std::chrono::milliseconds(2);
// A position that is not settled after this is held by somebody who may be gone.
constexpr Duration kUnsettled = std::chrono::milliseconds(500);
constexpr Duration kFencedAgain = std::chrono::minutes(1);
constexpr Duration kLookAtLag = std::chrono::milliseconds(100);
constexpr Duration kThrottledWait = std::chrono::milliseconds(5);
constexpr Duration kGlance = std::chrono::milliseconds(20);  // While other partitions wait.
constexpr Duration kGather = std::chrono::milliseconds(3);
// Records at a time; more are no faster, and are memory beside the queue they come from.
constexpr size_t kPolled = 1000;

}  // namespace

Worker::Worker(WorkerOptions options, Log& log, MakeConsumer make_consumer, ShardFactory& shards,
               const Clock& clock, Metrics& metrics, Reporter report)
    : options_(std::move(options)),
      log_(log),
      make_consumer_(std::move(make_consumer)),
      factory_(shards),
      clock_(clock),
      metrics_(metrics),
      report_(std::move(report)),
      activity_(clock) {}

Worker::~Worker() {
  AwaitCommit();
}

Status Worker::Run(const std::stop_token& stop) {
  Duration backoff = kFirstBackoff;
  while (!stop.stop_requested()) {
    if (!CommitHangs()) beats_.fetch_add(1, std::memory_order_release);
    const Result<bool> step = Step();
    if (step.ok()) {
      if (*step) {
        backoff = kFirstBackoff;
      } else if (consumer_) {
        Wait();
      }
      continue;
    }
    ready_ = false;
    report_(step.status().message());
    AwaitCommit();
    if (!MayPass(step.status())) return step.status();
    Reset();
    clock_.SleepFor(backoff);
    backoff = std::min<Duration>(backoff * 2, std::chrono::seconds(5));
  }
  Status flushed = Flush();
  AwaitCommit();
  return flushed;
}

void Worker::Wait() {
  const ActivityScope waiting(activity_, throttled_ ? Activity::kThrottle : Activity::kIdle);
  if (throttled_) {  // Records wait: the consumer would not.
    clock_.SleepFor(kThrottledWait);
    return;
  }
  // Files have nothing more to say before that, and do not wait.
  if (commit_ && (Full() || options_.in_order)) return AwaitCommit();
  if (!opening_.empty()) return consumer_->Wait(kOpeningWait);
  if (early_) {
    return consumer_->Wait(commit_ || Dirty() ? options_.min_interval : options_.idle_wait);
  }
  // Nobody hears of a record before the next commit, and a turn for each costs more than they do.
  if (commit_) return options_.executor->WaitFor(kGather);
  if (!Dirty()) return consumer_->Wait(options_.idle_wait);
  clock_.SleepFor(std::clamp<Duration>(next_commit_ - clock_.Steady(), Duration(0), kGather));
}

// A member is also fenced by itself, when the answer to its joining was lost on the way. Two of one
// name would fence each other for ever: the second time within a minute one of them ends.
bool Worker::MayPass(const Status& failure) {
  if (failure.code() != Code::kFenced) return failure.code() == Code::kUnavailable;
  const Timestamp now = clock_.Steady();
  const auto before = std::exchange(fenced_, now);
  return !before || now - *before > kFencedAgain;
}

Status Worker::Start() {
  if (consumer_) return Status::Ok();
  BONGSU_RETURN_IF_ERROR(factory_.Ready());
  // The producer first: it ends what an earlier run of this worker left open.
  BONGSU_ASSIGN_OR_RETURN(producer_, log_.NewProducer(options_.transactional_id));
  FAULT("after_init");
  if (options_.at_least_once) {
    BONGSU_ASSIGN_OR_RETURN(early_, log_.NewPlainProducer());
  }
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Consumer> consumer, make_consumer_());
  BONGSU_RETURN_IF_ERROR(consumer->Join());
  batch_ = consumer->NewBatch();
  consumer_ = std::move(consumer);
  return Status::Ok();
}

Result<bool> Worker::Step() {
  const ActivityScope polling(activity_, Activity::kPoll);
  BONGSU_RETURN_IF_ERROR(Start());
  BONGSU_ASSIGN_OR_RETURN(const bool reassigned, TakeAssignment());
  BONGSU_ASSIGN_OR_RETURN(const bool opened, OpenPartitions());
  BONGSU_ASSIGN_OR_RETURN(const bool polled, PollAll());
  if (early_ && polled) BONGSU_RETURN_IF_ERROR(PublishEarly());
  LookAtLag();
  const int64_t before = commits_;
  BONGSU_RETURN_IF_ERROR(TakeCommit());
  if (!commit_) {
    factory_.OnTurn(clock_.Now(), &extra_);
    if (CommitDue(clock_.Steady(), !polled)) BONGSU_RETURN_IF_ERROR(StartCommit());
  }
  PublishNumbers();
  idle_.store(!polled && Idle(), std::memory_order_release);
  turns_.fetch_add(1, std::memory_order_release);
  return reassigned || opened || polled || commits_ != before;
}

Result<bool> Worker::TakeAssignment() {
  const bool nothing = owned_.empty() && opening_.empty() && unsettled_.empty();
  BONGSU_ASSIGN_OR_RETURN(const AssignmentChange change,
                          consumer_->PollAssignment(nothing ? options_.idle_wait : Duration(0)));
  BONGSU_RETURN_IF_ERROR(Drop(change));
  if (!change.gained.empty()) {
    metrics_.GetCounter("rebalances_total", {{"kind", "gained"}}).Add(1);
    if (unsettled_.empty()) unsettled_since_ = clock_.Steady();
  }
  unsettled_.insert(unsettled_.end(), change.gained.begin(), change.gained.end());
  return !change.empty();
}

// What is in hand of a lost partition can no longer be committed by this member: the new owner does
// it again. What is committed by now is.
Status Worker::Drop(const AssignmentChange& change) {
  if (change.lost.empty()) return Status::Ok();
  AwaitCommit();
  if (commit_ && commit_->outcome == Outcome::kCommitted) BONGSU_RETURN_IF_ERROR(TakeCommit());
  for (const TopicPartition& lost : change.lost) {
    ForgetLag(lost);
    Forget(lost);
    opening_.erase(lost);
    std::erase(unsettled_, lost);
    factory_.OnLost(lost);
  }
  metrics_.GetCounter("rebalances_total", {{"kind", "lost"}}).Add(1);
  return Status::Ok();
}

Result<bool> Worker::OpenPartitions() {
  if (!unsettled_.empty()) BONGSU_RETURN_IF_ERROR(AskPositions());
  bool any = false;
  for (auto it = opening_.begin(); it != opening_.end();) {
    const auto current = it++;
    BONGSU_ASSIGN_OR_RETURN(std::optional<Opened> opened, current->second->Step());
    if (!opened) continue;
    const TopicPartition from = current->first;
    opening_.erase(current);
    BONGSU_RETURN_IF_ERROR(Own(from, *std::move(opened)));
    any = true;
  }
  if (!owned_.empty() && opening_.empty() && unsettled_.empty() && !ready_) {
    report_("");
    ready_ = true;
  }
  return any;
}

Status Worker::AskPositions() {
  const bool alone = owned_.empty() && opening_.empty();
  BONGSU_ASSIGN_OR_RETURN(const std::vector<CommittedPosition> positions,
                          consumer_->Committed(unsettled_, alone ? kUnsettled : kGlance));
  std::vector<TopicPartition> still;
  for (size_t i = 0; i < unsettled_.size(); ++i) {
    const TopicPartition& from = unsettled_[i];
    if (!positions[i].known) {
      still.push_back(from);
      continue;
    }
    BONGSU_ASSIGN_OR_RETURN(opening_[from], factory_.Open(from, positions[i].next));
  }
  unsettled_ = std::move(still);
  if (unsettled_.empty() || clock_.Steady() - unsettled_since_ < kUnsettled) return Status::Ok();
  report_(
      StrCat("the position of ", unsettled_.front().topic, '-', unsettled_.front().partition,
             " is not settled: a transaction of an earlier owner is open, or no broker answers"));
  ready_ = false;
  for (const TopicPartition& from : unsettled_) BONGSU_RETURN_IF_ERROR(factory_.OnUnsettled(from));
  return Status::Ok();
}

Status Worker::Own(const TopicPartition& from, Opened opened) {
  BONGSU_RETURN_IF_ERROR(consumer_->Assign(from, opened.next));
  owned_[from].shard = std::move(opened.shard);
  FAULT("assigned");
  return Status::Ok();
}

// Its store lied: it is opened again from what is committed, without its neighbours.
Status Worker::Reopen(const TopicPartition& from, const Status& found) {
  const TopicPartition lost = from;  // NOLINT(performance-unnecessary-copy-initialization)
  Forget(lost);                      // Closes the store, so that it can be moved away.
  BONGSU_RETURN_IF_ERROR(factory_.OnCorrupt(lost, found));
  if (unsettled_.empty()) unsettled_since_ = clock_.Steady();
  unsettled_.push_back(lost);
  return Status::Ok();
}

Result<bool> Worker::PollAll() {
  if (!Dirty()) batch_records_ = 0;  // What was counted may have gone with its partition.
  bool any = false;
  throttled_ = false;
  if (commit_ && Full()) return false;
  // The next turn begins with the one that a limit left nothing for, so that each gets its part.
  std::optional<size_t> denied;
  size_t at = options_.in_order || owned_.empty() ? 0 : first_ % owned_.size();
  auto it = std::next(owned_.begin(), static_cast<std::ptrdiff_t>(at));
  for (size_t left = owned_.size(); left > 0 && batch_records_ < MostRecords(); --left, ++at) {
    if (it == owned_.end()) it = owned_.begin();
    auto& [from, owned] = *it++;  // PollOne may give it up.
    if (options_.in_order && owned.at_end) continue;
    BONGSU_ASSIGN_OR_RETURN(const bool polled, PollOne(from, owned));
    any |= polled;
    if (throttled_ && !denied) denied = at;
    if (options_.in_order && !owned.at_end) break;
  }
  first_ = denied.value_or(first_);
  if (any) FAULT("polled");
  return any;
}

RateLimit* Worker::LimitOf(const TopicPartition& from) const {
  const auto limit = options_.limits.find(from.topic);
  return limit == options_.limits.end() ? nullptr : limit->second.get();
}

// A fair share of the batch and of the limit, so that one busy partition does not hold up the
// others.
size_t Worker::Share(RateLimit* limit) {
  const size_t most = MostRecords(), left = most - batch_records_;
  const size_t share =
      std::min(kPolled, options_.in_order ? left : std::min(left, most / owned_.size() + 1));
  if (limit == nullptr) return share;
  const size_t given = limit->Take(std::min(share, limit->burst() / owned_.size() + 1));
  throttled_ |= given == 0;
  return given;
}

Result<bool> Worker::PollOne(const TopicPartition& from, Owned& owned) {
  RateLimit* const limit = LimitOf(from);
  const size_t share = Share(limit);
  if (share == 0) return false;
  BONGSU_RETURN_IF_ERROR(consumer_->Poll(from, share, Duration(0), batch_.get()));
  const std::span<const Record> records = batch_->records();
  if (limit != nullptr) limit->Return(share - records.size());
  const ActivityScope processing(activity_, Activity::kProcess);
  owned.shard->Announce(records);
  for (const Record& record : records.first(std::min(records.size(), Shard::kAhead)))
    owned.shard->Expect(record);
  for (size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    if (i + Shard::kAhead < records.size()) owned.shard->Expect(records[i + Shard::kAhead]);
    if (record.offset < owned.shard->next()) continue;  // A stale fetch.
    if (batch_records_++ == 0) batch_began_ = clock_.Steady();
    ++processed_;
    const Status status = owned.shard->Process(record);
    if (status.code() == Code::kCorrupt) {
      BONGSU_RETURN_IF_ERROR(Reopen(from, status));
      return true;
    }
    BONGSU_RETURN_IF_ERROR(status);
  }
  const bool at_end = consumer_->AtEnd(from);
  if (at_end && (!owned.at_end || !records.empty())) BONGSU_RETURN_IF_ERROR(owned.shard->AtEnd());
  const bool ended_now = at_end && !owned.at_end;
  owned.at_end = at_end;
  return !records.empty() || (options_.in_order && ended_now);
}

bool Worker::Dirty() const {
  if (!extra_.empty()) return true;
  return std::any_of(owned_.begin(), owned_.end(),
                     [](const auto& entry) { return entry.second.shard->dirty(); });
}

bool Worker::Idle() const {
  return ready_ && !Dirty() && !commit_ && opening_.empty() && unsettled_.empty() &&
         std::all_of(owned_.begin(), owned_.end(),
                     [](const auto& entry) { return entry.second.at_end; });
}

// After an error that may pass: everything is opened again from what is committed.
void Worker::Reset() {
  AwaitCommit();
  commit_.reset();
  for (auto& [from, owned] : owned_) {
    ForgetLag(from);
    factory_.OnLost(from);
  }
  for (auto& [from, opening] : opening_) factory_.OnLost(from);
  unsettled_.clear();
  opening_.clear();
  owned_.clear();
  extra_.Clear();
  factory_.OnReset();
  batch_.reset();
  consumer_.reset();
  producer_.reset();
  early_.reset();
  batch_records_ = 0;
  PublishOpening();
}

void Worker::LookAtLag() {
  const Timestamp now = clock_.Steady();
  if (!consumer_ || now - last_look_ < kLookAtLag) return;
  last_look_ = now;
  int64_t lag = 0;
  for (const auto& [from, owned] : owned_) lag += std::max<int64_t>(consumer_->Lag(from), 0);
  behind_ = lag > static_cast<int64_t>(options_.max_records);
}

void Worker::PublishNumbers() {
  const Timestamp now = clock_.Steady();
  if (now - last_numbers_ < std::chrono::seconds(1)) return;
  last_numbers_ = now;
  activity_.Publish(options_.name, metrics_);
  metrics_.GetGauge("catching_up", {{"worker", options_.name}}).Set(behind_ ? 1 : 0);
  for (const auto& [from, owned] : owned_) {
    LagOf(from).Set(static_cast<double>(consumer_->Lag(from)));
  }
  PublishOpening();
}

Metrics::Gauge& Worker::LagOf(const TopicPartition& from) {
  return metrics_.GetGauge("consumer_lag_events",
                           {{"topic", from.topic}, {"partition", StrCat(from.partition)}});
}

// From now on its next owner says it.
void Worker::ForgetLag(const TopicPartition& from) {
  LagOf(from).Set(std::numeric_limits<double>::quiet_NaN());
}

void Worker::PublishOpening() {
  metrics_.GetGauge("partitions_opening", {{"worker", options_.name}})
      .Set(static_cast<double>(opening_.size() + unsettled_.size()));
}

}  // namespace bongsu
