// Real CloudTrail files from a source topic to valid findings.
#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"
#include "tests/tools/external_tool.h"

namespace bongsu::e2e {
namespace {

constexpr size_t kEvents = 2196;  // That the 29 files hold.

std::string DataDir() {
  return std::string(BONGSU_SOURCE_DIR) + "/../shared/data/events/cloudtrail";
}

// One record a file where it is one document, one a line for the rest.
std::vector<TestRecord> SourceRecords() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(DataDir())) {
    if (entry.path().extension() == ".gz") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  REQUIRE(paths.size() == 29);
  std::vector<TestRecord> records;
  for (const std::string& path : paths) {
    const ToolRun text = RunTool("zcat '" + path + "'");
    REQUIRE(text.exit_code == 0);
    const int32_t partition = static_cast<int32_t>(records.size() % kPartitions);
    if (text.output.starts_with("{\"Records\":")) {
      records.push_back({partition, 0, path, text.output, {}});
      continue;
    }
    for (const std::string& line : Lines(text.output)) {
      records.push_back({partition, 0, path, line, {}});
    }
  }
  return records;
}

void Replace(std::string* text, const std::string& what, const std::string& with) {
  const size_t at = text->find(what);
  INFO(what);
  REQUIRE(at != std::string::npos);
  text->replace(at, what.size(), with);
}

// The shipped configuration, but for where the events come from.
std::string ShippedConfig(Bench& bench) {
  const std::string folder = std::string(BONGSU_SOURCE_DIR) + "/deploy/";
  std::string yaml = ReadFile(folder + "config/cloudtrail.yaml");
  Replace(&yaml, "files: [\"${CLOUDTRAIL_FILES:-cloudtrail/*.json.gz}\"]",
          "topic: cloudtrail.source");
  Replace(&yaml, "../mappings/", folder + "mappings/");
  WriteFile(bench.File("shipped.yaml"), yaml);
  return bench.File("shipped.yaml");
}

bool IsControl(const TestRecord& record) {
  return std::any_of(record.headers.begin(), record.headers.end(),
                     [](const auto& header) { return header.first == "type"; });
}

void CheckFindings(const std::string& path) {
  const std::string python = TestPython();
  if (python.empty()) return;
  const std::string tools = StrCat(python, ' ', BONGSU_SOURCE_DIR, "/tests/tools/");
  const std::string schema = StrCat(BONGSU_SOURCE_DIR, "/deploy/schemas/alert.schema.json ");
  for (const std::string& check :
       {"check_schema.py " + schema, std::string("check_findings.py ")}) {
    const ToolRun run = RunTool(tools + check + path);
    INFO(run.output);
    CHECK(run.exit_code == 0);
  }
}

}  // namespace

TEST_CASE("CloudTrail files over Kafka: every event arrives, alerts are valid findings") {
  if (!std::filesystem::exists(DataDir())) return SkipWithout("the CloudTrail data", DataDir());
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "cloudtrail");
  Setup setup = bench.NewSetup("all");
  setup.shipped = ShippedConfig(bench);
  setup.more = "decide: {threshold: 30}\n";
  bench.CreateTopics(setup);
  REQUIRE(broker->CreateTopic("cloudtrail.source", kPartitions, {{"max.message.bytes", "8388608"}})
              .ok());
  REQUIRE(broker->Produce("cloudtrail.source", SourceRecords()).ok());

  const auto engine = bench.Run(setup, "ingest,score");
  bench.AwaitLagZero("cloudtrail.ingest", "cloudtrail.source");
  bench.AwaitLagZero("cloudtrail.score", "cloudtrail.events");
  EndInOrder(*engine);

  size_t events = 0, ticks = 0;
  std::set<std::string> origins;
  for (const TestRecord& record : bench.Read("cloudtrail.events")) {
    IsControl(record) ? ++ticks : ++events;
    for (const auto& [name, value] : record.headers) {
      if (name == "origin") origins.insert(value);
    }
  }
  CHECK(events + bench.Read("cloudtrail.dead-letters").size() == kEvents);
  CHECK(origins.size() == events);
  CHECK(ticks > 0);

  std::string lines;
  for (const auto& partition : bench.Alerts("cloudtrail")) {
    for (const std::string& alert : partition) lines += alert + "\n";
  }
  REQUIRE_FALSE(lines.empty());
  WriteFile(bench.File("alerts.jsonl"), lines);
  CheckFindings(bench.File("alerts.jsonl"));
}

}  // namespace bongsu::e2e
