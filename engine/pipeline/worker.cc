#include "engine/pipeline/worker.h"

#include <algorithm>
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
constexpr Duration kGlance = std::chrono::milliseconds(20);  // While other partitions wait.

}  // namespace

Worker::Worker(WorkerOptions options, Log& log, MakeConsumer make_consumer, ShardFactory& shards,
               const Clock& clock, Metrics& metrics, Reporter report)
    : options_(std::move(options)),
      log_(log),
      make_consumer_(std::move(make_consumer)),
      factory_(shards),
      clock_(clock),
      metrics_(metrics),
      report_(std::move(report)) {}

Worker::~Worker() = default;

Status Worker::Run(const std::stop_token& stop) {
  Duration backoff = kFirstBackoff;
  while (!stop.stop_requested()) {
    beats_.fetch_add(1, std::memory_order_release);
    const Result<bool> step = Step();
    if (step.ok()) {
      if (*step) {
        backoff = kFirstBackoff;
      } else if (consumer_) {
        consumer_->Wait(!opening_.empty() ? kOpeningWait
                        : Dirty()         ? options_.min_interval
                                          : options_.idle_wait);
      }
      continue;
    }
    ready_ = false;
    report_(step.status().message());
    if (!MayPass(step.status())) return step.status();
    Reset();
    clock_.SleepFor(backoff);
    backoff = std::min<Duration>(backoff * 2, std::chrono::seconds(5));
  }
  return Flush();
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
  BONGSU_RETURN_IF_ERROR(Start());
  BONGSU_ASSIGN_OR_RETURN(const bool reassigned, TakeAssignment());
  BONGSU_ASSIGN_OR_RETURN(const bool opened, OpenPartitions());
  BONGSU_ASSIGN_OR_RETURN(const bool polled, PollAll());
  if (early_ && polled) BONGSU_RETURN_IF_ERROR(PublishEarly());
  factory_.OnTurn(clock_.Now(), &extra_);
  bool committed = false;
  if (CommitDue(clock_.Steady(), !polled)) {
    BONGSU_RETURN_IF_ERROR(Commit());
    committed = true;
  }
  PublishLag();
  idle_.store(!polled && Idle(), std::memory_order_release);
  turns_.fetch_add(1, std::memory_order_release);
  return reassigned || opened || polled || committed;
}

Result<bool> Worker::TakeAssignment() {
  const bool nothing = owned_.empty() && opening_.empty() && unsettled_.empty();
  BONGSU_ASSIGN_OR_RETURN(const AssignmentChange change,
                          consumer_->PollAssignment(nothing ? options_.idle_wait : Duration(0)));
  Drop(change);
  if (!change.gained.empty()) {
    metrics_.GetCounter("rebalances_total", {{"kind", "gained"}}).Add(1);
    if (unsettled_.empty()) unsettled_since_ = clock_.Steady();
  }
  unsettled_.insert(unsettled_.end(), change.gained.begin(), change.gained.end());
  return !change.empty();
}

// What is in hand of a lost partition can no longer be committed by this member: the new owner does
// it again.
void Worker::Drop(const AssignmentChange& change) {
  for (const TopicPartition& lost : change.lost) {
    owned_.erase(lost);
    opening_.erase(lost);
    std::erase(unsettled_, lost);
    factory_.OnLost(lost);
  }
  if (!change.lost.empty()) metrics_.GetCounter("rebalances_total", {{"kind", "lost"}}).Add(1);
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
  owned_.erase(lost);                // Closes the store, so that it can be moved away.
  BONGSU_RETURN_IF_ERROR(factory_.OnCorrupt(lost, found));
  if (unsettled_.empty()) unsettled_since_ = clock_.Steady();
  unsettled_.push_back(lost);
  return Status::Ok();
}

Result<bool> Worker::PollAll() {
  if (!Dirty()) batch_records_ = 0;  // What was counted may have gone with its partition.
  bool any = false;
  for (auto it = owned_.begin(); it != owned_.end();) {
    auto& [from, owned] = *it++;  // PollOne may give it up.
    if (batch_records_ >= options_.max_records) break;
    if (options_.in_order && owned.at_end) continue;
    BONGSU_ASSIGN_OR_RETURN(const bool polled, PollOne(from, owned));
    any |= polled;
    if (options_.in_order && !owned.at_end) break;
  }
  if (any) FAULT("polled");
  return any;
}

