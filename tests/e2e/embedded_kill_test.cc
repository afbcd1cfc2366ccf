// The engine without a broker, killed again and again: what its database holds in the end is what a
// clean run leaves there.
#include <signal.h>

#include <algorithm>
#include <random>
#include <thread>

#include "engine/base/strings.h"
#include "engine/core/topics.h"
#include "engine/io/embedded/embedded_log.h"
#include "state/rocksdb/rocksdb_store.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

constexpr int kKills = 6;

Setup FileSetup(const std::string& name, const std::string& file) {
  Setup setup;
  setup.name = name;
  setup.sources = "sources: [{name: access, files: [\"" + file + "\"]}]";
  setup.commit = "{max_records: 400, interval: 20ms}";
  setup.more = kManyAlerts;
  return setup;
}

std::unique_ptr<Program> RunToEnd(Bench& bench, const Setup& setup) {
  return std::make_unique<Program>(
      ProgramOptions{{BONGSU_PROGRAM, "run", "-c", bench.Configure(setup), "--exit-at-end"},
                     bench.File(setup.name + ".log"),
                     {},
                     false,
                     {}});
}

void AwaitEnd(Program& program) {
  const std::optional<int> code = program.Wait(kPatience);
  INFO(program.Output());
  REQUIRE(code == 0);
}

// The values of an embedded topic, partition by partition.
Values ReadEmbedded(const std::string& data_dir, const std::string& topic, bool trim) {
  RocksDbFactory factory;
  const Result<std::unique_ptr<KeyValueStore>> store = factory.Open(data_dir + "/embedded");
  INFO(store.status().message());
  REQUIRE(store.ok());
  const SystemClock clock;
  const auto log = EmbeddedLog::Make(**store, {{topic, kPartitions, trim}}, clock);
  REQUIRE(log.ok());
  Values values(kPartitions);
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    const auto reader = (*log)->NewReader({topic, partition}, 0);
    REQUIRE(reader.ok());
    const auto batch = (*reader)->NewBatch();
    for (bool at_end = false; !at_end;) {
      batch->Clear();
      REQUIRE((*reader)->Poll(seconds(1), batch.get(), &at_end).ok());
      for (const Record& record : batch->records()) {
        values[static_cast<size_t>(partition)].emplace_back(record.value);
      }
    }
  }
  return values;
}

size_t Count(const Values& values) {
  size_t count = 0;
  for (const auto& partition : values) count += partition.size();
  return count;
}

}  // namespace

TEST_CASE("embedded: killed at random moments, the alerts are those of a clean run") {
  Bench bench(nullptr, "embedded");
  std::string text;
  for (const auto& [user, line] : GeneratedEvents()) text += line + "\n";
  WriteFile(bench.File("events.jsonl"), text);

  const Setup clean = FileSetup("clean", bench.File("events.jsonl"));
  const auto began = std::chrono::steady_clock::now();
  AwaitEnd(*RunToEnd(bench, clean));
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  const Values expected = ReadEmbedded(bench.DataDir("clean"), "bongsu.alerts", false);
  REQUIRE(Count(expected) > 100);

  const Setup killed = FileSetup("killed", bench.File("events.jsonl"));
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::minstd_rand random(seed);
  for (int i = 0; i < kKills; ++i) {
    const auto program = RunToEnd(bench, killed);
    // Short enough that all of them together end before the input does.
    std::this_thread::sleep_for(took * (20 + static_cast<int>(random() % 100)) / 1000);
    REQUIRE(program->Kill());
  }
  AwaitEnd(*RunToEnd(bench, killed));
  const Values alerts = ReadEmbedded(bench.DataDir("killed"), "bongsu.alerts", false);
  CHECK((alerts == expected));
  CHECK(Count(ReadEmbedded(bench.DataDir("killed"), "bongsu.dead-letters", false)) == 0);
}

}  // namespace bongsu::e2e
