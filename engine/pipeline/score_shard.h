// The score role's shard: one partition of bongsu.events -> alerts, user risk, changelog.
//
//   record -> control event, or: decode -> duplicate? -> event time, timers -> pipeline -> outputs
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/codec.h"
#include "engine/core/metrics.h"
#include "engine/core/topics.h"
#include "engine/pipeline/dedup.h"
#include "engine/pipeline/event_time.h"
#include "engine/pipeline/pipeline.h"
#include "engine/pipeline/shard.h"

namespace bongsu {

struct ScoreShardOptions {
  TopicPartition from;
  Topics topics{"bongsu"};
  int32_t alert_partitions = 1, risk_partitions = 1, sample_partitions = 1,
          dead_letter_partitions = 1;
  size_t dedup_window = 65536;
  size_t cached_people = 20000;
  SourceTimings timings;
  std::string transactional_id;
  std::array<uint8_t, 16> config_digest{};
  std::string config_digest_hex;
  uint64_t cluster = 0;   // Hash64 of Log::Identity.
  bool changelog = true;  // False where state is committed with the log.
  std::function<void(std::string_view message)> notify;  // For the log: migrations.
};

// What the composition root makes for each shard.
struct ScoreParts {
  std::unique_ptr<StateStore> store;
  std::unique_ptr<Pipeline> pipeline;
  std::unique_ptr<EventDecoder> decoder;
  std::unique_ptr<AlertEncoder> encoder;
};

class ScoreShard final : public Shard {
 public:
  // Brings state to hand; `meta` is the store's. Errors as of the store.
  static Result<std::unique_ptr<ScoreShard>> Make(ScoreShardOptions options, ScoreParts parts,
                                                  const Meta& meta, Metrics& metrics,
                                                  const Clock& clock);

  Status Process(const Record& record) override;
  bool dirty() const override { return processed_ > 0; }
  bool urgent() const override { return urgent_; }
  size_t bytes() const override { return outputs_.bytes(); }
  Outputs* early() override { return &outputs_; }
  int64_t next() const override { return meta_.next; }
  void Prepare() override;
  Status AppendTo(Transaction& transaction) override;
  Status Committed(const Transaction& transaction) override;
  void Publish() override;

  const EventTime& event_time() const { return event_time_; }

 private:
  struct Counts {
    int64_t scored = 0, late = 0, duplicates = 0;
    std::map<std::string, int64_t> dead_letters, suppressed, control;
    std::map<std::pair<std::string, std::string>, int64_t> alerts;  // By severity and detector.
    std::vector<double> risk, latency;                              // Histogram counts.
    double risk_sum = 0, latency_sum = 0;
  };
  ScoreShard(ScoreShardOptions options, ScoreParts parts, const Meta& meta, Metrics& metrics,
             const Clock& clock);

  Status ProcessEvent(const Record& record);
  Status ProcessControl(const Record& record, std::string_view type);
  Status Advance(Timestamp now, int64_t log_offset);
  void TakeEmitted(int64_t log_offset);
  void AddAlert(Alert& alert, int64_t log_offset);
  void AddUserRisk(const UserRisk& risk);
  void AddSample(const Sample& sample);
  void AddDeadLetter(const Record& record, const Rejection& rejection);
  int32_t PartitionFor(std::string_view user, int32_t partitions) const;
  void PublishCounts();

  ScoreShardOptions options_;
  ScoreParts parts_;
  Meta meta_;
  Metrics& metrics_;
  const Clock& clock_;
  EventTime event_time_;
  Dedup dedup_;
  Event event_;
  Outputs outputs_;
  std::string json_, version_;
  WriteBatch sealed_;
  bool joined_ = false, prepared_ = false, urgent_ = false;
  int64_t processed_ = 0;
  std::vector<Timestamp> waiting_;  // Broker timestamps of events whose alert is not committed yet.
  Counts counts_;
  Profiles::Counters published_profiles_;
};

}  // namespace bongsu
