// Rules, dashboards and runbooks say only what the engine can do, and nothing lacks its other half.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engine/base/strings.h"
#include "engine/decode/rejection.h"
#include "engine/telemetry/metrics.h"
#include "tests/support/temp_dir.h"
#include "tests/tools/external_tool.h"

namespace bongsu {
namespace {

namespace fs = std::filesystem;

const std::string kRoot = BONGSU_SOURCE_DIR;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// "name kind" of everything in a scrape, a line each.
std::string DeclaredMetrics() {
  constexpr std::string_view kKinds[] = {"counter", "gauge", "histogram"};
  std::string lines;
  for (const MetricSpec& spec : MetricTable()) {
    lines += StrCat("bongsu_", spec.name, ' ', kKinds[static_cast<size_t>(spec.kind)], '\n');
  }
  std::istringstream scrape(PrometheusMetrics("v").Serialize());
  const std::string type = "# TYPE process_";
  for (std::string line; std::getline(scrape, line);) {
    if (line.starts_with(type)) lines += line.substr(type.find("process_")) + "\n";
  }
  return lines;
}

bool HavePromtool() {
  if (RunTool("command -v promtool").exit_code == 0) return true;
  SkipWithout("promtool", "install Debian's package prometheus");
  return false;
}

// A copy of what is checked, to make mistakes in.
struct Copy {
  Copy() {
    for (const char* folder : {"deploy", "tests/deploy"}) {
      fs::create_directories(dir.File(folder));
      fs::copy(kRoot + "/" + folder, dir.File(folder), fs::copy_options::recursive);
    }
    std::ofstream(dir.File("metrics.txt")) << DeclaredMetrics();
  }
  void Replace(const std::string& file, const std::string& from, const std::string& to) {
    std::string text = ReadFile(dir.File(file));
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    std::ofstream(dir.File(file)) << text.replace(at, from.size(), to);
  }
  ToolRun Check(const std::string& python) {
    return RunTool(StrCat(python, " -B ", kRoot, "/tests/deploy/check.py ", dir.path(), ' ',
                          dir.File("metrics.txt"), " " BONGSU_PROGRAM));
  }
  TempDir dir;
};

}  // namespace

TEST_CASE("promtool: the rules are valid, each alert fires when it should and only then") {
  if (!HavePromtool()) return;
  for (const char* check :
       {"check config deploy/prometheus/prometheus.yml", "test rules tests/deploy/alerts.test.yaml",
        "test rules tests/deploy/alerts_of_days.test.yaml"}) {
    const ToolRun run = RunTool(StrCat("cd ", kRoot, " && promtool ", check));
    INFO(run.output);
    CHECK(run.exit_code == 0);
  }
}

TEST_CASE("no alert lacks cases, page or labels; rules, pages and panels name what there is") {
  const std::string python = TestPython();
  if (python.empty() || !HavePromtool()) return;
  Copy copy;
  const ToolRun run = copy.Check(python);
  INFO(run.output);
  CHECK(run.exit_code == 0);
}

TEST_CASE("what is wrong with rules, pages and panels is found") {
  const std::string python = TestPython();
  if (python.empty() || !HavePromtool()) return;
  Copy copy;
  const std::string alerts = "deploy/prometheus/alerts.rules.yaml";
  copy.Replace(alerts, "expr: bongsu_ready", "expr: bongsu_redy");
  copy.Replace(alerts, "severity: page, window: 1h", "severity: urgent, window: 1h");
  copy.Replace("tests/deploy/alerts.test.yaml", "severity: \"page\", window: \"6h\"",
               "severity: \"page\", window: \"7h\"");
  fs::remove(copy.dir.File("deploy/runbooks/BongsuDown.md"));
  copy.Replace("deploy/runbooks/BongsuRestarts.md", "`bongsu check", "`bongsu chekc");
  const std::string board = "deploy/grafana/dashboards/bongsu-overview.json";
  copy.Replace(board, "\"x\": 4,", "\"x\": 3,");
  copy.Replace(board, "sum(up{", "sum(up{{");
  const ToolRun run = copy.Check(python);
  for (const char* problem :
       {"the engine has no metric bongsu_redy", "severity is none of", "in which it fires",
        "no page deploy/runbooks/BongsuDown.md", "bongsu has no command like: bongsu chekc",
        " lies on ", "promtool: "}) {
    CHECK_THAT(run.output, Catch::Contains(problem));
  }
  CHECK(run.exit_code == 1);
}

TEST_CASE("the dashboards are those that their script writes") {
  const TempDir dir;
  const std::string committed = kRoot + "/deploy/grafana/dashboards";
  const bool refresh = std::getenv("BONGSU_REFRESH") != nullptr;
  const ToolRun made = RunTool(
      StrCat("python3 ", kRoot, "/deploy/grafana/generate ", refresh ? committed : dir.path()));
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  if (refresh) return;
  const ToolRun same = RunTool(StrCat("diff -r ", committed, ' ', dir.path()));
  INFO("run this test with BONGSU_REFRESH=1 and commit deploy/grafana/dashboards");
  INFO(same.output);
  CHECK(same.exit_code == 0);
}

TEST_CASE("every reason for a dead letter is counted from zero") {
  const std::string scrape = PrometheusMetrics("v").Serialize();
  for (size_t i = 0; i < static_cast<size_t>(RejectReason::kCount); ++i) {
    const std::string_view reason = ReasonName(static_cast<RejectReason>(i));
    CHECK_THAT(scrape,
               Catch::Contains(StrCat("bongsu_dead_letters_total{reason=\"", reason, "\"} 0")));
  }
}

}  // namespace bongsu
