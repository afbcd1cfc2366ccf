// Crashes in mid-run lose nothing, double nothing and change nothing.
#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

// Two processes of one group; each kill takes one of them, which then starts again at once.
class Pair {
 public:
  Pair(Bench& bench, std::string roles, const std::vector<Setup>& setups)
      : bench_(bench), roles_(std::move(roles)), setups_(setups) {
    for (const Setup& setup : setups_) programs_.push_back(bench_.Run(setup, roles_));
  }
  void KillAndRestart(size_t which) {
    REQUIRE(programs_[which]->Kill());
    programs_[which] = bench_.Run(setups_[which], roles_);
  }
  void End() {
    for (const auto& program : programs_) EndInOrder(*program);
  }
  std::string Output() const {
    return programs_[0]->Output() + "\n----\n" + programs_[1]->Output();
  }

 private:
  Bench& bench_;
  const std::string roles_;
  const std::vector<Setup> setups_;
  std::vector<std::unique_ptr<Program>> programs_;
};

// Kills at `times` random moments, spread over the run: each after a further share of the records
// has been passed, and up to 40 ms later.
void KillOnTheWay(Bench& bench, Pair& pair, const std::string& group, const std::string& topic,
                  int64_t records, int times) {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::minstd_rand random(seed);
  for (int i = 0; i < times; ++i) {
    const auto share = static_cast<int64_t>(random() % 1000);
    const int64_t goal = records * (i * 1000 + share) / (1000 * (times + 1));
    INFO(pair.Output());
    REQUIRE(Eventually(kPatience, [&] { return bench.Passed(group, topic) > goal; }));
    std::this_thread::sleep_for(milliseconds(random() % 40));
    REQUIRE(bench.Passed(group, topic) < records);  // In mid-run indeed.
    pair.KillAndRestart(static_cast<size_t>(i % 2));
  }
}

std::vector<Setup> TwoOf(const Bench& bench) {
  std::vector<Setup> setups;
  for (const char* name : {"one", "two"}) {
    Setup setup = bench.NewSetup(name);
    setup.commit = "{max_records: 400, interval: 20ms}";  // Many commits to crash between.
    setups.push_back(std::move(setup));
  }
  return setups;
}

}  // namespace

TEST_CASE("two scorers killed in mid-run, again and again: the alerts are those of a clean run") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const Stream& stream = FilledStream(broker);
  Bench bench(broker, "killscore");
  std::vector<Setup> setups = TwoOf(bench);
  for (Setup& setup : setups) {
    setup.input = "stream.events";
    setup.sources = "sources: [{name: access, topic: stream.source}]";
    setup.more = kManyAlerts;
  }
  bench.CreateTopics(setups[0]);
  Pair pair(bench, "score", setups);
  const auto records = static_cast<int64_t>(GeneratedEvents().size());
  KillOnTheWay(bench, pair, "killscore.score", "stream.events", records, 8);
  bench.AwaitLagZero("killscore.score", "stream.events");
  INFO(pair.Output());
  pair.End();
  CHECK((bench.Alerts("killscore") == stream.alerts));
  CHECK(bench.Read("killscore.dead-letters").empty());
}

TEST_CASE("two ingesters killed in mid-run: every record is an event, once") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  FilledStream(broker);  // Its source topic is read again here.
  Bench bench(broker, "killingest");
  std::vector<Setup> setups = TwoOf(bench);
  for (Setup& setup : setups) setup.sources = "sources: [{name: access, topic: stream.source}]";
  bench.CreateTopics(setups[0]);
  Pair pair(bench, "ingest", setups);
  const auto records = static_cast<int64_t>(GeneratedEvents().size());
  KillOnTheWay(bench, pair, "killingest.ingest", "stream.source", records, 6);
  bench.AwaitLagZero("killingest.ingest", "stream.source");
  INFO(pair.Output());
  pair.End();

  std::multiset<std::string> origins;
  for (const TestRecord& record : bench.Read("killingest.events")) {
    for (const auto& [name, value] : record.headers) {
      if (name == "origin") origins.insert(value);
    }
  }
  const std::set<std::string> once(origins.begin(), origins.end());
  CHECK(origins.size() == static_cast<size_t>(records));
  CHECK(once.size() == static_cast<size_t>(records));
  CHECK(bench.Read("killingest.dead-letters").empty());
}

}  // namespace bongsu::e2e
