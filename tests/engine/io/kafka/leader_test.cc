// A leader that moves while the one before it answers on: librdkafka's mock cluster, since real
// brokers move leaders when they see fit.
#include <librdkafka/rdkafka.h>
// After it.
#include <librdkafka/rdkafka_mock.h>

#include <catch2/catch.hpp>

#include "engine/io/kafka/probe.h"

namespace bongsu {
namespace {

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

}  // namespace
}  // namespace bongsu
