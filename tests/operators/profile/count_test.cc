#include "operators/profile/count.h"

#include <catch2/catch.hpp>

#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Counting(const std::string& span) {
  return PipelineHarness({CountSpec()},
                         "- {name: n, count: {action: LOGIN, result: FAIL}, " + span + "}");
}

bool Matches(const RandomEvent& event) {
  return event.login && event.failed;
}

TEST_CASE("count counts what matches, the current event included") {
  auto run = Counting("window: 1h");
  CHECK(run.Send(Login("ann")).feature("n") == 0);
  CHECK(run.Send(LoginFailed("ann")).feature("n") == 1);
  CHECK(run.Send(LoginFailed("ann")).feature("n") == 2);
  CHECK(run.Send(View("ann", "db")).feature("n") == 2);
  CHECK(run.Send(LoginFailed("bob")).feature("n") == 1);
}

TEST_CASE("count forgets what has left the window") {
  auto run = Counting("window: 32m");  // Steps of a minute.
  run.Send(LoginFailed("ann").At("2026-03-02T00:00:59Z"));
  CHECK(run.Send(Login("ann").At("2026-03-02T00:31:59Z")).feature("n") == 1);
  CHECK(run.Send(Login("ann").At("2026-03-02T00:32:00Z")).feature("n") == 0);
}

TEST_CASE("a late event counts in its own step, or not at all once that has left") {
  auto run = Counting("window: 32m");
  run.Send(LoginFailed("ann").At("2026-03-02T01:00:00Z"));
  CHECK(run.Send(LoginFailed("ann").At("2026-03-02T00:29:00Z").Late()).feature("n") == 2);
  CHECK(run.Send(LoginFailed("ann").At("2026-03-02T00:28:59Z").Late()).feature("n") == 2);
  CHECK(run.Send(Login("ann").At("2026-03-02T01:01:00Z")).feature("n") == 1);
}

TEST_CASE("a decayed count halves every half-life, and a late event as if it had come in time") {
  auto run = Counting("half_life: 1h");
  run.Send(LoginFailed("ann").At("2026-03-02T00:00:00Z"));
  CHECK(run.Send(Login("ann").At("2026-03-02T01:00:00Z")).feature("n") == Approx(0.5));
  CHECK(run.Send(LoginFailed("ann").At("2026-03-02T02:00:00Z")).feature("n") == Approx(1.25));
  CHECK(run.Send(LoginFailed("ann").At("2026-03-02T01:00:00Z")).feature("n") == Approx(1.75));
}

TEST_CASE("windowed counts agree with counting again from the start") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Counting("window: 1h");
    for (size_t i = 0; i < events.size(); ++i) {
      const auto seen = InWindow(events, i + 1, 1h);
      RC_ASSERT(run.Send(events[i].Build()).feature("n") ==
                static_cast<double>(std::count_if(seen.begin(), seen.end(), Matches)));
    }
  }));
}

TEST_CASE("decayed counts agree with adding up again from the start") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Counting("half_life: 30m");
    for (size_t i = 0; i < events.size(); ++i) {
      RC_ASSERT(
          run.Send(events[i].Build()).feature("n") ==
          Approx(Faded(events, i + 1, 30min, [](const auto& e) { return Matches(e) ? 1.0 : 0; })));
    }
  }));
}

TEST_CASE("the order of events does not change what a window holds in the end") {
  CHECK(Holds([] {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    const auto events = *Streams({.pace = 2min, .pause = 1h, .lateness = 30min});
    auto one = Counting("window: 1h"), other = Counting("window: 1h");
    for (const RandomEvent& event : events) one.Send(event.Build());
    for (const RandomEvent& event : Shuffled(events, seed)) other.Send(event.Build());
    RC_ASSERT(one.MemoryOf("ann") == other.MemoryOf("ann"));
  }));
}

TEST_CASE("count takes 136 bytes a person in a window and 16 decayed") {
  CHECK(Counting("window: 1h").StateBytes() == 136);
  CHECK(Counting("half_life: 1h").StateBytes() == 16);
}

TEST_CASE("count says where and how it was written wrongly") {
  const auto problems = [](const std::string& yaml) {
    return PipelineHarness::ProblemsOf({CountSpec()}, yaml);
  };
  CHECK(problems("- {name: n, count: {action: LOGIN}}") ==
        "test.yaml:1:3: [0]: expected window or half_life, got neither; add one such as "
        "\"window: 1d\" or \"half_life: 6h\"\n");
  CHECK(problems("- {name: n, count: {}, window: 1h, half_life: 1h}") ==
        "test.yaml:1:3: [0]: expected window or half_life, got both; remove one of them\n");
  CHECK(problems("- {name: Bad-Name, count: {}, window: 1h}") ==
        "test.yaml:1:10: [0].name: expected a name of up to 64 of a-z, 0-9 and _, a letter first, "
        "got \"Bad-Name\"\n");
  CHECK(problems("- {name: n, count: {}, window: 1h}\n- {name: n, count: {}, window: 2h}") ==
        "test.yaml:2:10: [1].name: feature \"n\" is declared twice; rename one of them\n");
  CHECK(problems("- {name: n, count: {actoin: LOGIN}, window: 1h}") ==
        "test.yaml:1:21: [0].count.actoin: expected a field of the access event or "
        "attributes.<name>, got \"actoin\"; did you mean \"action\"?\n");
  CHECK(problems("- {name: n, count: {}, window: 10ms}") ==
        "test.yaml:1:32: [0].window: expected a duration of at least 1s and at most 3660d, got "
        "\"10ms\"\n");
}

TEST_CASE("what a slot means is in its identity") {
  const auto identity = [](const std::string& yaml) {
    return PipelineHarness({CountSpec()}, yaml).schema().slots().at(0).identity;
  };
  const std::string base =
      identity("- {name: n, count: {action: [A, B], result: FAIL}, window: 1h}");
  CHECK(base == "n count/1 window=1h of={action=\"A\",\"B\";result=\"FAIL\";}");
  CHECK(identity("- {count: {result: FAIL, action: [B, A]}, window: 60m, name: n}") == base);
  CHECK(identity("- {name: n, count: {action: [A, C], result: FAIL}, window: 1h}") != base);
  CHECK(identity("- {name: n, count: {action: [A, B], result: FAIL}, window: 2h}") != base);
  CHECK(identity("- {name: n, count: {action: [A, B], result: FAIL}, half_life: 1h}") != base);
  CHECK(identity("- {name: m, count: {action: [A, B], result: FAIL}, window: 1h}") != base);
}

}  // namespace
}  // namespace bongsu
