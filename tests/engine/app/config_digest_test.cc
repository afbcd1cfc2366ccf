#include "engine/app/config_digest.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace bongsu {
namespace {

std::optional<std::string> NoVariables(const std::string&) {
  return std::nullopt;
}

// What `yaml` beside `files` is digested to.
std::string Digest(const std::string& yaml, const std::map<std::string, std::string>& files) {
  std::string name = std::filesystem::temp_directory_path() / "bongsu_digest_XXXXXX";
  REQUIRE(mkdtemp(name.data()) != nullptr);
  const std::filesystem::path folder(name);
  std::ofstream(folder / "a.yaml") << yaml;
  for (const auto& [file, text] : files) std::ofstream(folder / file) << text;
  Problems problems;
  const Result<EngineConfig> config = LoadEngineConfig(folder / "a.yaml", NoVariables, &problems);
  std::filesystem::remove_all(folder);
  INFO(problems.Format());
  REQUIRE(config.ok());
  return config->config_digest;
}

TEST_CASE("the digest sees the contents of every table that enrich names") {
  const std::string yaml =
      "enrich:\n"
      "  - people: {file: people.csv}\n"
      "  - calendar:\n"
      "      holiday_files: [kr.csv, bank.csv]\n"
      "      branch: person.branch\n"
      "      branches: {london: {holiday_files: [gb.csv]}, file: {holiday_files: [x.csv]}}\n"
      "      approvals: approvals.csv\n"
      "  - resources: {file: resources.csv, rows: {r: {file: people.csv}}}\n";
  const std::string holidays = "date,name,kind\n2026-05-05,,public\n";
  const std::map<std::string, std::string> files = {
      {"people.csv", "user_id,from,branch\nann,,london\n"},
      {"kr.csv", holidays},
      {"bank.csv", holidays},
      {"gb.csv", holidays},
      {"x.csv", holidays},
      {"approvals.csv", "user_id,kind,from,to\n"},
      {"resources.csv", "resource_id,owner\ncrm,retail\n"}};
  const std::string base = Digest(yaml, files);
  CHECK(Digest(yaml, files) == base);
  for (const auto& [name, text] : files) {
    CAPTURE(name);
    std::map<std::string, std::string> changed = files;
    changed[name] += "\n";
    CHECK(Digest(yaml, changed) != base);
  }
}

TEST_CASE("the digest does not see how fast events are taken") {
  const std::string base = "limits: {attributes: 10}\n";
  CHECK(Digest("limits: {attributes: 10, events_per_second: 500}\n", {}) == Digest(base, {}));
  CHECK(Digest("limits: {attributes: 11}\n", {}) != Digest(base, {}));
}

TEST_CASE("the digest does not see where a holiday file lies") {
  const std::string holidays = "date,name,kind\n2026-05-05,,public\n";
  CHECK(Digest("enrich: [{calendar: {holiday_files: [a.csv]}}]\n", {{"a.csv", holidays}}) ==
        Digest("enrich: [{calendar: {holiday_files: [b.csv]}}]\n", {{"b.csv", holidays}}));
}

}  // namespace
}  // namespace bongsu
