// A recorded way of working and the alerts that it makes, byte for byte. BONGSU_REFRESH=1 writes
// the alerts anew; the change is reviewed like code.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/app/engine_config.h"
#include "engine/app/replay.h"
#include "engine/generate/bank.h"
#include "tests/support/temp_dir.h"

using namespace bongsu;

namespace {

const std::string kStream = std::string(BONGSU_SOURCE_DIR) + "/tests/golden/stream/";

std::string Read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

EngineConfig ConfigOver(const std::string& events) {
  Problems problems;
  const Environment environment = [](const std::string&) { return std::nullopt; };
  Result<EngineConfig> config = LoadEngineConfig(kStream + "config.yaml", environment, &problems);
  INFO(problems.Format());
  REQUIRE(config.ok());
  config->sources[0].use_stdin = false;
  config->sources[0].files = {events};
  return *std::move(config);
}

}  // namespace

TEST_CASE("the recorded stream gives the recorded alerts, whatever the batches") {
  const TempDir dir;
  const std::string events = dir.path() + "/events.jsonl";
  const Result<Bank> bank = Bank::Make({.people = 90,
                                        .days = 12,
                                        .seed = 7,
                                        .insiders_of_a_kind = 1,
                                        .effects = {10},
                                        .oddities = false});
  INFO(bank.status().message());
  REQUIRE(bank.ok());
  int64_t written = 0;
  {
    std::ofstream out(events);
    REQUIRE(bank->ForEachEvent([&](Timestamp, std::string_view, std::string_view json) {
                  out << json << '\n';
                  ++written;
                  return Status::Ok();
                })
                .ok());
  }
  EngineConfig config = ConfigOver(events);
  std::string alerts;
  for (const int64_t records : {10'000, 1'000, 37}) {
    config.commit.max_records = records;
    const Result<ReplayResult> result = Replay(config, {});
    INFO(result.status().message());
    REQUIRE(result.ok());
    CHECK(result->events == written);
    CHECK(result->dead_letters == 0);
    std::string lines;
    for (const std::string& alert : result->alert_json) lines += alert + "\n";
    if (alerts.empty()) alerts = lines;
    CHECK(lines == alerts);
  }
  REQUIRE_FALSE(alerts.empty());
  if (std::getenv("BONGSU_REFRESH") != nullptr) std::ofstream(kStream + "alerts.jsonl") << alerts;
  CHECK(alerts == Read(kStream + "alerts.jsonl"));
}
