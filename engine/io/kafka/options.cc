#include "engine/io/kafka/options.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/base/strings.h"
#include "engine/io/kafka/client.h"

namespace bongsu {
namespace {

struct OwnedKey {
  std::string_view key, reason;
};

constexpr std::string_view kCommits = "positions are committed by the engine, in its transactions";
constexpr std::string_view kTransactions = "the engine's transactions depend on it";
constexpr std::string_view kSession = "set kafka.session_timeout instead";
constexpr std::string_view kBrokers = "set kafka.brokers instead";
constexpr std::string_view kMemory = "set kafka.fetch_memory instead";
constexpr std::string_view kMembership =
    "the engine relies on range assignment with static membership";
constexpr std::string_view kCallbacks = "the engine serves logs, errors and reports itself";

constexpr std::array kOwned = std::to_array<OwnedKey>({
    {"bootstrap.servers", kBrokers},
    {"metadata.broker.list", kBrokers},
    {"enable.auto.commit", kCommits},
    {"auto.commit.enable", kCommits},
    {"auto.commit.interval.ms", kCommits},
    {"enable.auto.offset.store", kCommits},
    {"offset.store.method", kCommits},
    {"offset.store.path", kCommits},
    {"offset.store.sync.interval.ms", kCommits},
    {"group.id", "set kafka.group instead"},
    {"group.instance.id", "set kafka.instance instead"},
    {"group.protocol.type", kMembership},
    {"partition.assignment.strategy", kMembership},
    {"session.timeout.ms", kSession},
    {"heartbeat.interval.ms", kSession},
    {"transaction.timeout.ms", kSession},
    {"message.timeout.ms", kSession},
    {"delivery.timeout.ms", kSession},
    {"transactional.id",
     "it is made of group and instance, so that a restart ends its own transaction"},
    {"isolation.level", "what an aborted transaction wrote must never be read"},
    {"enable.partition.eof", "the engine tells the end of a partition by it"},
    {"auto.offset.reset", "a lost position needs a decision of a person, not a jump"},
    {"enable.idempotence", kTransactions},
    {"enable.gapless.guarantee", kTransactions},
    {"acks", kTransactions},
    {"request.required.acks", kTransactions},
    {"max.in.flight", kTransactions},
    {"max.in.flight.requests.per.connection", kTransactions},
    {"retries", kTransactions},
    {"message.send.max.retries", kTransactions},
    {"partitioner", "the engine chooses the partition of every record"},
    {"msg_order_cmp", kTransactions},
    {"queuing.strategy", kTransactions},
    {"produce.offset.report", kCallbacks},
    {"delivery.report.only.error", kCallbacks},
    {"statistics.interval.ms", kCallbacks},
    {"log.queue", kCallbacks},
    {"enabled_events", kCallbacks},
    {"consume.callback.max.messages", kCallbacks},
    {"allow.auto.create.topics", "topics are made by `bongsu topics create` only"},
    {"queued.max.messages.kbytes", kMemory},
});

std::vector<std::string> KnownKeys() {
  std::vector<std::string> names;
  const auto add = [&](const char** dump, size_t count) {
    for (size_t i = 0; i < count; i += 2) names.emplace_back(dump[i]);
    rd_kafka_conf_dump_free(dump, count);
  };
  size_t count = 0;
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  const char** dump = rd_kafka_conf_dump(conf, &count);
  add(dump, count);
  rd_kafka_conf_destroy(conf);
  rd_kafka_topic_conf_t* const topic_conf = rd_kafka_topic_conf_new();
  dump = rd_kafka_topic_conf_dump(topic_conf, &count);
  add(dump, count);
  rd_kafka_topic_conf_destroy(topic_conf);
  return names;
}

}  // namespace

const FieldTable<KafkaOptions>& KafkaOptions::Fields() {
  static const auto table =
      FieldTable<KafkaOptions>()
          .Field("brokers", &KafkaOptions::brokers,
                 "Addresses of brokers to start from, host:port, comma separated. Empty: no Kafka, "
                 "the embedded log under data_dir.")
          .Field("prefix", &KafkaOptions::prefix,
                 "First part of the names of Bongsu's topics, before the dot.")
          .Field("group", &KafkaOptions::group,
                 "First part of the names of consumer groups and transactional ids. All instances "
                 "that share the work have the same.")
          .Field("instance", &KafkaOptions::instance,
                 "Name of this instance within the group, the same over restarts and unlike every "
                 "other. Empty: made of the host's name.")
          .Field("session_timeout", &KafkaOptions::session_timeout,
                 "Silence after which the broker takes an instance for dead and hands its "
                 "partitions on; also the longest a transaction may stay open.")
          .Min(6)
          .Max(1800)
          .Field("partitions", &KafkaOptions::partitions,
                 "Partitions of the topics that `bongsu topics create` makes. Cannot change later.")
          .Min(1)
          .Max(10000)
          .Field("replication_factor", &KafkaOptions::replication_factor,
                 "Copies of the topics that `bongsu topics create` makes; 3 in production.")
          .Min(1)
          .Max(32)
          .Field(
              "fetch_memory", &KafkaOptions::fetch_memory,
              "Memory a worker may fill with records fetched ahead, divided among the partitions.")
          .Min(1 << 20)
          .Field("properties", &KafkaOptions::properties,
                 "Settings passed to librdkafka as they are, such as security.protocol or "
                 "ssl.ca.location. Those the engine owns are refused.");
  return table;
}

std::string KafkaOptions::Topic(std::string_view name) const {
  return StrCat(prefix, '.', name);
}

std::string KafkaOptions::Group(std::string_view role) const {
  return StrCat(group, '.', role);
}

std::string KafkaOptions::TransactionPrefix() const {
  return StrCat(prefix, '.', group);
}

void CheckProperties(const KafkaOptions& options, Problems* problems) {
  std::vector<std::string> known;
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const auto& [key, value] : options.properties) {
    const std::string path = value.path.empty() ? "kafka.properties." + key : value.path;
    const auto owned = std::find_if(kOwned.begin(), kOwned.end(),
                                    [&key = key](const OwnedKey& o) { return o.key == key; });
    if (owned != kOwned.end()) {
      problems->Add(value.mark, path, StrCat("the engine owns this setting: ", owned->reason));
      continue;
    }
    char text[512];
    const rd_kafka_conf_res_t result =
        rd_kafka_conf_set(conf, key.c_str(), value.value.c_str(), text, sizeof(text));
    if (result == RD_KAFKA_CONF_OK) continue;
    std::string message = text;
    if (result == RD_KAFKA_CONF_UNKNOWN) {
      if (known.empty()) known = KnownKeys();
      message += DidYouMeanHint(key, known);
    }
    problems->Add(value.mark, path, message);
  }
  rd_kafka_conf_destroy(conf);
}

}  // namespace bongsu
