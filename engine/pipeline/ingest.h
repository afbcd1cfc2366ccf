// The ingest role: records of sources -> canonical events in bongsu.events, keyed and partitioned
// by person, each with its origin; what breaks a rule -> dead letters. One Ingest a worker; it also
// writes the control events of the worker that owns them: ticks and the version of the
// configuration.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/core/codec.h"
#include "engine/core/metrics.h"
#include "engine/core/topics.h"
#include "engine/pipeline/announcer.h"
#include "engine/pipeline/shard.h"
#include "engine/pipeline/stray_transactions.h"

namespace bongsu {

struct IngestSource {
  std::string name;
  bool file = false;
  Duration future_tolerance = std::chrono::minutes(5);  // Topics: ahead of the broker's timestamp.
  Duration max_jump = std::chrono::days(7);             // Files: ahead of the event before.
  std::function<std::unique_ptr<SourceDecoder>()> new_decoder;
};

struct IngestPlan {
  Topics topics{"bongsu"};
  int32_t event_partitions = 1, dead_letter_partitions = 1;
  Duration tick_interval = std::chrono::seconds(10);
  std::string transactional_id;  // Of the worker; empty where transactions can't be left open.
  std::shared_ptr<Announcer> announcer;         // Of versions; null where another worker does it.
  std::map<std::string, IngestSource> sources;  // By topic, or by name for files.
};

class Ingest final : public ShardFactory {
 public:
  Ingest(IngestPlan options, std::unique_ptr<StrayTransactions> stray, Metrics& metrics);
  ~Ingest() override;
  Result<std::unique_ptr<Opening>> Open(const TopicPartition& from,
                                        std::optional<int64_t> committed) override;
  Status OnUnsettled(const TopicPartition& from) override;
  // A record in bongsu.ingest-state, so that who takes over finds the transaction that holds it up.
  Status Sign(Transaction& transaction) override;
  void OnTurn(Timestamp now, Outputs* outputs) override;
  void OnCommitted() override;
  void OnReset() override;
  void OnLost(const TopicPartition& from) override;

  struct Totals {  // Since the start; for `replay`.
    int64_t records = 0, events = 0, dead_letters = 0, mapped = 0, members = 0;
  };
  const Totals& totals() const { return totals_; }

 private:
  class IngestShard;
  class DecisionShard;
  class IngestOpening;
  Status TakeControl();
  struct Frontier {
    std::optional<Timestamp> reached;  // The furthest event time.
    bool at_end = false;
  };
  std::optional<Timestamp> TickTime(Timestamp now) const;

  IngestPlan options_;
  std::unique_ptr<StrayTransactions> stray_;  // Null where transactions can't be left open.
  Metrics& metrics_;
  std::map<TopicPartition, Frontier> frontiers_;
  Totals totals_;
  std::optional<Timestamp> reached_;  // Over all files.
  bool writes_control_ = false;       // Owns decision partition 0, or reads files.
  bool file_ended_ = false;
  Timestamp last_tick_at_{};
  std::optional<Timestamp> last_tick_, committed_tick_;
};

}  // namespace bongsu
