// The log on a Kafka broker (design section 6): group members, transactional producers and plain
// readers behind engine/core/log.h. KafkaLog is made once by engine/app and may be used by any
// thread; what it makes belongs to one worker thread each. The only user of librdkafka is this
// folder.
//
// Topic names are full names ("bongsu.events"). A record's value with a null data() is a tombstone.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/log.h"
#include "engine/io/kafka/options.h"
#include "engine/io/kafka/topics.h"

namespace bongsu {

class KafkaLog final : public Log {
 public:
  // Checks the options; connects in the background, so that a broker that is away shows in Health()
  // and in the calls below, not here.
  static Result<std::unique_ptr<KafkaLog>> Make(const KafkaOptions& options);
  ~KafkaLog() override;

  // Asks for the partitions of `topics`, and so is kNotFound where one is missing.
  Result<std::unique_ptr<Consumer>> NewConsumer(std::string_view group, std::string_view member,
                                                std::span<const std::string> topics) override;
  // Ends what an earlier holder of `id` left open and fences it; waits for that up to 30 s.
  Result<std::unique_ptr<Producer>> NewProducer(std::string_view id) override;
  Result<std::unique_ptr<Producer>> NewPlainProducer() override;
  Result<std::unique_ptr<Reader>> NewReader(const TopicPartition& from, int64_t next) override;
  Result<int32_t> Partitions(std::string_view topic) override;
  Result<LogOffsets> Offsets(const TopicPartition& of) override;
  Result<std::optional<OpenTransaction>> FindOpenTransaction(const TopicPartition& of) override;
  Result<GroupView> Describe(std::string_view group) override;
  Result<std::string> Identity() override;
  KeyValueStore* shared_store() override { return nullptr; }

  // Where a group stands, with or without members, in their order; asks once.
  Result<std::vector<CommittedPosition>> Positions(std::string_view group,
                                                   std::span<const TopicPartition> of);
  // Makes `positions` those of a group without members, as part of a transaction of this log.
  // Nothing fences them: see first that nobody is in the group (Describe).
  static Status MoveGroup(Transaction& transaction, std::string_view group,
                          std::span<const Position> positions);
  // What of `specs` is missing or differs, one sentence each with its remedy.
  Result<std::vector<std::string>> CheckTopics(std::span<const TopicSpec> specs,
                                               TopicChecks checks);

  // Empty when a broker can be reached; else what is wrong, for /readyz. After an error it asks a
  // broker again, for at most half a second.
  std::string Health();

 private:
  struct Shared;
  explicit KafkaLog(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace bongsu
