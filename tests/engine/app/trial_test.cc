#include "engine/app/trial.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/base/strings.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

Bank SmallBank() {
  Result<Bank> bank = Bank::Make({.people = 40, .days = 12, .insiders_of_a_kind = 1});
  REQUIRE(bank.ok());
  return *std::move(bank);
}

TEST_CASE("a bank as files is what the bank says") {
  const TempDir dir;
  const Bank bank = SmallBank();
  REQUIRE(WriteTables(bank, dir.File("tables")).ok());
  REQUIRE(WriteLabelsFile(bank.labels(), dir.File("labels.csv")).ok());
  REQUIRE(WriteEvents(bank, dir.File("events.jsonl")).ok());
  for (const char* table : {"people.csv", "resources.csv", "approvals.csv"}) {
    INFO(table);
    CHECK(std::filesystem::exists(dir.File(StrCat("tables/", table))));
  }
  CHECK(ReadAll(dir.File("labels.csv")) == FormatLabels(bank.labels()));
  const std::vector<LineFile> files = LineFiles({dir.File("events.jsonl")});
  REQUIRE(files.size() == 1);
  Result<std::unique_ptr<LineReader>> reader = files[0].open();
  REQUIRE(reader.ok());
  const Status same = bank.ForEachEvent([&](Timestamp, std::string_view, std::string_view json) {
    std::string_view line;
    const Result<bool> more = (*reader)->Next(&line);
    return more.ok() && *more && line == json ? Status::Ok() : Status::Internal("differs");
  });
  CHECK(same.ok());
  std::string_view line;
  const Result<bool> more = (*reader)->Next(&line);
  REQUIRE(more.ok());
  CHECK_FALSE(*more);
}

TEST_CASE("a file that is not there is an error when it is opened") {
  CHECK_FALSE(LineFiles({"/nowhere/events.jsonl"})[0].open().ok());
}

TEST_CASE("a trial sets tables and budget, and leaves other variables alone") {
  const Environment environment = TrialEnvironment("/tmp/tables", "7/day");
  CHECK(environment("BONGSU_TABLES") == "/tmp/tables");
  CHECK(environment("BONGSU_BUDGET") == "7/day");
  CHECK(environment("PATH") == ProcessEnvironment()("PATH"));
  CHECK(TrialEnvironment("", "7/day")("BONGSU_TABLES") == ProcessEnvironment()("BONGSU_TABLES"));
}

TEST_CASE("a trial scores every event and judges by every label") {
  const TempDir dir;
  const Bank bank = SmallBank();
  REQUIRE(WriteTables(bank, dir.path()).ok());
  REQUIRE(WriteEvents(bank, dir.File("events.jsonl")).ok());
  Problems problems;
  const Result<EngineConfig> config =
      LoadEngineConfig(BONGSU_SOURCE_DIR "/deploy/config/bongsu.yaml",
                       TrialEnvironment(dir.path(), "3/day"), &problems);
  INFO(problems.Format());
  REQUIRE(config.ok());
  const Result<Trial> trial = RunTrial(*config, dir.File("events.jsonl"), bank.labels(), {});
  REQUIRE(trial.ok());
  const std::string events = ReadAll(dir.File("events.jsonl"));
  CHECK(trial->replay.events == std::count(events.begin(), events.end(), '\n'));
  CHECK(trial->replay.dead_letters == 0);
  const Judgement& judgement = trial->judgement;
  CHECK(judgement.insiders.size() == 6);
  CHECK(judgement.insiders.size() + judgement.harmless.size() == bank.labels().size());
}

}  // namespace
}  // namespace bongsu
