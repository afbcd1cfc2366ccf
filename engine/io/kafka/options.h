// How to reach Kafka, and under which names: the `kafka:` part of the configuration. Plain data,
// filled once at start-up; engine/app hands it to KafkaLog::Make and to the topic commands of
// topics.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/core/fields.h"

namespace bongsu {

struct KafkaOptions {
  std::string brokers;  // Empty: no broker, the embedded log.
  std::string prefix = "bongsu";
  std::string group = "bongsu";
  std::string instance;
  Duration session_timeout = std::chrono::seconds(6);
  int32_t partitions = 4;
  int32_t replication_factor = 1;
  ByteSize fetch_memory{64u << 20};
  std::map<std::string, Located<std::string>> properties;

  static const FieldTable<KafkaOptions>& Fields();
  // "bongsu.events" for "events".
  std::string Topic(std::string_view name) const;
  // The consumer group of a role: "bongsu.score".
  std::string Group(std::string_view role) const;
  // What transactional ids begin with, before a dot and the member's name.
  std::string TransactionPrefix() const;
};

// Reports every entry of `properties` that librdkafka does not know or that the engine owns, with
// the reason, at its place. Needs no network.
void CheckProperties(const KafkaOptions& options, Problems* problems);

}  // namespace bongsu
