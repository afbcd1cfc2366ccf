// State that is gone or lies is restored from the changelog, and scoring goes on as if nothing had
// been.
#include <filesystem>
#include <fstream>
#include <functional>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

namespace fs = std::filesystem;

// Overwrites the middle of every table: what lies in the write-ahead log alone would be cut off
// there.
int Damage(const std::string& directory) {
  int damaged = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || !name.ends_with(".sst")) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(entry.file_size() / 3));
    file << "these bytes are not what was written";
    damaged += file.good();
  }
  return damaged;
}

// Scores some of the stream, ends, lets `harm` happen to the state, goes on to lag 0.
std::string ScoreWithHarm(KafkaBroker* broker, Bench& bench,
                          const std::function<void(const std::string&)>& harm) {
  Setup setup = bench.NewSetup("score");
  setup.input = "stream.events";
  setup.sources = "sources: [{name: access, topic: stream.source}]";
  setup.commit = "{max_records: 500, interval: 20ms}";
  // So little that much of it lies in tables.
  setup.more = StrCat("state: {write_buffer: 1MiB}\n", kManyAlerts);
  bench.CreateTopics(setup);
  const std::string group = bench.prefix() + ".score";
  const auto half = static_cast<int64_t>(GeneratedEvents().size() / 3);
  {
    const auto score = bench.Run(setup, "score");
    REQUIRE(Eventually(kPatience, [&] { return bench.Passed(group, "stream.events") > half; }));
    EndInOrder(*score);
  }
  REQUIRE(bench.Passed(group, "stream.events") < 2 * half);
  harm(bench.DataDir("score") + "/state");
  const auto score = bench.Run(setup, "score");
  bench.AwaitLagZero(group, "stream.events");
  EndInOrder(*score);
  CHECK((bench.Alerts(bench.prefix()) == FilledStream(broker).alerts));
  CHECK(bench.Read(bench.Topic("dead-letters")).empty());
  return score->Output();
}

}  // namespace

TEST_CASE("a wiped state directory is restored from the changelog") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  FilledStream(broker);
  Bench bench(broker, "wiped");
  const std::string output = ScoreWithHarm(
      broker, bench, [](const std::string& state) { REQUIRE(fs::remove_all(state) > 0); });
  INFO(output);
  for (int p = 0; p < kPartitions; ++p) {
    CHECK(output.find(StrCat("restored stream.events-", p, " from")) != std::string::npos);
  }
}

TEST_CASE("a corrupted state directory is set aside and restored") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  FilledStream(broker);
  Bench bench(broker, "corrupted");
  const std::string output =
      ScoreWithHarm(broker, bench, [](const std::string& state) { REQUIRE(Damage(state) > 0); });
  INFO(output);
  CHECK(output.find("is set aside and will be restored") != std::string::npos);
  CHECK(output.find("restored stream.events-") != std::string::npos);
}

}  // namespace bongsu::e2e
