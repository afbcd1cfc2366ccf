#include "engine/pipeline/stage_times.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "engine/pipeline/score_shard.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

using Part = StageTimes::Part;

// Goes on by a microsecond whenever somebody looks at it.
class TickingClock final : public Clock {
 public:
  Timestamp Now() const override { return Timestamp(Duration(++looks)); }
  void SleepFor(Duration) const override {}
  mutable int64_t looks = 0;
};

void OneEvent(StageTimes* times, bool whole = true) {
  times->Begin();
  times->Enter(Part::kDecode);
  times->Enter(Stage::kProfile);
  times->Enter(Stage::kProfile);
  times->Enter(Part::kLearn);
  if (whole) times->End();
}

TEST_CASE("one event in 64 is followed, each of its parts counted once; the others read no clock") {
  TickingClock clock;
  StageTimes times(clock);
  for (uint32_t i = 1; i < StageTimes::kEvery; ++i) OneEvent(&times);
  CHECK(clock.looks == 0);
  OneEvent(&times);
  CHECK(clock.looks == 5);
  TestMetrics metrics;
  times.Publish(metrics);
  times.Publish(metrics);
  for (const char* stage : {"decode", "profile", "learn"})
    CHECK(metrics[std::string("stage_duration_seconds{stage=") + stage + "}"] == 1);
  CHECK(metrics["stage_duration_seconds{stage=detect}"] == 0);
}

TEST_CASE("an event that breaks off is not counted") {
  TickingClock clock;
  StageTimes times(clock);
  for (uint32_t i = 1; i < 2 * StageTimes::kEvery; ++i) OneEvent(&times, false);
  OneEvent(&times);
  TestMetrics metrics;
  times.Publish(metrics);
  CHECK(metrics["stage_duration_seconds{stage=learn}"] == 1);
}

TEST_CASE("the events of a score worker are followed through all of their parts") {
  TestMetrics metrics;
  TickingClock clock;
  MemoryKeyValueStore disk;
  ScoreParts parts = MakeParts();
  parts.store = MakeStateStore(disk, "");
  ScoreShardOptions options;
  options.from = {"bongsu.events", 0};
  auto shard = ScoreShard::Make(options, std::move(parts), {}, metrics, clock);
  REQUIRE(shard.ok());
  for (int i = 0; i < 130; ++i) {
    const std::string line = StrCat(i, " ann VIEW ", i);
    Record record;
    record.offset = i;
    record.value = line;
    REQUIRE((*shard)->Process(record).ok());
  }
  (*shard)->Publish();
  for (const char* stage : {"decode", "timers", "state", "profile", "learn", "emit"}) {
    CAPTURE(stage);
    CHECK(metrics[StrCat("stage_duration_seconds{stage=", stage, "}")] == 2);
  }
}

}  // namespace
}  // namespace bongsu
