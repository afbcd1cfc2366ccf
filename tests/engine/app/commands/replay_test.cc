#include <catch2/catch.hpp>
#include <filesystem>
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

TEST_CASE("a replay writes no file twice and none over what it reads") {
  const TempDir dir;
  const std::string events = dir.File("events.jsonl"), link = dir.File("link.jsonl");
  std::ofstream(events) << Line(1, kStart, "kim", 1);
  std::filesystem::create_symlink(events, link);
  const auto refused = [&](const std::string& alerts, const std::string& risks) {
    const Ran ran = RunCommand(
        RegisterReplay, {"replay", "--input", events, "--alerts", alerts, "--user-risk", risks});
    CHECK(ran.code == 2);
    return ran.err;
  };
  const std::string out = dir.File("out.jsonl");
  CHECK(refused(out, out) ==
        StrCat("bongsu: --user-risk ", out, ": is the file of --alerts; name another\n"));
  CHECK_THAT(refused(events, out), Catch::Contains("is read, too, and would be lost"));
  CHECK_THAT(refused(out, link), Catch::Contains("is read, too, and would be lost"));
  CHECK(std::filesystem::file_size(events) > 0);
}

}  // namespace
}  // namespace bongsu
