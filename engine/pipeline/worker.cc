#include "engine/pipeline/worker.h"

#include <algorithm>

#include "engine/base/strings.h"

namespace bongsu {

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
  Duration backoff = std::chrono::milliseconds(100);
  while (!stop.stop_requested()) {
    Result<bool> step = Step();
    if (step.ok()) {
      if (*step) {
        backoff = std::chrono::milliseconds(100);
      } else {
        if (consumer_) consumer_->Wait(Dirty() ? options_.min_interval : options_.idle_wait);
      }
      continue;
    }
    ready_ = false;
    report_(step.status().message());
    if (step.status().code() != Code::kUnavailable) return step.status();
    Reset();
    clock_.SleepFor(backoff);
    backoff = std::min<Duration>(backoff * 2, std::chrono::seconds(5));
  }
  return Flush();
}

Status Worker::Start() {
  if (consumer_) return Status::Ok();
  // The producer first: it ends what an earlier run of this worker left open.
  BONGSU_ASSIGN_OR_RETURN(producer_, log_.NewProducer(options_.transactional_id));
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Consumer> consumer, make_consumer_());
  BONGSU_RETURN_IF_ERROR(consumer->Join());
  batch_ = consumer->NewBatch();
  consumer_ = std::move(consumer);
  return Status::Ok();
}

Result<bool> Worker::Step() {
  BONGSU_RETURN_IF_ERROR(Start());
  BONGSU_ASSIGN_OR_RETURN(const bool reassigned, TakeAssignment());
  BONGSU_ASSIGN_OR_RETURN(const bool polled, PollAll());
  const Timestamp now = clock_.Now();
  factory_.OnTurn(now, &extra_);
  bool committed = false;
  if (CommitDue(now, !polled)) {
    BONGSU_RETURN_IF_ERROR(Commit());
    committed = true;
  }
  PublishLag();
  idle_.store(!polled && Idle(), std::memory_order_release);
  turns_.fetch_add(1, std::memory_order_release);
  return reassigned || polled || committed;
}

Result<bool> Worker::TakeAssignment() {
  BONGSU_ASSIGN_OR_RETURN(
      AssignmentChange change,
      consumer_->PollAssignment(owned_.empty() ? options_.idle_wait : Duration(0)));
  if (!change.lost.empty()) {
    // What is in hand can no longer be committed by this member: the new owner does it again.
    for (const TopicPartition& lost : change.lost) {
      owned_.erase(lost);
      std::erase(to_open_, lost);
      factory_.OnLost(lost);
    }
    metrics_.GetCounter("rebalances_total", {{"kind", "lost"}}).Add(1);
  }
  if (!change.gained.empty()) metrics_.GetCounter("rebalances_total", {{"kind", "gained"}}).Add(1);
  for (TopicPartition& gained : change.gained) to_open_.push_back(std::move(gained));
  const bool changed = !to_open_.empty();
  while (!to_open_.empty()) {
    BONGSU_RETURN_IF_ERROR(OpenPartition(to_open_.front()));
    to_open_.erase(to_open_.begin());
  }
  if (changed || !owned_.empty()) {
    if (!ready_) report_("");
    ready_ = true;
  }
  return changed;
}

Status Worker::OpenPartition(const TopicPartition& from) {
  BONGSU_ASSIGN_OR_RETURN(ShardFactory::Opened opened, factory_.Open(from, *consumer_));
  BONGSU_RETURN_IF_ERROR(consumer_->Assign(from, opened.next));
  owned_[from].shard = std::move(opened.shard);
  return Status::Ok();
}

Result<bool> Worker::PollAll() {
  bool any = false;
  for (auto& [from, owned] : owned_) {
    if (batch_records_ >= options_.max_records) break;
    if (options_.in_order && owned.at_end) continue;
    BONGSU_ASSIGN_OR_RETURN(const bool polled, PollOne(from, owned));
    any |= polled;
    if (options_.in_order && !owned.at_end) break;
  }
  return any;
}

