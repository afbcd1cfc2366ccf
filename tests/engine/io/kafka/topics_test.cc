#include "engine/io/kafka/topics.h"

#include <algorithm>
#include <sstream>

#include "tests/engine/io/kafka/fixture.h"

namespace bongsu {
namespace {

const TopicSpec& Find(const std::vector<TopicSpec>& specs, const std::string& name) {
  const auto found =
      std::find_if(specs.begin(), specs.end(), [&](const TopicSpec& s) { return s.name == name; });
  REQUIRE(found != specs.end());
  return *found;
}

TEST_CASE("the required topics are those of the design, under the prefix") {
  KafkaOptions options;
  options.prefix = "bank";
  options.partitions = 12;
  options.replication_factor = 3;
  const std::vector<TopicSpec> specs = RequiredTopics(options);
  CHECK(specs.size() == 11);
  CHECK(Find(specs, "bank.events").partitions == 12);
  CHECK(Find(specs, "bank.changelog").partitions == Find(specs, "bank.events").partitions);
  for (const char* name : {"user-risk", "changelog", "artifacts", "ingest-state"}) {
    CHECK(Find(specs, options.Topic(name)).config.at("cleanup.policy") == "compact");
  }
  for (const char* name :
       {"events", "alerts", "decisions", "group-sums", "receipts", "samples", "dead-letters"}) {
    CHECK(Find(specs, options.Topic(name)).config.at("cleanup.policy") == "delete");
  }
  for (const TopicSpec& spec : specs) CHECK(spec.replication == 3);
}

TEST_CASE("the printed commands make every topic and give every role its rights") {
  KafkaOptions options;
  options.brokers = "broker:9092";
  const std::vector<TopicSpec> specs = RequiredTopics(options);
  const std::string text = PrintCreateCommands(options, specs);
  for (const TopicSpec& spec : specs) {
    CHECK_THAT(text, Catch::Contains("--create --if-not-exists --topic '" + spec.name + "'"));
    CHECK_THAT(text,
               Catch::Contains("--topic '" + spec.name + "'\n"));  // Somebody has a right to it.
  }
  CHECK_THAT(text, Catch::Contains("--config cleanup.policy=compact"));
  CHECK_THAT(text, Catch::Contains("'User:bongsu-score' --operation Read --operation Write "
                                   "--topic 'bongsu.changelog'\n"));
  CHECK_THAT(text,
             Catch::Contains("'User:bongsu-score' --operation Describe --operation DescribeConfigs "
                             "--resource-pattern-type prefixed --topic 'bongsu.'\n"));
  CHECK_THAT(text,
             !Catch::Contains("'User:bongsu-desk' --operation Write --topic 'bongsu.alerts'"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool known = line.empty() || line[0] == '#' || line.rfind("kafka-topics.sh ", 0) == 0 ||
                       line.rfind("kafka-acls.sh ", 0) == 0;
    CHECK(known);
  }
}

TEST_CASE("the printed rights fit the group and the prefix, also where they differ") {
  KafkaOptions options;
  options.prefix = "bank";
  options.group = "risk";
  const std::string text = PrintCreateCommands(options, RequiredTopics(options));
  CHECK_THAT(text, Catch::Contains("'User:bank-score' --operation Read --group 'risk.score'\n"));
  CHECK_THAT(text, Catch::Contains("--resource-pattern-type prefixed "
                                   "--transactional-id 'bank.risk.'\n"));
}

TEST_CASE_METHOD(KafkaTest, "topics are created once, and check finds nothing to say about them") {
  if (Skipped()) return;
  const std::vector<TopicSpec> specs = RequiredTopics(options());
  const auto before = CheckTopics(options(), specs);
  REQUIRE(before.ok());
  REQUIRE(before->size() == specs.size());
  CHECK_THAT((*before)[0], Catch::Contains("bongsu topics create"));
  const auto created = CreateTopics(options(), specs);
  REQUIRE(created.ok());
  for (const TopicResult& result : *created) {
    INFO(result.topic << ": " << result.message);
    CHECK(result.kind == TopicResult::Kind::kCreated);
  }
  const auto again = CreateTopics(options(), specs);
  REQUIRE(again.ok());
  for (const TopicResult& result : *again) {
    INFO(result.topic << ": " << result.message);
    CHECK(result.kind == TopicResult::Kind::kExists);
  }
  CHECK(CheckTopics(options(), specs).value().empty());
  CHECK(log().Partitions(options().Topic("events")).value() == 4);
}

TEST_CASE_METHOD(KafkaTest, "a topic that is otherwise is left alone and named with the remedy") {
  if (Skipped()) return;
  const std::string name = options().Topic("changelog");
  REQUIRE(broker().CreateTopic(name, 2, {{"cleanup.policy", "delete"}}).ok());
  const std::vector<TopicSpec> specs = {Find(RequiredTopics(options()), name)};
  const auto created = CreateTopics(options(), specs);
  REQUIRE(created.ok());
  CHECK((*created)[0].kind == TopicResult::Kind::kDiffers);
  const std::string all = Join(CheckTopics(options(), specs).value(), "\n");
  CHECK_THAT(all, Catch::Contains(name + ": 2 partitions, expected 4"));
  CHECK_THAT(all, Catch::Contains("cleanup.policy is delete, expected compact"));
  CHECK_THAT(all, Catch::Contains("--add-config cleanup.policy=compact"));
}

TEST_CASE_METHOD(KafkaTest, "keeping longer than asked is no difference, keeping shorter is") {
  if (Skipped()) return;
  const std::string longer = options().Topic("longer"), shorter = options().Topic("shorter");
  REQUIRE(broker().CreateTopic(longer, 1, {{"retention.ms", "-1"}}).ok());
  REQUIRE(broker().CreateTopic(shorter, 1, {{"retention.ms", "999"}}).ok());
  const std::vector<TopicSpec> specs = {{longer, 1, 1, {{"retention.ms", "1000"}}},
                                        {shorter, 1, 1, {{"retention.ms", "1000"}}}};
  const std::vector<std::string> found = CheckTopics(options(), specs).value();
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Catch::Contains(shorter + ": retention.ms is 999, expected at least 1000"));
}

TEST_CASE_METHOD(KafkaTest, "at a start only what would lose something is looked at, in one go") {
  if (Skipped()) return;
  const std::string one = options().Topic("one"), other = options().Topic("other");
  REQUIRE(broker().CreateTopic(one, 1, {{"cleanup.policy", "compact"}}).ok());
  REQUIRE(broker().CreateTopic(other, 1, {{"min.compaction.lag.ms", "900000"}}).ok());
  std::vector<TopicSpec> specs = {Find(RequiredTopics(options()), options().Topic("changelog"))};
  specs[0].name = one;
  specs[0].partitions = 1;
  specs.push_back(specs[0]);
  specs[1].name = other;
  specs.push_back({options().Topic("missing"), 1, 1, {}});
  const std::string all = Join(log().CheckTopics(specs, TopicChecks::kAll).value(), "\n");
  const std::string vital = Join(log().CheckTopics(specs, TopicChecks::kVital).value(), "\n");
  for (const std::string& text : {all, vital}) {
    CHECK_THAT(text, Catch::Contains(one + ": min.compaction.lag.ms is 0, expected at least"));
    CHECK_THAT(text, Catch::Contains(other + ": cleanup.policy is delete, expected compact"));
    CHECK_THAT(text, Catch::Contains("there is no such topic; run: bongsu topics create"));
    CHECK_THAT(text, !Catch::Contains(other + ": min.compaction.lag.ms"));
  }
  CHECK_THAT(all, Catch::Contains(one + ": segment.bytes"));
  CHECK_THAT(vital, !Catch::Contains("segment.") && !Catch::Contains("dirty.ratio"));
}

TEST_CASE("commands about topics say so when no broker answers") {
  KafkaOptions options;
  options.brokers = "127.0.0.1:1";  // Nothing listens there.
  options.properties["socket.connection.setup.timeout.ms"].value = "1000";
  const auto log = KafkaLog::Make(options);
  REQUIRE(log.ok());
  const Status status = (*log)->Partitions("any").status();
  CHECK(status.code() == Code::kUnavailable);
  CHECK_THAT(status.message(), Catch::Contains("no broker reachable at 127.0.0.1:1"));
  CHECK_THAT((*log)->Health(), Catch::Contains("no broker reachable at 127.0.0.1:1"));
}

}  // namespace
}  // namespace bongsu
