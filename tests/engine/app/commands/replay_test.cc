#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "engine/app/commands/commands.h"
#include "engine/base/strings.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

constexpr int64_t kStart = 1'772'409'600'000, kDay = 86'400'000;

std::string Line(int number, int64_t time, std::string_view user, int rows) {
  return StrCat(R"({"event_id":"e)", number, R"(","time":)", time, R"(,"user_id":")", user,
                R"(","action":"EXPORT","result":"SUCCESS","source":"db","rows":)", rows, "}\n");
}

TEST_CASE("a risk that has decayed to nothing leaves no blank line in the file of risks") {
  const TempDir dir;
  const std::string events = dir.File("events.jsonl"), config = dir.File("bongsu.yaml"),
                    risks = dir.File("risks.jsonl");
  std::string text;
  for (int i = 0; i < 600; ++i) text += Line(i, kStart + i * 60'000, "kim", 10 + i % 7);
  text += Line(600, kStart + kDay, "kim", 90'000);
  for (int day = 2; day < 40; ++day) text += Line(600 + day, kStart + day * kDay, "lee", 10);
  std::ofstream(events) << text;
  std::ofstream(config) << "features: [{name: exported, sum: rows, half_life: 10m}]\n"
                        << "detect: [{ecod: {name: extremes, features: [exported]}}]\n"
                        << "sources: [{name: access, stdin: true}]\n";
  const Ran ran =
      RunCommand(RegisterReplay, {"replay", "-c", config, "--input", events, "--user-risk", risks});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  std::ifstream in(risks);
  size_t lines = 0;
  for (std::string line; std::getline(in, line); ++lines) CHECK(line.starts_with("{\"version\":1"));
  CHECK(lines >= 1);
}

}  // namespace
}  // namespace bongsu
