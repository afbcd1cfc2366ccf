// Two processes, each ready for the loss of the other: one is killed, and the other goes on from
// its copies, reading no more than the tail of the changelog.
#include <algorithm>
#include <regex>
#include <thread>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

// Copies events of the shared stream, in their order, into a topic of this case.
void CopyEvents(KafkaBroker* broker, const std::vector<TestRecord>& events, size_t begin,
                size_t end, const std::string& topic) {
  const std::vector<TestRecord> part(events.begin() + static_cast<std::ptrdiff_t>(begin),
                                     events.begin() + static_cast<std::ptrdiff_t>(end));
  REQUIRE(broker->Produce(topic, part).ok());
}

// The records that "restored …" lines tell of.
int Restored(const std::string& log) {
  static const std::regex kLine("restored \\S+ from (\\d+) changelog records");
  int sum = 0;
  for (std::sregex_iterator it(log.begin(), log.end(), kLine), none; it != none; ++it)
    sum += std::stoi((*it)[1]);
  return sum;
}

}  // namespace

TEST_CASE("a warm standby takes over from its copies") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "standby");
  const std::vector<TestRecord> events = bench.Read(FilledStream(broker).events);
  const size_t most = events.size() / 2;
  std::vector<Setup> setups;
  for (const char* name : {"one", "two"}) {
    Setup setup = bench.NewSetup(name);
    setup.sources = "sources: [{name: access, topic: stream.source}]";
    setup.more = StrCat("standby: 1\ncommit: {max_records: 2000}\n", kManyAlerts);
    setups.push_back(setup);
  }
  bench.CreateTopics(setups[0]);
  const std::string topic = bench.Topic("events"), group = bench.prefix() + ".score";
  const auto one = bench.Run(setups[0], "score"), two = bench.Run(setups[1], "score");
  const uint16_t port = OpsPort(*two);
  REQUIRE(Eventually(kPatience, [&] { return Metric(port, "bongsu_standby_partitions") == 2; }));
  CopyEvents(broker, events, 0, most, topic);
  bench.AwaitLagZero(group, topic);
  const auto changelog = static_cast<int>(bench.Read(bench.Topic("changelog")).size());
  REQUIRE(changelog > 2000);
  // The copies follow within a second or so: their disks say where they stand.
  std::this_thread::sleep_for(seconds(2));
  const int before = Restored(two->Output());
  REQUIRE(one->Kill());
  CopyEvents(broker, events, most, most + 2000, topic);
  bench.AwaitLagZero(group, topic);
  INFO(two->Output());
  CHECK(Restored(two->Output()) - before < changelog / 10);
  EndInOrder(*two);
  const ProgramResult replay =
      bench.Do({"replay", "--from-topic", "--alerts", bench.File("alerts.jsonl")}, setups[0]);
  INFO(replay.output);
  REQUIRE(replay.exit_code == 0);
  CHECK((bench.Alerts("standby") == ReadReplayedAlerts(bench.File("alerts.jsonl"))));
}

TEST_CASE(
    "at least once: alerts come again after kills, with the same ids and bytes, none is missing") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Stream& stream = FilledStream(broker);
  Bench bench(broker, "atleast");
  Setup setup = bench.NewSetup("score");
  setup.input = stream.events;
  setup.sources = "sources: [{name: access, topic: stream.source}]";
  setup.commit = "{max_records: 2000, interval: 300ms}";
  setup.more = StrCat("delivery: at_least_once\n", kManyAlerts);
  bench.CreateTopics(setup);
  const std::string group = bench.prefix() + ".score";
  const auto records = static_cast<int64_t>(GeneratedEvents().size());
  auto score = bench.Run(setup, "score");
  for (int kill = 1; kill <= 3; ++kill) {
    REQUIRE(Eventually(kPatience,
                       [&] { return bench.Passed(group, stream.events) > records * kill / 5; }));
    REQUIRE(score->Kill());
    score = bench.Run(setup, "score");
  }
  bench.AwaitLagZero(group, stream.events);
  EndInOrder(*score);
  Values folded = bench.Alerts("atleast");
  for (auto& values : folded) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }
  Values expected = stream.alerts;
  for (auto& values : expected) std::sort(values.begin(), values.end());
  CHECK((folded == expected));
}

}  // namespace bongsu::e2e
