#include "engine/io/kafka/options.h"

#include <catch2/catch.hpp>

#include "engine/io/kafka/kafka_log.h"

namespace bongsu {
namespace {

std::string Problem(const std::string& key, const std::string& value) {
  KafkaOptions options;
  const auto file = std::make_shared<const std::string>("bongsu.yaml");
  options.properties[key] = {value, {file, 7, 5}, "kafka.properties." + key};
  Problems problems;
  CheckProperties(options, &problems);
  return problems.Format();
}

TEST_CASE("a property that librdkafka knows passes") {
  CHECK(Problem("ssl.ca.location", "/etc/ca.pem").empty());
  CHECK(Problem("linger.ms", "20").empty());
}

TEST_CASE("a property that librdkafka does not know is named at its place, with what was meant") {
  const std::string text = Problem("fetch.wait.max.mss", "5");
  CHECK_THAT(text, Catch::StartsWith("bongsu.yaml:7:5: kafka.properties.fetch.wait.max.mss: "));
  CHECK_THAT(text, Catch::Contains("No such configuration property"));
  CHECK_THAT(text, Catch::Contains("did you mean \"fetch.wait.max.ms\"?"));
}

TEST_CASE("a value that librdkafka refuses is reported in its words") {
  CHECK_THAT(Problem("linger.ms", "soon"), Catch::Contains("linger.ms"));
  CHECK_THAT(Problem("security.protocol", "carrier_pigeon"), Catch::Contains("security.protocol"));
}

TEST_CASE("what the engine owns is refused with the reason, under every name it has") {
  const auto [key, reason] = GENERATE(table<std::string, std::string>(
      {{"enable.auto.commit", "positions are committed by the engine"},
       {"auto.commit.enable", "positions are committed by the engine"},
       {"enable.auto.offset.store", "positions are committed by the engine"},
       {"group.id", "set kafka.group instead"},
       {"group.instance.id", "set kafka.instance instead"},
       {"transactional.id", "group and instance"},
       {"transaction.timeout.ms", "set kafka.session_timeout instead"},
       {"isolation.level", "aborted transaction"},
       {"enable.partition.eof", "end of a partition"},
       {"auto.offset.reset", "decision of a person"},
       {"partition.assignment.strategy", "static membership"},
       {"enable.idempotence", "transactions depend on it"},
       {"acks", "transactions depend on it"},
       {"request.required.acks", "transactions depend on it"},
       {"statistics.interval.ms", "serves logs"},
       {"bootstrap.servers", "set kafka.brokers instead"},
       {"metadata.broker.list", "set kafka.brokers instead"}}));
  const std::string text = Problem(key, "true");
  CHECK_THAT(text, Catch::Contains("kafka.properties." + key + ": the engine owns this setting"));
  CHECK_THAT(text, Catch::Contains(reason));
}

TEST_CASE("a log is not made of refused properties, nor without brokers") {
  KafkaOptions options;
  CHECK_THAT(KafkaLog::Make(options).status().message(), Catch::Contains("kafka.brokers"));
  options.brokers = "127.0.0.1:1";
  options.properties["group.id"].value = "mine";
  CHECK_THAT(KafkaLog::Make(options).status().message(), Catch::Contains("kafka.group"));
}

TEST_CASE("every problem is reported, not only the first") {
  KafkaOptions options;
  options.properties["group.id"].value = "mine";
  options.properties["no.such.thing"].value = "1";
  Problems problems;
  CheckProperties(options, &problems);
  CHECK(problems.size() == 2);
}

}  // namespace
}  // namespace bongsu
