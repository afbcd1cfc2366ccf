// The score role's shard: one partition of bongsu.events -> alerts, user risk, changelog.
//
//   record -> control event, or: decode -> duplicate? -> event time, timers -> pipeline -> outputs
//
// Everything that the configuration says of results comes as one version of it, and a `version`
// event puts another in its place there and then: what is kept by the state goes on, in the middle
// of a batch too. Which one is in force is part of the state.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/base/prefetch.h"
#include "engine/core/clock.h"
#include "engine/core/codec.h"
#include "engine/core/metrics.h"
#include "engine/core/topics.h"
#include "engine/pipeline/dedup.h"
#include "engine/pipeline/event_time.h"
#include "engine/pipeline/owed_receipts.h"
#include "engine/pipeline/pipeline.h"
#include "engine/pipeline/score_counts.h"
#include "engine/pipeline/shard.h"

namespace bongsu {

// What a shard is made of, but for its store.
struct ScoreParts {
  std::unique_ptr<StateStore> store;
  std::unique_ptr<Pipeline> pipeline;
  std::unique_ptr<EventDecoder> decoder;
  std::unique_ptr<AlertEncoder> encoder;
  std::shared_ptr<ReceiptEncoder> receipts;  // Null: none are kept.
};

// A version of the configuration, as a shard sees it.
struct ScoreVersion {
  std::string digest;  // 64 hexadecimal digits.
  ScoreParts parts;
  size_t dedup_window = 65536;
  SourceTimings timings;
  std::shared_ptr<const void> keep;  // What the parts borrow.
};

struct ScoreShardOptions {
  TopicPartition from;
  Topics topics{"bongsu"};
  int32_t partitions = 0;  // Of the input; the changelog tells it. 0: unknown.
  int32_t alert_partitions = 1, risk_partitions = 1, sample_partitions = 1,
          dead_letter_partitions = 1, receipt_partitions = 1;
  size_t cached_people = 20000;
  std::string transactional_id;
  // Of the version of the process's own file, which the parts given to Make are.
  std::string config_digest_hex;
  size_t dedup_window = 65536;
  SourceTimings timings;
  // Makes the version with a digest; kUnavailable while it cannot be had. Null: version events are
  // of another deployment, whose events these are, and mean nothing here.
  std::function<Result<ScoreVersion>(const std::string& digest)> versions;
  std::string first_version;  // In force where the state knows none; empty: the own one.
  uint64_t cluster = 0;       // Hash64 of Log::Identity.
  bool changelog = true;      // False where state is committed with the log.
  std::function<void(std::string_view message)> notify;  // For the log: migrations.
};

class ScoreShard final : public Shard {
 public:
  // Brings state to hand; `meta` is the store's. Errors as of the store.
  static Result<std::unique_ptr<ScoreShard>> Make(ScoreShardOptions options, ScoreParts parts,
                                                  const Meta& meta, Metrics& metrics,
                                                  const Clock& clock);

  void Announce(std::span<const Record> records) override {
    // The first are asked for before anybody could have read them.
    if (records.size() > kAhead) parts_.pipeline->Announce(records.subspan(kAhead));
  }
  void Expect(const Record& record) override {
    constexpr size_t kMost = 1024;  // Bytes; most events are shorter.
    Prefetch(std::as_bytes(std::span(record.value.substr(0, kMost))));
    parts_.pipeline->Expect(record.key);
  }
  Status Process(const Record& record) override;
  bool dirty() const override { return dirty_; }
  bool urgent() const override { return urgent_; }
  size_t bytes() const override { return outputs_.bytes() + receipts_.bytes(); }
  Outputs* early() override { return &outputs_; }
  int64_t next() const override { return meta_.next; }
  void Prepare() override;
  int64_t prepared_next() const override { return prepared_.meta.next; }
  Status AppendTo(Transaction& transaction) override;
  Status Store(const Transaction& transaction) override;
  void Committed() override;
  void Publish() override;
  ~ScoreShard() override;

  const EventTime& event_time() const { return event_time_; }

 private:
  ScoreShard(ScoreShardOptions options, ScoreParts parts, const Meta& meta, Metrics& metrics,
             const Clock& clock);

  Status ProcessEvent(const Record& record);
  Status ProcessControl(const Record& record, std::string_view type);
  Status ProcessVersion(const Record& record);
  void Adopt(ScoreVersion version);
  // Brings what the version in force remembers to hand.
  Status Start();
  Status Advance(Timestamp now, int64_t log_offset);
  // `event` is the record whose event emitted it; null: timers did.
  void TakeEmitted(int64_t log_offset, const Record* event);
  void AddAlert(Alert& alert, int64_t log_offset);
  void CompleteReceipt(const Record* event, Receipt* receipt) const;
  void AddUserRisk(const UserRisk& risk);
  void AddSample(const Sample& sample);
  void AddDeadLetter(const Record& record, const Rejection& rejection);
  Status AppendChangelog(Transaction& transaction) const;
  int32_t PartitionFor(std::string_view user, int32_t partitions) const;
  void PublishProfiles();
  // Of the version in force, or that it is no more.
  void PublishModels(bool in_force);
  void SetMaturities(bool in_force);
  void SetPartitionGauge(std::string_view name, double value);
  std::string Name() const;

  ScoreShardOptions options_;
  std::shared_ptr<const void> keep_;  // Outlives parts_.
  ScoreParts parts_;
  Meta meta_;
  Metrics& metrics_;
  const Clock& clock_;
  EventTime event_time_;
  Dedup dedup_;
  Event event_;
  Outputs outputs_;
  OwedReceipts receipts_;
  std::string json_, version_;
  bool dirty_ = false, urgent_ = false, size_known_ = false;
  std::vector<Timestamp> waiting_;  // Broker timestamps of the batch's events.
  ScoreCounts counts_;
  // The batch to commit. While it is stored the thread that does so owns it.
  struct Prepared {
    Meta meta;
    StateStore* store = nullptr;
    Outputs outputs;
    OwedReceipts receipts;
    WriteBatch sealed;
    bool joined = false;
    Timestamp stored;
    std::vector<Timestamp> waiting;
    ScoreCounts counts;
  };
  Prepared prepared_;
  StageTimes times_;
  Profiles::Counters published_profiles_;
};

}  // namespace bongsu
