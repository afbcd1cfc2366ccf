// What the commands that look after state stand on: the broker with the group that scores, and the
// stores in this data_dir (other hosts have theirs). Everything is read as it is at that moment;
// what changes something asks for a group without members first. One thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/app/data_dir.h"
#include "engine/app/engine_config.h"
#include "engine/app/state_facts.h"
#include "engine/core/clock.h"
#include "engine/core/topics.h"
#include "engine/io/kafka/kafka_log.h"
#include "state/rocksdb/rocksdb_store.h"

namespace bongsu {

// Opens the store of a partition to look at it; kNotFound when this data_dir has none. Without a
// broker it is a part of the one database.
Result<std::unique_ptr<StateStore>> LookIntoStore(const EngineConfig& config, int32_t partition);

class StateSite final {
 public:
  // kInvalid without a broker. `config` and `clock` outlive it.
  static Result<std::unique_ptr<StateSite>> Open(const EngineConfig& config, const Clock& clock);

  KafkaLog& log() { return *log_; }
  const Clock& clock() const { return clock_; }
  const Topics& topics() const { return topics_; }
  const EngineConfig& config() const { return config_; }
  const std::string& group() const { return group_; }  // That scores.
  std::string ingest_group() const { return config_.kafka.Group("ingest"); }
  int32_t partitions() const { return partitions_; }  // Of the input.
  uint64_t cluster() const { return cluster_; }
  TopicPartition Input(int32_t partition) const { return {config_.score.input, partition}; }
  TopicPartition Changelog(int32_t partition) const { return {topics_.changelog, partition}; }
  // All, or `only` where it is given; kInvalid when there is no such partition.
  Result<std::vector<int32_t>> Choose(std::optional<int32_t> only) const;

  // Without `local` the stores in data_dir are left alone.
  Result<std::vector<PartitionFacts>> Read(std::span<const int32_t> partitions, bool local);
  // Ok when nobody is in `group`. Members that have just ended leave with the end of their session,
  // for which it waits; kUnavailable when somebody stays.
  Status AwaitNobody(std::string_view group);
  // Ok when none of the transactions that write state is open; kUnavailable: wait.
  Status CheckNothingOpen(std::span<const int32_t> partitions);
  // Keeps an engine from starting in data_dir meanwhile; nothing where no state lies there.
  Status LockStores();
  // Its name, where the store went.
  Result<std::string> SetAside(int32_t partition);

  std::string transactional_id() const;
  Result<std::unique_ptr<Producer>> NewProducer() { return log_->NewProducer(transactional_id()); }
  // The last record of a partition in a transaction of ours.
  Status AppendMeta(Transaction& transaction, const TopicPartition& changelog, const Meta& meta,
                    int32_t partitions) const;

 private:
  StateSite(const EngineConfig& config, const Clock& clock)
      : config_(config),
        clock_(clock),
        topics_(config.kafka.prefix),
        group_(config.kafka.Group("score")) {}

  const EngineConfig& config_;
  const Clock& clock_;
  const Topics topics_;
  const std::string group_;
  std::unique_ptr<KafkaLog> log_;
  int32_t partitions_ = 0;
  uint64_t cluster_ = 0;
  DirectoryLock lock_;
};

// Commits, or says what became of it: what is not committed has not happened.
Status CommitOrSay(Transaction& transaction, std::string_view what);

}  // namespace bongsu
