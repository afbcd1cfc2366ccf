#include "engine/io/kafka/probe.h"

#include <librdkafka/rdkafka.h>
// After it.
#include <librdkafka/rdkafka_mock.h>

#include <thread>

#include "tests/engine/io/kafka/fixture.h"

namespace bongsu {
namespace {

// On librdkafka's mock cluster, since real brokers move leaders when they see fit.
TEST_CASE("a partition whose leader moved is asked at its new leader") {
  char text[256];
  rd_kafka_t* const host = rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, text, sizeof(text));
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(host, 3);
  REQUIRE(rd_kafka_mock_topic_create(cluster, "events", 1, 3) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_mock_partition_set_leader(cluster, "events", 0, 1);
  {
    KafkaOptions options;
    options.brokers = rd_kafka_mock_cluster_bootstraps(cluster);
    const auto probe = kafka::NewProbe(options, std::make_shared<kafka::BrokerHealth>(), true);
    REQUIRE(probe.ok());
    for (const int leader : {1, 2, 3, 1}) {
      rd_kafka_mock_partition_set_leader(cluster, "events", 0, leader);
      const Result<LogOffsets> offsets = kafka::QueryOffsets(**probe, **probe, {"events", 0});
      INFO("leader " << leader << ": " << offsets.status().message());
      CHECK(offsets.ok());
    }
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(host);
}

// As one is that a broker does not know yet, in the moments after it came back.
TEST_CASE_METHOD(KafkaTest,
                 "the ends of a topic that the broker learns of a moment later are told") {
  if (Skipped()) return;
  const std::string topic = options().Topic("late");
  const auto probe = kafka::NewProbe(options(), std::make_shared<kafka::BrokerHealth>(), true);
  REQUIRE(probe.ok());
  Status created;
  std::jthread late([&] {
    std::this_thread::sleep_for(milliseconds(300));
    created = broker().CreateTopic(topic, 1);
  });
  const Result<LogOffsets> offsets = kafka::QueryOffsets(**probe, **probe, {topic, 0});
  late.join();
  REQUIRE(created.ok());
  INFO(offsets.status().message());
  CHECK(offsets.ok());
}

}  // namespace
}  // namespace bongsu
