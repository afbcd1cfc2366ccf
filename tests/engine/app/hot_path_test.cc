// What an event costs that alerts nobody: no memory.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "engine/app/engine_config.h"
#include "engine/app/score_version.h"
#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/pipeline/score_shard.h"
#include "engine/telemetry/metrics.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

// The sanitizers bring an operator new of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {
thread_local int64_t allocations = 0;
}

void* operator new(size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace bongsu {
namespace {

std::unique_ptr<ScoreShard> MakeShard(const std::string& file, Metrics& metrics,
                                      const Clock& clock) {
  Problems problems;
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    return name == "BENCH_THRESHOLD" ? std::optional<std::string>("100") : std::nullopt;
  };
  const Result<EngineConfig> config =
      LoadEngineConfig(StrCat(BONGSU_SOURCE_DIR, "/", file), variable, &problems);
  INFO(problems.Format());
  REQUIRE(config.ok());
  Result<ScoreParts> parts = MakeScoreParts(*config);
  REQUIRE(parts.ok());
  parts->store = MakeStateStore(std::make_unique<MemoryKeyValueStore>());
  ScoreShardOptions options;
  options.from = {"bank.events", 0};
  options.topics = Topics("bank");
  options.dedup_window = 4096;
  options.cached_people = 1000;
  options.timings = config->timings;
  auto shard = ScoreShard::Make(options, *std::move(parts), {}, metrics, clock);
  REQUIRE(shard.ok());
  return *std::move(shard);
}

std::string EventOf(int number, SplitMix64* random) {
  const char* const actions[] = {"LOGIN", "VIEW", "EXPORT"};
  return StrCat("{\"event_id\":\"87b341d6-90d7-428a-9be6-", number,
                "\",\"time\":", 1772377200000 + int64_t{number} * 1000,
                ",\"user_id\":\"someone-of-the-branch-", random->Below(100), "\",\"action\":\"",
                actions[random->Below(3)],
                "\",\"result\":\"SUCCESS\",\"source\":\"db\",\"resource_id\":\"table-",
                random->Below(300), "\",\"sensitivity\":", random->Below(10),
                ",\"rows\":", random->Below(100), ",\"bytes\":", random->Below(10000),
                ",\"attributes\":{\"new_device\":false,\"channel\":\"DLP\"}}");
}

TEST_CASE("an event of somebody known that alerts nobody allocates nothing") {
  PrometheusMetrics metrics("test");
  const SystemClock clock;
  const std::string file = GENERATE("benchmarks/peers.yaml", "deploy/config/bongsu.yaml");
  const auto shard = MakeShard(file, metrics, clock);
  SplitMix64 random(1);
  constexpr int kWarm = 30000, kEvents = 5000;
  int free_of_it = 0, alerting = 0;
  for (int number = 0; number < kWarm + kEvents; ++number) {
    const std::string json = EventOf(number, &random), origin = StrCat("db:0:", number, ":0");
    const Header header{kOriginHeader, origin};
    Record record;
    record.offset = number;
    record.key = "someone";
    record.value = json;
    record.headers = {&header, 1};
    const size_t published = shard->bytes();
    const int64_t before = allocations;
    const Status status = shard->Process(record);
    const int64_t spent = allocations - before;
    REQUIRE(status.ok());
    if (number < kWarm) continue;
    alerting += shard->bytes() != published;
    free_of_it += spent == 0;
  }
  CHECK(alerting < kEvents / 100);
  // Now and then a buffer doubles, or the trees are grown anew.
  CHECK(free_of_it > kEvents * 98 / 100);
}

}  // namespace
}  // namespace bongsu

#endif
