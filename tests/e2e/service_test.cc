// `bongsu run` as a supervisor sees it: an orderly end, honest probes, no need to be root.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"
#include "tests/support/http_get.h"
#include "tests/tools/external_tool.h"

namespace bongsu::e2e {
namespace {

namespace fs = std::filesystem;

Setup StreamSetup(const Bench& bench) {
  Setup setup = bench.NewSetup("engine");
  setup.input = "stream.events";
  setup.sources = "sources: [{name: access, topic: stream.source}]";
  setup.commit = "{max_records: 500, interval: 20ms}";
  setup.more = kManyAlerts;
  return setup;
}

bool BecomesReady(uint16_t port) {
  return Eventually(kPatience, [&] { return HttpGet(port, "/readyz").code == 200; });
}

}  // namespace

TEST_CASE("SIGTERM in mid-run: what is in hand is committed, nothing is lost after the restart") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Stream& stream = FilledStream(broker);
  Bench bench(broker, "term");
  const Setup setup = StreamSetup(bench);
  bench.CreateTopics(setup);
  const auto records = static_cast<int64_t>(GeneratedEvents().size());
  for (int i = 0; i < 3; ++i) {
    const auto score = bench.Run(setup, "score");
    REQUIRE(Eventually(kPatience, [&] {
      return bench.Passed("term.score", "stream.events") > records * (i + 1) / 6;
    }));
    EndInOrder(*score);
    CHECK(score->Output().find("stopped") != std::string::npos);
    CHECK(bench.Passed("term.score", "stream.events") < records);
  }
  const auto score = bench.Run(setup, "score");
  bench.AwaitLagZero("term.score", "stream.events");
  EndInOrder(*score);
  CHECK((bench.Alerts("term") == stream.alerts));
  // An orderly end leaves state and position together: nothing had to be restored.
  CHECK(score->Output().find("restored") == std::string::npos);
}

TEST_CASE("the ops listener tells of work done, in metrics that promtool accepts") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  FilledStream(broker);
  Bench bench(broker, "ops");
  const Setup setup = StreamSetup(bench);
  bench.CreateTopics(setup);
  const auto score = bench.Run(setup, "score");
  const uint16_t port = OpsPort(*score);
  REQUIRE(BecomesReady(port));
  CHECK(HttpGet(port, "/healthz").code == 200);
  bench.AwaitLagZero("ops.score", "stream.events");
  const auto records = static_cast<double>(GeneratedEvents().size());
  CHECK(Eventually(seconds(5),
                   [&] { return Metric(port, "bongsu_events_scored_total") == records; }));
  CHECK(Eventually(seconds(5), [&] { return Metric(port, "bongsu_consumer_lag_events") == 0; }));
  size_t alerts = 0;
  for (const auto& partition : bench.Alerts("ops")) alerts += partition.size();
  CHECK(Metric(port, "bongsu_alerts_emitted_total") == static_cast<double>(alerts));
  CHECK(Metric(port, "bongsu_dead_letters_total") == 0);
  CHECK(Metric(port, "bongsu_event_latency_seconds_count") > 0);

  WriteFile(bench.File("metrics.txt"), HttpGet(port, "/metrics").body);
  if (RunTool("promtool --version").exit_code != 0) {
    SkipWithout("promtool", "apt-get install prometheus");
  } else {
    const ToolRun check = RunTool("promtool check metrics < " + bench.File("metrics.txt"));
    CHECK(check.output.empty());
    CHECK(check.exit_code == 0);
  }
  EndInOrder(*score);
}

