// The batch loop: one thread, its consumer, its producer and the shards of the partitions it owns.
// One transaction carries the outputs of all its shards and the positions; then each shard's state
// is written. Both happen beside the loop, which goes on with the next batch; one commit at a time.
//
//   assignment -> open what is new, a step -> poll each partition -> shards -> commit when due
//                                                                     \-> transaction -> stores
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/core/metrics.h"
#include "engine/pipeline/activity.h"
#include "engine/pipeline/executor.h"
#include "engine/pipeline/rate_limit.h"
#include "engine/pipeline/shard.h"

namespace bongsu {

struct WorkerOptions {
  std::string name;  // For messages: "score-0".
  std::string transactional_id;
  Duration interval = std::chrono::milliseconds(100);     // At the latest.
  Duration min_interval = std::chrono::milliseconds(20);  // Between two commits, at the earliest.
  size_t max_records = 10'000;
  // While more than a batch waits in the log, nobody waits for a single event: larger batches.
  Duration catch_up_interval{0};
  size_t catch_up_records = 0;
  size_t max_bytes = 16u << 20;
  Duration commit_timeout = std::chrono::seconds(30);
  Duration idle_wait = std::chrono::milliseconds(100);
  // Outputs are published as they come; state and positions follow in a transaction. After a crash
  // some are published again, with the same ids.
  bool at_least_once = false;
  RateLimits limits;      // Shared by workers.
  bool in_order = false;  // One partition after the other, in their order: files.
  // Of this worker alone, for its commits; null: it waits for each. Null also where log and state
  // share a database.
  std::shared_ptr<Executor> executor;
};

class Worker {
 public:
  using Reporter = std::function<void(std::string_view reason)>;  // Empty = all is well.
  using MakeConsumer = std::function<Result<std::unique_ptr<Consumer>>()>;
  // `log`, `shards`, `clock` and `metrics` outlive the worker. After a failure that may pass,
  // consumer, producer and shards are made again from what is committed.
  Worker(WorkerOptions options, Log& log, MakeConsumer make_consumer, ShardFactory& shards,
         const Clock& clock, Metrics& metrics, Reporter report);
  ~Worker();

  // Until `stop`; then commits what is in hand. Returns early with the reason when going on makes
  // no sense.
  Status Run(const std::stop_token& stop);
  // One turn of the loop. True when it did something.
  Result<bool> Step();
  // Commits what is in hand now.
  Status Flush();
  // Every owned partition is at its end and nothing waits for a commit.
  bool Idle() const;
  // Idle() as it was after the last turn, for other threads.
  bool idle() const { return idle_.load(std::memory_order_acquire); }
  // Counts on as long as the worker's thread is not stuck in a call, whatever fails meanwhile.
  int64_t beats() const { return beats_.load(std::memory_order_acquire); }
  int64_t turns() const { return turns_.load(std::memory_order_acquire); }
  int64_t processed() const { return processed_; }
  int64_t commits() const { return commits_; }
  // More than a batch waited in the log when it was looked at last.
  bool behind() const { return behind_; }

 private:
  struct Owned {
    std::unique_ptr<Shard> shard;
    bool at_end = false;
  };
  bool MayPass(const Status& failure);
  Status Start();
  Result<bool> TakeAssignment();
  Status Drop(const AssignmentChange& change);
  Result<bool> OpenPartitions();
  Status AskPositions();
  Status Own(const TopicPartition& from, Opened opened);
  Status Reopen(const TopicPartition& from, const Status& found);
  Result<bool> PollAll();
  Result<bool> PollOne(const TopicPartition& from, Owned& owned);
  size_t MostRecords() const {
    return std::max(options_.max_records, behind_ ? options_.catch_up_records : 0);
  }
  size_t Share(RateLimit* limit);
  RateLimit* LimitOf(const TopicPartition& from) const;
  void Wait();
  bool Dirty() const;
  bool Full() const;
  bool CommitDue(Timestamp now, bool drained) const;
  void Prepare();
  Status StartCommit();
  Status TryCommit();
  Status Fill();
  void RunCommit();
  void AwaitCommit();
  bool CommitHangs() const;
  double SecondsSince(std::chrono::nanoseconds began) const;
  Status TakeCommit();
  Status TakeStores();
  void Forget(const TopicPartition& from);
  Status PublishEarly();
  void Reset();
  void LookAtLag();
  void PublishNumbers();
  Metrics::Gauge& LagOf(const TopicPartition& from);
  void ForgetLag(const TopicPartition& from);
  void PublishOpening();

  const WorkerOptions options_;
  Log& log_;
  MakeConsumer make_consumer_;
  ShardFactory& factory_;
  const Clock& clock_;
  Metrics& metrics_;
  Reporter report_;

  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<Producer> early_;  // Delivery at least once.
  std::unique_ptr<RecordBatch> batch_;
  // A partition is in one of these: its position is asked for, it is opened, it is worked on.
  std::vector<TopicPartition> unsettled_;
  std::map<TopicPartition, std::unique_ptr<Opening>> opening_;
  std::map<TopicPartition, Owned> owned_;
  Timestamp unsettled_since_{};
  Outputs extra_;  // Of the role as a whole.
  // The batch that is being committed. While the executor runs, it is the executor's.
  struct Stored {
    TopicPartition from;
    Shard* shard;
    Status status;
  };
  struct Commit {
    explicit Commit(Timestamp at) : began(at) {}
    Timestamp began, tried, ended;
    int attempts = 0;
    std::unique_ptr<Transaction> transaction;
    std::vector<Stored> stores;
    Status filled;
    Outcome outcome = Outcome::kAborted;
    double commit_seconds = 0, store_seconds = 0;
  };
  std::optional<Commit> commit_;
  bool ready_ = false, behind_ = false, throttled_ = false;
  std::optional<Timestamp> fenced_;
  std::atomic<bool> idle_{false};
  std::atomic<int64_t> turns_{0}, beats_{0};
  size_t batch_records_ = 0;
  int64_t processed_ = 0, commits_ = 0;
  Timestamp batch_began_{}, next_commit_{}, last_look_{}, last_numbers_{};
  size_t first_ = 0;  // To be polled, of the owned.
  ActivityTimes activity_;
};

}  // namespace bongsu