Result<bool> Worker::PollOne(const TopicPartition& from, Owned& owned) {
  // A fair share of the batch, so that one busy partition does not hold up the others.
  const size_t share =
      options_.in_order ? options_.max_records : options_.max_records / owned_.size() + 1;
  BONGSU_RETURN_IF_ERROR(consumer_->Poll(
      from, std::min(share, options_.max_records - batch_records_), Duration(0), batch_.get()));
  const std::span<const Record> records = batch_->records();
  for (const Record& record : records) {
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
  return ready_ && !Dirty() && opening_.empty() && unsettled_.empty() &&
         std::all_of(owned_.begin(), owned_.end(),
                     [](const auto& entry) { return entry.second.at_end; });
}

bool Worker::CommitDue(Timestamp now, bool drained) const {
  if (!Dirty()) return false;
  size_t bytes = extra_.bytes();
  bool urgent = drained;
  for (const auto& [from, owned] : owned_) {
    bytes += owned.shard->bytes();
    urgent |= owned.shard->urgent();
  }
  if (batch_records_ >= options_.max_records || bytes >= options_.max_bytes) return true;
  urgent &= !early_;               // Nobody waits for the transaction.
  if (commits_ == 0) return true;  // Who waits has waited for the start already.
  const Duration since = now - last_commit_;
  return (urgent && since >= options_.min_interval) || now - batch_began_ >= options_.interval;
}

Status Worker::Flush() {
  if (!consumer_ || !Dirty()) return Status::Ok();
  return Commit();
}

Status Worker::Commit() {
  const Timestamp began = clock_.Steady();
  for (auto& [from, owned] : owned_) {
    if (owned.shard->dirty()) owned.shard->Prepare();
  }
  for (int attempt = 0; attempt < 3; ++attempt) {
    BONGSU_ASSIGN_OR_RETURN(const Outcome outcome, TryCommit());
    constexpr std::string_view kNames[] = {"committed", "aborted", "unknown", "fenced"};
    metrics_.GetCounter("commits_total", {{"outcome", kNames[static_cast<size_t>(outcome)]}})
        .Add(1);
    switch (outcome) {
      case Outcome::kCommitted: {
        metrics_.GetHistogram("commit_duration_seconds")
            .Observe(ToSeconds(clock_.Steady() - began));
        last_commit_ = clock_.Steady();
        batch_records_ = 0;
        ++commits_;
        return Status::Ok();
      }
      case Outcome::kAborted: {
        // Perhaps a rebalance; a partition that is lost must not be committed from here.
        BONGSU_RETURN_IF_ERROR(TakeAssignment().status());
        break;
      }
      case Outcome::kUnknown:
        return Status::Unavailable(
            StrCat(options_.name, ": the outcome of a commit is unknown; opening again tells"));
      case Outcome::kFenced:
        return Status::Unavailable(
            StrCat(options_.name, ": another owner took over; joining again"));
    }
  }
  return Status::Unavailable(
      StrCat(options_.name, ": the transaction was aborted three times; opening again"));
}

// Acknowledged before the batch is committed: nothing that a committed position has passed is
// missing.
Status Worker::PublishEarly() {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> sending, early_->Begin());
  bool any = false;
  for (auto& [from, owned] : owned_) {
    const Outputs* const outputs = owned.shard->early();
    if (outputs == nullptr || outputs->empty()) continue;
    BONGSU_RETURN_IF_ERROR(outputs->AppendTo(*sending));
    any = true;
  }
  if (!any) return Status::Ok();
  if (sending->Commit(options_.commit_timeout) != Outcome::kCommitted) {
    return Status::Unavailable(
        StrCat(options_.name, ": what was published is not acknowledged; publishing it again"));
  }
  for (auto& [from, owned] : owned_) {
    if (Outputs* const outputs = owned.shard->early()) outputs->Clear();
  }
  return Status::Ok();
}

Result<Outcome> Worker::TryCommit() {
  Result<std::unique_ptr<Transaction>> begun = producer_->Begin();
  if (begun.status().code() == Code::kFenced) return Outcome::kFenced;
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, std::move(begun));
  const Status filled = Fill(*transaction);
  if (filled.code() == Code::kFenced) return Outcome::kFenced;
  BONGSU_RETURN_IF_ERROR(filled);
  const Outcome outcome = transaction->Commit(options_.commit_timeout);
  if (outcome == Outcome::kCommitted) BONGSU_RETURN_IF_ERROR(Finish(*transaction));
  return outcome;
}

Status Worker::Fill(Transaction& transaction) {
  std::vector<Position> positions;
  for (auto& [from, owned] : owned_) {
    if (!owned.shard->dirty()) continue;
    BONGSU_RETURN_IF_ERROR(owned.shard->AppendTo(transaction));
    positions.push_back({from, owned.shard->next()});
    FAULT("mid_append");
  }
  BONGSU_RETURN_IF_ERROR(factory_.Sign(transaction));
  BONGSU_RETURN_IF_ERROR(extra_.AppendTo(transaction));
  return consumer_->SavePositions(transaction, positions);
}

Status Worker::Finish(const Transaction& transaction) {
  FAULT("after_commit");
  extra_.Clear();
  factory_.OnCommitted();
  for (auto it = owned_.begin(); it != owned_.end();) {
    const auto& [from, owned] = *it++;  // Reopen takes it out.
    if (!owned.shard->dirty()) continue;
    const Status status = owned.shard->Committed(transaction);
    if (status.code() == Code::kCorrupt) {
      BONGSU_RETURN_IF_ERROR(Reopen(from, status));
      continue;
    }
    BONGSU_RETURN_IF_ERROR(status);
    owned.shard->Publish();
    FAULT("between_stores");
  }
  FAULT("after_store");
  return Status::Ok();
}

// After an error that may pass: everything is opened again from what is committed.
void Worker::Reset() {
  for (auto& [from, owned] : owned_) factory_.OnLost(from);
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
}

void Worker::PublishLag() {
  const Timestamp now = clock_.Steady();
  if (now - last_lag_ < std::chrono::seconds(1)) return;
  last_lag_ = now;
  for (const auto& [from, owned] : owned_) {
    metrics_
        .GetGauge("consumer_lag_events",
                  {{"topic", from.topic}, {"partition", StrCat(from.partition)}})
        .Set(static_cast<double>(consumer_->Lag(from)));
  }
}

}  // namespace bongsu