TEST_CASE("a broker that is away: not ready and says why, then ready by itself") {
  const std::unique_ptr<KafkaBroker> broker = KafkaBroker::Start();
  if (broker == nullptr) return;
  Bench bench(broker.get(), "away");
  const Setup setup = bench.NewSetup("all");
  bench.CreateTopics(setup);
  REQUIRE(broker->CreateTopic("away.source", kPartitions).ok());
  const auto& events = GeneratedEvents();
  REQUIRE(broker->Produce("away.source", 0, events[0].first, events[0].second).ok());
  broker->Stop();

  const auto engine = bench.Run(setup, "ingest,score");
  const uint16_t port = OpsPort(*engine);
  const HttpAnswer away = HttpGet(port, "/readyz");
  CHECK(away.code == 503);
  CHECK(Eventually(kPatience, [&] {
    return HttpGet(port, "/readyz").body.find(broker->bootstrap()) != std::string::npos;
  }));
  CHECK(HttpGet(port, "/healthz").code == 200);
  REQUIRE(broker->Restart().ok());
  CHECK(BecomesReady(port));
  bench.AwaitLagZero("away.ingest", "away.source");

  broker->Stop();  // Again, under way.
  CHECK(Eventually(kPatience, [&] { return HttpGet(port, "/readyz").code == 503; }));
  CHECK(HttpGet(port, "/healthz").code == 200);
  REQUIRE(broker->Restart().ok());
  CHECK(BecomesReady(port));
  REQUIRE(broker->Produce("away.source", 1, events[1].first, events[1].second).ok());
  bench.AwaitLagZero("away.ingest", "away.source");
  bench.AwaitLagZero("away.score", "away.events");
  size_t arrived = 0;
  for (const TestRecord& record : bench.Read("away.events")) {
    arrived += record.value && record.value->find("\"event_id\":") != std::string::npos;
  }
  CHECK(arrived == 2);
  EndInOrder(*engine);
}

// How many threads of a process may run on one core only.
size_t PinnedThreads(pid_t pid) {
  size_t pinned = 0;
  for (const fs::directory_entry& task : fs::directory_iterator(StrCat("/proc/", pid, "/task"))) {
    for (const std::string& line : Lines(ReadFile((task.path() / "status").string()))) {
      if (line.starts_with("Cpus_allowed_list:"))
        pinned += line.find_first_of("-,") == std::string::npos;
    }
  }
  return pinned;
}

TEST_CASE("pinned are the threads that score and none that they start") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  if (std::thread::hardware_concurrency() < 2) {
    WARN("skipped: there is one core");
    return;
  }
  FilledStream(broker);
  Bench bench(broker, "pinned");
  const Setup setup = StreamSetup(bench);
  bench.CreateTopics(setup);
  Program engine({{BONGSU_PROGRAM, "run", "-c", bench.Configure(setup), "--roles", "score",
                   "--threads", "2", "--pin"},
                  bench.File("pinned.log"),
                  {},
                  false,
                  {}});
  REQUIRE(BecomesReady(OpsPort(engine)));
  bench.AwaitLagZero("pinned.score", "stream.events");
  CHECK(PinnedThreads(engine.pid()) == 2);
  EndInOrder(engine);
  CHECK((bench.Alerts("pinned") == FilledStream(broker).alerts));
}

TEST_CASE("an unknown user without home, environment or a writable directory but data_dir") {
  constexpr uid_t kUser = 12345;
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  FilledStream(broker);
  Bench bench(broker, "nobody");
  const Setup setup = StreamSetup(bench);
  bench.CreateTopics(setup);
  const std::string config = bench.Configure(setup);
  fs::permissions(fs::path(config).parent_path(), fs::perms(0755));
  fs::create_directories(bench.DataDir("engine"));
  ProgramOptions options{{BONGSU_PROGRAM, "run", "-c", config, "--roles", "score"},
                         bench.File("nobody.log"),
                         "/",
                         true,
                         {}};
  if (geteuid() == 0) {
    options.user = kUser;
    REQUIRE(chown(bench.DataDir("engine").c_str(), kUser, kUser) == 0);
  }
  Program engine(std::move(options));
  const uint16_t port = OpsPort(engine);
  CHECK(port > 1024);
  REQUIRE(BecomesReady(port));
  bench.AwaitLagZero("nobody.score", "stream.events");
  EndInOrder(engine);
  CHECK((bench.Alerts("nobody") == FilledStream(broker).alerts));
}

}  // namespace bongsu::e2e
