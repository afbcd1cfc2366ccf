#include "engine/telemetry/metrics.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <set>
#include <thread>

#include "engine/base/strings.h"
#include "engine/telemetry/process_stats.h"
#include "tests/support/temp_dir.h"
#include "tests/tools/external_tool.h"

using namespace bongsu;

namespace {

bool Has(const std::string& scrape, const std::string& line) {
  return ("\n" + scrape).find("\n" + line + "\n") != std::string::npos;
}

// True when `what` ends the process. Runs it in a child.
bool Dies(const std::function<void()>& what) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
    what();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

// One series of every family, as the spec names its labels (at most three).
void Populate(PrometheusMetrics* metrics) {
  const auto add = [metrics](const MetricSpec& spec, Metrics::Labels labels) {
    if (spec.kind == MetricKind::kCounter) metrics->GetCounter(spec.name, labels).Add(1);
    if (spec.kind == MetricKind::kGauge) metrics->GetGauge(spec.name, labels).Set(1.5);
    if (spec.kind == MetricKind::kHistogram) metrics->GetHistogram(spec.name, labels).Observe(0.02);
  };
  const std::string_view odd = "a \"quoted\\ value\n";
  for (const MetricSpec& spec : MetricTable()) {
    const auto& l = spec.labels;
    if (l.empty()) add(spec, {});
    if (l.size() == 1) add(spec, {{l[0], odd}});
    if (l.size() == 2) add(spec, {{l[0], odd}, {l[1], "b"}});
    if (l.size() == 3) add(spec, {{l[0], odd}, {l[1], "b"}, {l[2], "c"}});
  }
}

}  // namespace

TEST_CASE("counters, gauges and histograms appear in the scrape") {
  PrometheusMetrics metrics("1.2.3");
  metrics.GetCounter("dead_letters_total", {{"reason", "json"}}).Add(2);
  metrics.GetCounter("dead_letters_total", {{"reason", "json"}}).Add(3);
  metrics.GetGauge("consumer_lag_events", {{"partition", "1"}, {"topic", "t"}}).Set(7);
  metrics.GetHistogram("commit_duration_seconds").Observe(0.003);
  const std::string scrape = metrics.Serialize();
  CHECK(Has(scrape, "bongsu_dead_letters_total{reason=\"json\"} 5"));
  CHECK(Has(scrape, "bongsu_consumer_lag_events{partition=\"1\",topic=\"t\"} 7"));
  CHECK(Has(scrape, "bongsu_commit_duration_seconds_bucket{le=\"0.0025\"} 0"));
  CHECK(Has(scrape, "bongsu_commit_duration_seconds_bucket{le=\"0.005\"} 1"));
  CHECK(Has(scrape, "bongsu_events_scored_total 0"));
  CHECK(scrape.find("version=\"1.2.3\"") != std::string::npos);
}

TEST_CASE("many observations at once are the same as one by one") {
  PrometheusMetrics one("v"), many("v");
  std::vector<double> counts(many.GetHistogram("user_risk_score").buckets().size() + 1);
  double sum = 0;
  for (const double value : {5.0, 10.0, 10.5, 99.0, 1000.0}) {
    one.GetHistogram("user_risk_score").Observe(value);
    const auto buckets = many.GetHistogram("user_risk_score").buckets();
    const auto at = std::lower_bound(buckets.begin(), buckets.end(), value) - buckets.begin();
    ++counts[static_cast<size_t>(at)];
    sum += value;
  }
  many.GetHistogram("user_risk_score").ObserveMany(counts, sum);
  const auto part = [](const std::string& scrape) {
    const size_t from = scrape.find("# HELP bongsu_user_risk_score");
    return scrape.substr(from, scrape.find("# HELP", from + 1) - from);
  };
  CHECK(part(one.Serialize()) == part(many.Serialize()));
}

TEST_CASE("a gauge set to NaN is left out until it is set again") {
  PrometheusMetrics metrics("v");
  auto& gauge = metrics.GetGauge("state_size_bytes", {{"partition", "3"}});
  gauge.Set(9);
  gauge.Set(std::numeric_limits<double>::quiet_NaN());
  CHECK(metrics.Serialize().find("state_size_bytes") == std::string::npos);
  gauge.Set(4);
  CHECK(Has(metrics.Serialize(), "bongsu_state_size_bytes{partition=\"3\"} 4"));
}

TEST_CASE("what can be counted is there from the start, what nobody has looked at is not") {
  const std::string scrape = PrometheusMetrics("v").Serialize();
  CHECK(Has(scrape, "bongsu_commits_total{outcome=\"fenced\"} 0"));
  CHECK(Has(scrape, "bongsu_dead_letters_total{reason=\"operator\"} 0"));
  CHECK(Has(scrape, "bongsu_state_set_aside_total 0"));
  CHECK(scrape.find("bongsu_state_writable") == std::string::npos);
  CHECK(scrape.find("bongsu_config_last_reload_successful") == std::string::npos);
}

