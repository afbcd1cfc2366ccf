// The commit of a batch, beside the loop of worker.cc.
#include <algorithm>
#include <utility>

#include "engine/base/fault.h"
#include "engine/base/strings.h"
#include "engine/pipeline/worker.h"

namespace bongsu {
namespace {

constexpr int kAttempts = 3;
// A transaction right after another is kept waiting by the markers of that one.
constexpr Duration kMarkers = std::chrono::milliseconds(5);

}  // namespace

bool Worker::Full() const {
  size_t bytes = extra_.bytes();
  for (const auto& [from, owned] : owned_) bytes += owned.shard->bytes();
  return batch_records_ >= MostRecords() || bytes >= options_.max_bytes;
}

bool Worker::CommitDue(Timestamp now, bool drained) const {
  if (!Dirty()) return false;
  if (Full()) return true;
  const bool alert = std::any_of(owned_.begin(), owned_.end(),
                                 [](const auto& entry) { return entry.second.shard->urgent(); });
  // With alerts that are out already, nobody waits for the transaction.
  const bool urgent = !early_ && (drained || (alert && !behind_));
  if (commits_ == 0) return true;  // Who waits has waited for the start already.
  const Duration interval =
      behind_ ? std::max(options_.interval, options_.catch_up_interval) : options_.interval;
  return now >= next_commit_ && (urgent || now - batch_began_ >= interval);
}

Status Worker::Flush() {
  if (!consumer_) return Status::Ok();
  while (commit_ || Dirty()) {
    if (!commit_) BONGSU_RETURN_IF_ERROR(StartCommit());
    AwaitCommit();
    BONGSU_RETURN_IF_ERROR(TakeCommit());
  }
  return Status::Ok();
}

Status Worker::StartCommit() {
  batch_records_ = 0;
  commit_.emplace(clock_.Steady());
  Prepare();
  return TryCommit();
}

void Worker::Prepare() {
  const ActivityScope processing(activity_, Activity::kProcess);
  for (auto& [from, owned] : owned_) {
    if (!owned.shard->dirty()) continue;
    owned.shard->Prepare();
    commit_->stores.push_back({from, owned.shard.get(), Status::Ok()});
  }
}

Status Worker::TryCommit() {
  ++commit_->attempts;
  commit_->tried = clock_.Steady();
  commit_->outcome = Outcome::kFenced;
  {
    const ActivityScope processing(activity_, Activity::kProcess);
    Result<std::unique_ptr<Transaction>> begun = producer_->Begin();
    if (begun.status().code() == Code::kFenced) return TakeCommit();
    BONGSU_RETURN_IF_ERROR(begun.status());
    commit_->transaction = *std::move(begun);
    // On the thread that takes assignments: beside it they could be those of a later generation of
    // the group, and a lost partition would be committed in its name.
    std::vector<Position> positions;
    for (const Stored& store : commit_->stores)
      positions.push_back({store.from, store.shard->prepared_next()});
    commit_->filled = consumer_->SavePositions(*commit_->transaction, positions);
    if (!commit_->filled.ok()) return TakeCommit();
  }
  if (options_.executor) {
    options_.executor->Start([this] { RunCommit(); });
    return Status::Ok();
  }
  const ActivityScope waiting(activity_, Activity::kWait);
  RunCommit();
  return TakeCommit();
}

Status Worker::Fill() {
  for (const Stored& store : commit_->stores) {
    BONGSU_RETURN_IF_ERROR(store.shard->AppendTo(*commit_->transaction));
    FAULT("mid_append");
  }
  BONGSU_RETURN_IF_ERROR(factory_.Sign(*commit_->transaction));
  return extra_.AppendTo(*commit_->transaction);
}

// Beside the loop.
void Worker::RunCommit() {
  const std::chrono::nanoseconds began = clock_.Fine();
  commit_->filled = Fill();
  if (commit_->filled.ok())
    commit_->outcome = commit_->transaction->Commit(options_.commit_timeout);
  commit_->commit_seconds = SecondsSince(began);
  if (commit_->outcome != Outcome::kCommitted) return;
  FAULT("after_commit");
  const std::chrono::nanoseconds committed = clock_.Fine();
  for (Stored& store : commit_->stores) {
    store.status = store.shard->Store(*commit_->transaction);
    FAULT("between_stores");
  }
  commit_->store_seconds = SecondsSince(committed);
  commit_->ended = clock_.Steady();
  FAULT("after_store");
}

double Worker::SecondsSince(std::chrono::nanoseconds began) const {
  return std::chrono::duration<double>(clock_.Fine() - began).count();
}

// Beyond every deadline: the watch-dog is to see it.
bool Worker::CommitHangs() const {
  return commit_ && clock_.Steady() - commit_->tried > 2 * options_.commit_timeout;
}

void Worker::AwaitCommit() {
  if (!commit_ || !options_.executor) return;
  const ActivityScope waiting(activity_, Activity::kWait);
  options_.executor->Wait();
}

// What came of the commit, once it has ended.
Status Worker::TakeCommit() {
  if (!commit_ || (options_.executor && !options_.executor->ended())) return Status::Ok();
  activity_.Spend(Activity::kCommit, std::exchange(commit_->commit_seconds, 0));
  activity_.Spend(Activity::kStore, std::exchange(commit_->store_seconds, 0));
  if (!commit_->filled.ok() && commit_->filled.code() != Code::kFenced) return commit_->filled;
  constexpr std::string_view kNames[] = {"committed", "aborted", "unknown", "fenced"};
  metrics_.GetCounter("commits_total", {{"outcome", kNames[static_cast<size_t>(commit_->outcome)]}})
      .Add(1);
  switch (commit_->outcome) {
    case Outcome::kCommitted:
      return TakeStores();
    case Outcome::kAborted:
      if (commit_->attempts == kAttempts) break;
      commit_->transaction.reset();
      // Perhaps a rebalance; a partition that is lost must not be committed from here.
      BONGSU_RETURN_IF_ERROR(TakeAssignment().status());
      if (!commit_->stores.empty()) return TryCommit();
      // What is said for all is about records that are another's now; nothing would fence it.
      commit_.reset();
      extra_.Clear();
      factory_.OnReset();
      return Status::Ok();
    case Outcome::kUnknown:
      return Status::Unavailable(
          StrCat(options_.name, ": the outcome of a commit is unknown; opening again tells"));
    case Outcome::kFenced:
      return Status::Unavailable(StrCat(options_.name, ": another owner took over; joining again"));
  }
  return Status::Unavailable(
      StrCat(options_.name, ": the transaction was aborted three times; opening again"));
}

Status Worker::TakeStores() {
  metrics_.GetHistogram("commit_duration_seconds")
      .Observe(ToSeconds(commit_->ended - commit_->began));
  next_commit_ = std::max(commit_->began + options_.min_interval,
                          commit_->ended + std::min(options_.min_interval, kMarkers));
  ++commits_;
  extra_.Clear();
  factory_.OnCommitted();
  const std::vector<Stored> stores = std::move(commit_->stores);
  commit_.reset();
  for (const Stored& store : stores) {
    if (store.status.code() == Code::kCorrupt) {
      BONGSU_RETURN_IF_ERROR(Reopen(store.from, store.status));
      continue;
    }
    BONGSU_RETURN_IF_ERROR(store.status);
    store.shard->Committed();
    store.shard->Publish();
  }
  return Status::Ok();
}

// Its part of a commit under way comes to its end before.
void Worker::Forget(const TopicPartition& from) {
  if (commit_) {
    AwaitCommit();
    std::erase_if(commit_->stores, [&](const Stored& store) { return store.from == from; });
  }
  owned_.erase(from);
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
  const ActivityScope waiting(activity_, Activity::kWait);
  const std::chrono::nanoseconds began = clock_.Fine();
  const Outcome outcome = sending->Commit(options_.commit_timeout);
  activity_.Spend(Activity::kCommit, SecondsSince(began));
  if (outcome != Outcome::kCommitted) {
    return Status::Unavailable(
        StrCat(options_.name, ": what was published is not acknowledged; publishing it again"));
  }
  for (auto& [from, owned] : owned_) {
    if (Outputs* const outputs = owned.shard->early()) outputs->Clear();
  }
  return Status::Ok();
}

}  // namespace bongsu