Result<bool> Worker::PollOne(const TopicPartition& from, Owned& owned) {
  // A fair share of the batch, so that one busy partition does not hold up the others.
  const size_t share =
      options_.in_order ? options_.max_records : options_.max_records / owned_.size() + 1;
  BONGSU_RETURN_IF_ERROR(consumer_->Poll(
      from, std::min(share, options_.max_records - batch_records_), Duration(0), batch_.get()));
  const std::span<const Record> records = batch_->records();
  if (!records.empty() && batch_records_ == 0) batch_began_ = clock_.Now();
  for (const Record& record : records) {
    const Status status = owned.shard->Process(record);
    if (status.code() == Code::kCorrupt) {
      const TopicPartition corrupt =
          from;               // NOLINT(performance-unnecessary-copy-initialization): `from` goes.
      owned_.erase(corrupt);  // Closes its store, so that it can be moved away.
      return factory_.OnCorrupt(corrupt, status);
    }
    BONGSU_RETURN_IF_ERROR(status);
  }
  batch_records_ += records.size();
  processed_ += static_cast<int64_t>(records.size());
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
  return ready_ && !Dirty() && to_open_.empty() &&
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
  const Duration since = now - last_commit_;
  return (urgent && since >= options_.min_interval) || now - batch_began_ >= options_.interval ||
         since < Duration(0);
}

Status Worker::Flush() {
  if (!consumer_ || !Dirty()) return Status::Ok();
  return Commit();
}

Status Worker::Commit() {
  const Timestamp began = clock_.Now();
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
        metrics_.GetHistogram("commit_duration_seconds").Observe(ToSeconds(clock_.Now() - began));
        last_commit_ = clock_.Now();
        batch_records_ = 0;
        ++commits_;
        return Status::Ok();
      }
      case Outcome::kAborted: {
        // Perhaps a rebalance; a partition that is lost must not be committed from here.
        BONGSU_ASSIGN_OR_RETURN(const AssignmentChange change,
                                consumer_->PollAssignment(Duration(0)));
        for (const TopicPartition& lost : change.lost) {
          owned_.erase(lost);
          std::erase(to_open_, lost);
          factory_.OnLost(lost);
        }
        to_open_.insert(to_open_.end(), change.gained.begin(), change.gained.end());
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

Result<Outcome> Worker::TryCommit() {
  Result<std::unique_ptr<Transaction>> begun = producer_->Begin();
  if (begun.status().code() == Code::kFenced) return Outcome::kFenced;
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, std::move(begun));
  std::vector<Position> positions;
  for (auto& [from, owned] : owned_) {
    if (!owned.shard->dirty()) continue;
    BONGSU_RETURN_IF_ERROR(owned.shard->AppendTo(*transaction));
    positions.push_back({from, owned.shard->next()});
  }
  BONGSU_RETURN_IF_ERROR(extra_.AppendTo(*transaction));
  BONGSU_RETURN_IF_ERROR(consumer_->SavePositions(*transaction, positions));
  const Outcome outcome = transaction->Commit(options_.commit_timeout);
  if (outcome == Outcome::kCommitted) BONGSU_RETURN_IF_ERROR(Finish(*transaction));
  return outcome;
}

Status Worker::Finish(const Transaction& transaction) {
  extra_.Clear();
  factory_.OnCommitted();
  for (auto& [from, owned] : owned_) {
    if (!owned.shard->dirty()) continue;
    BONGSU_RETURN_IF_ERROR(owned.shard->Committed(transaction));
    owned.shard->Publish();
  }
  return Status::Ok();
}

// After an error that may pass: everything is opened again from what is committed.
void Worker::Reset() {
  for (auto& [from, owned] : owned_) factory_.OnLost(from);
  to_open_.clear();
  owned_.clear();
  extra_.Clear();
  factory_.OnReset();
  batch_.reset();
  consumer_.reset();
  producer_.reset();
  batch_records_ = 0;
}

void Worker::PublishLag() {
  const Timestamp now = clock_.Now();
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
