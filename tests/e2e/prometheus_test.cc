// A real Prometheus with the shipped rules watches a running engine, and the shipped dashboards
// find what they show.
#include <signal.h>

#include <filesystem>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"
#include "tests/tools/external_tool.h"

namespace bongsu::e2e {
namespace {

const std::string kShipped = BONGSU_SOURCE_DIR "/deploy/prometheus";

void ReplaceAll(std::string* text, const std::string& from, const std::string& to) {
  REQUIRE(text->find(from) != std::string::npos);
  for (size_t at = 0; (at = text->find(from, at)) != std::string::npos; at += to.size()) {
    text->replace(at, from.size(), to);
  }
}

// With the shipped configuration and rules, but for the engine's port and a look every second.
std::unique_ptr<Program> StartPrometheus(const Bench& bench, uint16_t engine) {
  std::string config = ReadFile(kShipped + "/prometheus.yml");
  ReplaceAll(&config, "127.0.0.1:9470", StrCat("127.0.0.1:", engine));
  ReplaceAll(&config, "_interval: 15s", "_interval: 1s");
  ReplaceAll(&config, "*.rules.yaml", kShipped + "/*.rules.yaml");
  WriteFile(bench.File("prometheus.yml"), config);
  return std::make_unique<Program>(ProgramOptions{
      {"/usr/bin/prometheus", "--config.file=" + bench.File("prometheus.yml"),
       "--storage.tsdb.path=" + bench.File("tsdb"), "--web.listen-address=127.0.0.1:0"},
      bench.File("prometheus.log"),
      {},
      false,
      {}});
}

int PortOf(Program& prometheus) {
  const std::string words = "msg=\"Listening on\" address=127.0.0.1:";
  REQUIRE(Eventually(kPatience, [&] {
    return prometheus.Output().find("Server is ready") != std::string::npos ||
           !prometheus.Running();
  }));
  const std::string output = prometheus.Output();
  INFO(output);
  const size_t at = output.find(words);
  REQUIRE(at != std::string::npos);
  return std::stoi(output.substr(at + words.size()));
}

// The generated events, a piece at a time, with some among them that are none.
class Feed final {
 public:
  explicit Feed(Bench* bench) : bench_(*bench) {}
  void Next() {
    const auto& events = GeneratedEvents();
    std::vector<TestRecord> records;
    for (size_t i = 0; i < 3000; ++i, at_ = (at_ + 1) % events.size()) {
      records.push_back({kByKey, 0, events[at_].first, events[at_].second, {}});
    }
    records.push_back({kByKey, 0, "nobody", "no event", {}});
    REQUIRE(bench_.broker().Produce(bench_.Topic("source"), records).ok());
  }

 private:
  Bench& bench_;
  size_t at_ = 0;
};

}  // namespace

TEST_CASE("every panel of the dashboards and every rule finds something on a running engine",
          "[alone]") {
  if (RunTool("test -x /usr/bin/prometheus").exit_code != 0) {
    return SkipWithout("prometheus", "install Debian's package prometheus");
  }
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "watched");
  Setup setup = bench.NewSetup("engine");
  setup.more = kManyAlerts;
  bench.CreateTopics(setup);
  REQUIRE(broker->CreateTopic(bench.Topic("source"), kPartitions).ok());
  // Whoever subscribes to a topic that the broker does not know yet hears of it after minutes.
  REQUIRE(broker->Produce(bench.Topic("source"), {{kByKey, 0, "nobody", "no event", {}}}).ok());
  const auto engine = bench.Run(setup, "ingest,score");
  const auto prometheus = StartPrometheus(bench, OpsPort(*engine));
  const int port = PortOf(*prometheus);
  REQUIRE(engine->Signal(SIGHUP));

  const auto ask = [port] {
    return RunTool(StrCat("python3 -B " BONGSU_SOURCE_DIR "/tests/deploy/ask_prometheus.py ", port,
                          " " BONGSU_SOURCE_DIR "/deploy/grafana/dashboards"));
  };
  ToolRun asked = ask();
  CHECK_THAT(asked.output, Catch::Contains("no series"));  // Nothing has been scored.
  Feed feed(&bench);
  const bool found = Eventually(kPatience, [&] {
    feed.Next();
    asked = ask();
    return asked.exit_code == 0;
  });
  INFO(asked.output << engine->Output());
  CHECK(found);
  EndInOrder(*engine);
  EndInOrder(*prometheus);
}

}  // namespace bongsu::e2e
