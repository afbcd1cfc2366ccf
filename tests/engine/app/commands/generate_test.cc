#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/app/commands/commands.h"
#include "engine/base/strings.h"
#include "engine/generate/labels.h"
#include "engine/io/file/record_file.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

Ran Generate(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "generate");
  return RunCommand(RegisterGenerate, std::move(arguments));
}

std::string Text(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> Lines(const std::string& path) {
  auto source = ByteSource::Open(path);
  REQUIRE(source.ok());
  RecordFile file(*std::move(source), 1 << 20);
  std::vector<std::string> lines;
  RecordFile::Item item;
  while (true) {
    const auto more = file.Next(Duration(0), &item);
    REQUIRE(more.ok());
    if (!*more) return lines;
    CHECK(item.broken.empty());
    lines.emplace_back(item.bytes);
  }
}

bool Holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("generate writes events, labels and tables, compressed where the name says so") {
  const TempDir dir;
  const std::vector<std::string> bank = {"--people", "200", "--days", "14", "--insiders", "1"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), bank.begin(), bank.end());
    return more;
  };
  const Ran ran = Generate(with({"--out", dir.File("bank.jsonl"), "--labels", dir.File("l.csv"),
                                 "--tables", dir.File("tables")}));
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(Holds(ran.err, " events, "));
  const std::vector<std::string> lines = Lines(dir.File("bank.jsonl"));
  CHECK(lines.size() > 10'000);
  const auto labels = ReadLabels(Text(dir.File("l.csv")));
  REQUIRE(labels.ok());
  CHECK(std::count_if(labels->begin(), labels->end(),
                      [](const Label& label) { return label.label == kInsider; }) == 6);
  for (const char* table : {"people.csv", "resources.csv", "approvals.csv"}) {
    CHECK(Lines(dir.File(StrCat("tables/", table))).size() > 20);
  }
  REQUIRE(Generate(with({"--out", dir.File("bank.jsonl.gz")})).code == 0);
  CHECK(Text(dir.File("bank.jsonl.gz")).starts_with("\x1f\x8b"));
  CHECK(std::filesystem::file_size(dir.File("bank.jsonl.gz")) * 4 <
        std::filesystem::file_size(dir.File("bank.jsonl")));
  const bool same = Lines(dir.File("bank.jsonl.gz")) == lines;  // CHECK would print them.
  CHECK(same);
}

TEST_CASE("generate --inject keeps the log and adds to it") {
  const TempDir dir;
  REQUIRE(Generate({"--people", "200", "--days", "20", "--insiders", "0", "--no-oddities", "--out",
                    dir.File("log.jsonl.gz")})
              .code == 0);
  const Ran ran = Generate({"--inject", dir.File("log.jsonl.gz"), "--insiders", "1", "--out",
                            dir.File("mixed.jsonl"), "--labels", dir.File("labels.csv")});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto labels = ReadLabels(Text(dir.File("labels.csv")));
  REQUIRE(labels.ok());
  CHECK(labels->size() == 6);
  const std::vector<std::string> log = Lines(dir.File("log.jsonl.gz"));
  const std::vector<std::string> mixed = Lines(dir.File("mixed.jsonl"));
  size_t at = 0;
  for (const std::string& line : mixed) at += at < log.size() && line == log[at];
  CHECK(at == log.size());
  CHECK(mixed.size() > log.size() + 50);
}

TEST_CASE("a bank of ten gets the insiders there are people for, and says which it does not get") {
  const TempDir dir;
  const Ran ran = Generate(
      {"--people", "10", "--out", dir.File("bank.jsonl"), "--labels", dir.File("labels.csv")});
  INFO(ran.err);
  CHECK(ran.code == 0);
  CHECK_THAT(ran.err, Catch::Contains("not planted: ") && Catch::Contains("there is nobody left"));
  CHECK_FALSE(Lines(dir.File("bank.jsonl")).empty());
  CHECK_THAT(Text(dir.File("labels.csv")), Catch::Contains(",insider,"));
}

TEST_CASE("generate refuses what it cannot do, as usage") {
  static const TempDir dir;  // The values are made once, for all runs of the case.
  const std::string bad = dir.File("bad.jsonl"), gone = dir.File("gone.jsonl");
  std::ofstream(bad) << "{\"event_id\":\"1\"}\n";
  const std::string path0 = dir.File("bad.jsonl");
  const std::string path1 = dir.File("gone.jsonl");
  const std::string path2 = dir.File("t");
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"--people", "0"}, "--people: expected 10 to"},
      {{"--people", "many"}, ""},
      {{"--days", "0"}, "--days: expected 1 to"},
      {{"--effects", "2,0.5"}, "--effects: expected multiples"},
      {{"--start", "tomorrow"}, "--start: expected a date"},
      {{"--start", "2026-02-30"}, "--start: expected a date"},
      {{"--people", "12", "--insiders", "2"}, "there is nobody left"},
      {{"--inject", path1}, "is no file"},
      {{"--inject", "-"}, "is no file"},
      {{"--inject", path0, "--out", path0}, "is read, too, and would be lost"},
      {{"--people", "200", "--out", path1, "--labels", path1}, "is the file of --out"},
      {{"--inject", path0}, "bad.jsonl: record 1: time: expected, and missing"},
      {{"--inject", path0, "--tables", path2}, "--tables: "},
      {{"--people", "200", "--to-topic", "x", "--out", "y"}, ""},
      {{"--people", "200", "--to-topic", "-c", BONGSU_SOURCE_DIR "/deploy/config/bongsu.yaml"},
       "names no kafka.brokers"},
      {{"--nonsense"}, ""},
  };
  for (const auto& [arguments, why] : wrong) {
    const Ran ran = Generate(arguments);
    INFO(Join(arguments, " "));
    INFO(ran.err);
    CHECK(ran.code == 2);
    CHECK(Holds(ran.err, why));
  }
}

TEST_CASE("generate fails where it cannot write") {
  const TempDir dir;
  CHECK(Generate({"--people", "200", "--out", dir.File("no/such/file")}).code == 1);
  CHECK(Generate({"--people", "200", "--out", dir.File("x"), "--labels", dir.File("no/l")}).code ==
        1);
  CHECK_FALSE(std::filesystem::exists(dir.File("x")));
}

}  // namespace
}  // namespace bongsu
