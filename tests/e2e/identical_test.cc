// Replay equals live: the same bongsu.events give the same alerts, byte for byte.
#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

// Scores the filled stream into a prefix of its own, to lag 0.
Values Score(KafkaBroker* broker, const std::string& prefix, const std::string& commit,
             const std::string& more) {
  Bench bench(broker, prefix);
  Setup setup = bench.NewSetup("score");
  setup.input = "stream.events";
  setup.sources = "sources: [{name: access, topic: stream.source}]";
  setup.commit = commit;
  setup.more = std::string(kManyAlerts) + more;
  bench.CreateTopics(setup);
  const auto score = bench.Run(setup, "score");
  bench.AwaitLagZero(prefix + ".score", "stream.events");
  EndInOrder(*score);
  CHECK(bench.Read(prefix + ".dead-letters").empty());
  return bench.Alerts(prefix);
}

}  // namespace

TEST_CASE("another group, instance, batch size and cache give the same alerts, byte for byte") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Stream& stream = FilledStream(broker);
  size_t alerts = 0;
  for (const auto& partition : stream.alerts) alerts += partition.size();
  REQUIRE(alerts > 100);
  CHECK(stream.dead_letters == 0);

  const Values large = Score(broker, "large", "{max_records: 20000, interval: 2s}", "");
  CHECK((large == stream.alerts));
  // A handful of cached people, so that nearly every profile comes from RocksDB.
  const Values small = Score(broker, "small", "{max_records: 331, interval: 7ms, min_interval: 0s}",
                             "state: {profiles: 3}\n");
  CHECK((small == stream.alerts));
}

TEST_CASE("a setting that changes results changes the alerts: the comparison can fail") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Stream& stream = FilledStream(broker);
  Bench bench(broker, "otherwise");
  Setup setup = bench.NewSetup("replay");
  setup.input = "stream.events";
  setup.more = "seed: 2\n" + std::string(kManyAlerts);
  const ProgramResult replay =
      bench.Do({"replay", "--from-topic", "--alerts", bench.File("alerts.jsonl")}, setup);
  INFO(replay.output);
  REQUIRE(replay.exit_code == 0);
  CHECK_FALSE((ReadReplayedAlerts(bench.File("alerts.jsonl")) == stream.alerts));
}

}  // namespace bongsu::e2e
