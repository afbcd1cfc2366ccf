#include "engine/pipeline/event_time.h"

#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

Timestamp At(Duration d) {
  return Timestamp(d);
}

const SourceTimings kTimings = {{"live", {10min, 5min}}, {"nightly", {12h, 5min}}};

TEST_CASE("an event behind its source's lateness is late") {
  EventTime time(kTimings);
  CHECK_FALSE(time.OnEvent("live", At(10h)));
  CHECK(time.watermark() == At(10h - 10min));
  CHECK_FALSE(time.OnEvent("live", At(10h - 10min)));
  CHECK(time.OnEvent("live", At(10h - 11min)));
  CHECK(time.now() == At(10h));
}

TEST_CASE("the slowest active source holds the watermark; one that is idle does not") {
  EventTime time(kTimings);
  time.OnEvent("nightly", At(20h));
  time.OnEvent("live", At(20h));
  CHECK(time.watermark() == At(8h));
  time.OnTick(At(20h + 4min));
  CHECK(time.watermark() == At(8h));
  time.OnEvent("live", At(20h + 6min));
  CHECK(time.watermark() == At(20h - 4min));
  CHECK(time.OnEvent("nightly", At(19h)));  // Back again: it is late, and nothing goes back.
  CHECK(time.watermark() == At(20h - 4min));
  CHECK(time.now() == At(20h + 6min));
}

TEST_CASE("a restart after any event changes nothing") {
  MemoryKeyValueStore database;
  const auto store = MakeStateStore(database, "");
  EventTime calm(kTimings);
  auto restarted = std::make_unique<EventTime>(kTimings);
  SplitMix64 random(1);
  Duration at = 24h;
  for (int i = 0; i < 400; ++i) {
    at += Duration(static_cast<int64_t>(random.Below(200'000'000)));
    const Timestamp when = At(at - (random.Below(5) == 0 ? 30min : 0min));
    const std::string_view source = random.Below(3) == 0   ? "nightly"
                                    : random.Below(2) == 0 ? "live"
                                                           : "new";
    if (random.Below(10) == 0) {
      calm.OnTick(when);
      restarted->OnTick(when);
    } else {
      REQUIRE(calm.OnEvent(source, when) == restarted->OnEvent(source, when));
    }
    restarted->Save(*store);
    restarted = std::make_unique<EventTime>(kTimings);
    REQUIRE(restarted->Load(*store).ok());
    REQUIRE(restarted->now() == calm.now());
    REQUIRE(restarted->watermark() == calm.watermark());
  }
  store->Put("time/live", "odd");
  CHECK(restarted->Load(*store).code() == Code::kCorrupt);
}

}  // namespace
}  // namespace bongsu
