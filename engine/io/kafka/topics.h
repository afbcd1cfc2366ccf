// The topics Bongsu needs (design section 9): which, with what settings, and the commands that make
// and check them. Used by `bongsu topics` and by the check at start-up; any thread, no state.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/io/kafka/options.h"

namespace bongsu {

struct TopicSpec {
  std::string name;  // Full name, with the prefix.
  int32_t partitions = 1;
  int32_t replication = 1;
  std::map<std::string, std::string> config;
};

struct TopicResult {
  enum class Kind { kCreated, kExists, kDiffers, kFailed };
  std::string topic;
  Kind kind = Kind::kFailed;
  std::string message;  // What differs or failed, with the remedy; empty when all is well.
};

std::vector<TopicSpec> RequiredTopics(const KafkaOptions& options);

// Makes what is missing; leaves what is there alone. One result a spec, in order.
Result<std::vector<TopicResult>> CreateTopics(const KafkaOptions& options,
                                              std::span<const TopicSpec> specs);

// Takes topics away, with all that is in them; what is not there is fine. For what a load test has
// made: the broker then forgets the positions in them, and groups that are left without any.
Status DeleteTopics(const KafkaOptions& options, std::span<const std::string> topics);

// What is missing or differs, one sentence each with its remedy; empty when all is as it should be.
// KafkaLog::CheckTopics is the same on a connection that is there.
Result<std::vector<std::string>> CheckTopics(const KafkaOptions& options,
                                             std::span<const TopicSpec> specs);
enum class TopicChecks {
  kAll,
  kVital,  // What would lose or change something. Segments and the cleaner only cost time.
};

// kafka-topics.sh and kafka-acls.sh commands that do the same, and the rights the three roles need,
// for those who may not create topics themselves.
std::string PrintCreateCommands(const KafkaOptions& options, std::span<const TopicSpec> specs);

}  // namespace bongsu
