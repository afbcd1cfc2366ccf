// `bongsu explain` at a real broker: alerts and risks from their topics.
#include "engine/base/strings.h"
#include "engine/json/reader.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

bool Says(const ProgramResult& page, std::string_view text) {
  return page.output.find(text) != std::string::npos;
}

TEST_CASE("explain finds an alert and a person's risk in the topics, until the risk is gone") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Values& alerts = FilledStream(broker).alerts;
  Bench bench(broker, "explain");
  const Setup setup = bench.NewSetup("engine");
  bench.CreateTopics(setup);
  std::vector<TestRecord> records;
  for (const std::vector<std::string>& partition : alerts) {
    for (const std::string& alert : partition) records.push_back({kByKey, 0, "k", alert, {}});
  }
  REQUIRE(records.size() > 10);
  REQUIRE(broker->Produce(bench.Topic("alerts"), records).ok());
  JsonReader reader;
  const std::string uid(
      reader.Parse(*records[0].value)->Find("finding_info")->Find("uid")->AsString());
  const ProgramResult alert = bench.Do({"explain", "--alert", uid}, setup);
  INFO(alert.output);
  CHECK(alert.exit_code == 0);
  CHECK(Says(alert, "Alert " + uid));
  CHECK(Says(alert, "in all"));
  const ProgramResult none = bench.Do({"explain", "--alert", "ffff"}, setup);
  CHECK(none.exit_code == 1);
  CHECK(Says(none, StrCat("among the ", records.size(), " records of topic explain.alerts on ")));

  const std::string risk =
      R"({"version":1,"user_id":"kim","score":61,"severity":"medium","as_of":1772456400000,)"
      R"("half_life_s":86400,"contributions":[],"features":{},"recent_events":[],)"
      R"("origin":{"source":"access","partition":0,"offset":1,"index":0}})";
  const std::string topic = bench.Topic("user-risk");
  REQUIRE(broker->Produce(topic, {{kByKey, 0, "kim", risk, {}}}).ok());
  const std::vector<std::string> about = {"explain", "--user", "kim", "--at",
                                          "2026-03-02T13:00:00Z"};
  const ProgramResult kim = bench.Do(about, setup);
  INFO(kim.output);
  CHECK(kim.exit_code == 0);
  CHECK(Says(kim, "kim"));
  CHECK(Says(kim, "61 of 100 (medium)"));
  REQUIRE(broker->Produce(topic, {{kByKey, 0, "kim", std::nullopt, {}}}).ok());
  CHECK(bench.Do(about, setup).exit_code == 1);
}

}  // namespace
}  // namespace bongsu::e2e
