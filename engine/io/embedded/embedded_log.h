// The log without a broker: topics, positions and (through Join) the state of the shards in one
// KeyValueStore. Stands where Kafka stands, between ingest, score and desk of one process. A
// transaction is one WriteBatch, so records, positions and state become durable together or not at
// all.
//
// Each Consumer, Producer and Reader belongs to one thread; the log itself is thread-safe and wakes
// waiting consumers inside the process. It must outlive what it makes, and `store` and `clock` it.
// A group has one member, which gets all partitions of its topics. A topic with `trim` forgets what
// every group that ever read it has passed; one with `compact` keeps the newest record of each key;
// others keep everything.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/core/state.h"

namespace bongsu {

struct EmbeddedTopic {
  std::string name;        // Letters, digits, '.', '_' and '-'.
  int32_t partitions = 1;  // Fixed when the topic is first opened.
  bool trim = false;
  bool compact = false;
};

namespace embedded_internal {
class Core;
}

class EmbeddedLog final : public Log {
 public:
  // All keys of the log begin with it; others who share the store stay out of it.
  static constexpr std::string_view kKeyPrefix = "l/";

  // Makes the topics or opens them where they were. kInvalid when a topic has another number of
  // partitions on disk.
  static Result<std::unique_ptr<EmbeddedLog>> Make(KeyValueStore& store,
                                                   std::vector<EmbeddedTopic> topics,
                                                   const Clock& clock);
  ~EmbeddedLog() override;

  Result<std::unique_ptr<Consumer>> NewConsumer(std::string_view group, std::string_view member,
                                                std::span<const std::string> topics) override;
  // A second producer with the same id takes over: the first is fenced, as Kafka does it.
  Result<std::unique_ptr<Producer>> NewProducer(std::string_view id) override;
  // `next` 0 is the beginning, whatever has been trimmed.
  Result<std::unique_ptr<Reader>> NewReader(const TopicPartition& from, int64_t next) override;
  Result<int32_t> Partitions(std::string_view topic) override;
  // Nothing is ever open: a transaction becomes visible as a whole.
  Result<LogOffsets> Offsets(const TopicPartition& of) override;
  Result<std::optional<OpenTransaction>> FindOpenTransaction(const TopicPartition&) override {
    return std::optional<OpenTransaction>();
  }
  Result<GroupView> Describe(std::string_view group) override;
  Result<std::string> Identity() override { return std::string("embedded"); }
  KeyValueStore* shared_store() override;

  // Why the last commit that failed did so (Outcome has no room for it); Ok after one that
  // succeeded.
  Status last_failure() const;

 private:
  explicit EmbeddedLog(std::unique_ptr<embedded_internal::Core> core);
  std::unique_ptr<embedded_internal::Core> core_;
};

}  // namespace bongsu