TEST_CASE("what the table does not have is a broken promise") {
  PrometheusMetrics metrics("v");
  CHECK_FALSE(Dies([&] { metrics.GetCounter("events_late_total").Add(1); }));
  CHECK(Dies([&] { metrics.GetCounter("events_lost_total"); }));
  CHECK(Dies([&] { metrics.GetGauge("events_late_total"); }));
  CHECK(Dies([&] { metrics.GetCounter("dead_letters_total"); }));
  CHECK(Dies([&] { metrics.GetCounter("dead_letters_total", {{"user", "kim"}}); }));
  CHECK(Dies([&] { metrics.GetCounter("events_late_total").Add(-1); }));
  CHECK(Dies([&] { metrics.GetHistogram("user_risk_score").ObserveMany({}, 0); }));
}

TEST_CASE("threads may add and scrape at the same time, and nothing is lost") {
  PrometheusMetrics metrics("v");
  std::atomic<size_t> scraped = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics, &scraped, t] {
      for (int i = 0; i < 200; ++i) {
        metrics.GetCounter("events_scored_total").Add(1);
        metrics.GetCounter("rebalances_total", {{"kind", StrCat("k", i % 5)}}).Add(1);
        metrics.GetHistogram("stage_duration_seconds", {{"stage", "score"}}).Observe(1e-6 * i);
        metrics.GetGauge("state_size_bytes", {{"partition", StrCat(t)}}).Set(i);
        if (i % 50 == 0) scraped += metrics.Serialize().size();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(scraped > 0);
  const std::string scrape = metrics.Serialize();
  CHECK(Has(scrape, "bongsu_events_scored_total 800"));
  CHECK(Has(scrape, "bongsu_rebalances_total{kind=\"k4\"} 160"));
  CHECK(Has(scrape, "bongsu_stage_duration_seconds_count{stage=\"score\"} 800"));
}

TEST_CASE("process metrics say what the kernel says") {
  const ProcessStats before = ReadProcessStats();
  CHECK(before.resident_bytes > 100'000);
  CHECK(before.cpu_seconds >= 0);
  CHECK(before.start_time_seconds > 1.6e9);
  CHECK(before.max_fds > 0);
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/dev/null", "r"), std::fclose);
  CHECK(ReadProcessStats().open_fds == before.open_fds + 1);
  CHECK(std::isnan(ReadProcessStats("/nowhere").resident_bytes));
}

TEST_CASE("the limit of memory is the least of the control groups around, else the machine's") {
  const TempDir dir;
  namespace fs = std::filesystem;
  const auto write = [&dir](const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(dir.File(path)).parent_path());
    std::ofstream(dir.File(path)) << text;
  };
  const auto limit = [&dir] {
    return ReadProcessStats(dir.File("proc"), dir.File("groups")).memory_limit_bytes;
  };
  CHECK(std::isnan(limit()));
  write("proc/meminfo", "MemFree: 1 kB\nMemTotal:       4000 kB\n");
  write("proc/self/cgroup", "1:name=systemd:/old\n0::/bank/engine\n");
  CHECK(limit() == 4'096'000);
  write("groups/bank/engine/memory.max", "max\n");
  CHECK(limit() == 4'096'000);
  write("groups/bank/memory.max", "2000000\n");
  CHECK(limit() == 2'000'000);
  write("groups/memory.max", "1000000\n");
  CHECK(limit() == 1'000'000);
  write("groups/bank/engine/memory.max", "500000\n");
  CHECK(limit() == 500'000);
}

TEST_CASE("promtool has nothing to say about a scrape with every family") {
  PrometheusMetrics metrics("1.2.3");
  Populate(&metrics);
  const std::string scrape = metrics.Serialize();
  for (const MetricSpec& spec : MetricTable()) {
    CHECK(scrape.find(StrCat("# TYPE bongsu_", spec.name, ' ')) != std::string::npos);
  }
  if (RunTool("command -v promtool").exit_code != 0) {
    return SkipWithout("promtool", "install Debian's package prometheus");
  }
  const TempDir dir;
  std::ofstream(dir.File("scrape.txt")) << scrape;
  const ToolRun run = RunTool("promtool check metrics < " + dir.File("scrape.txt"));
  CHECK(run.output == "");
  CHECK(run.exit_code == 0);
  std::ofstream(dir.File("bad.txt")) << "# TYPE bongsu_bad_ms counter\nbongsu_bad_ms 1\n";
  CHECK(RunTool("promtool check metrics < " + dir.File("bad.txt")).exit_code != 0);
}
