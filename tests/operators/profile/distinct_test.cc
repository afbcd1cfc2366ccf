#include "operators/profile/distinct.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Distinct(const std::string& window) {
  return PipelineHarness({DistinctSpec()},
                         "- {name: d, distinct: resource_id, window: " + window + "}");
}

TEST_CASE("distinct counts a value once, and events without the field not at all") {
  auto run = Distinct("1d");
  CHECK(run.Send(Login("ann")).feature("d") == 0);
  CHECK(run.Send(View("ann", "crm")).feature("d") == 1);
  CHECK(run.Send(View("ann", "crm")).feature("d") == 1);
  CHECK(run.Send(View("ann", "hr")).feature("d") == 2);
  CHECK(run.Send(View("bob", "hr")).feature("d") == 1);
}

TEST_CASE("a value stays as long as its last sight is in the window") {
  auto run = Distinct("32m");
  run.Send(View("ann", "crm").At("2026-03-02T00:00:00Z"));
  run.Send(View("ann", "hr").At("2026-03-02T00:01:00Z"));
  run.Send(View("ann", "crm").At("2026-03-02T00:20:00Z"));
  run.Send(View("ann", "crm").At("2026-03-02T00:10:00Z").Late());  // Changes nothing.
  CHECK(run.Send(Login("ann").At("2026-03-02T00:32:59Z")).feature("d") == 2);
  CHECK(run.Send(Login("ann").At("2026-03-02T00:33:00Z")).feature("d") == 1);
  CHECK(run.Send(Login("ann").At("2026-03-02T00:51:59Z")).feature("d") == 1);
  CHECK(run.Send(Login("ann").At("2026-03-02T00:52:00Z")).feature("d") == 0);
}

TEST_CASE("up to 64 values distinct agrees with a set, whatever the lateness") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Distinct("2h");
    for (size_t i = 0; i < events.size(); ++i) {
      std::set<int> values;
      for (const RandomEvent& event : InWindow(events, i + 1, 2h)) {
        if (!event.login) values.insert(event.resource);
      }
      RC_ASSERT(run.Send(events[i].Build()).feature("d") == static_cast<double>(values.size()));
    }
  }));
}

TEST_CASE("the order of events does not change how many values there are") {
  const uint64_t seed = GENERATE(range(1, 5));
  CAPTURE(seed);
  const int values = GENERATE(64, 1000);  // Exact and estimated.
  std::vector<RandomEvent> events;
  for (int i = 0; i < values; ++i) {
    RandomEvent event;
    event.time = kMonday + i * 1s;
    event.resource = i;
    events.push_back(event);
  }
  auto one = Distinct("1d"), other = Distinct("1d");
  for (const RandomEvent& event : events) one.Send(event.Build());
  for (const RandomEvent& event : Shuffled(events, seed)) other.Send(event.Build());
  const Outcome end = one.Send(Login("ann").At(kMonday + 1h));
  CHECK(end.feature("d") == other.Send(Login("ann").At(kMonday + 1h)).feature("d"));
  if (values == 64) CHECK(end.feature("d") == 64);
}

TEST_CASE("distinct takes 352 bytes a person, and 1,024 more beyond 64 values") {
  auto run = Distinct("1d");
  CHECK(run.StateBytes() == 352);
  CHECK(run.RestBytes() == 1024);
  for (int i = 0; i < 64; ++i) run.Send(View("ann", "r" + std::to_string(i)));
  CHECK(run.MemoryOf("ann").size() == 352);
  run.Send(View("ann", "another"));
  CHECK(run.MemoryOf("ann").size() == 352 + 1024);
}

TEST_CASE("distinct needs a window and a known field") {
  const auto problems = [](const std::string& yaml) {
    return PipelineHarness::ProblemsOf({DistinctSpec()}, yaml);
  };
  CHECK(problems("- {name: d, distinct: resource_id}") ==
        "test.yaml:1:3: [0]: missing \"window\": How far back, such as 1h or 30d.\n");
  CHECK(problems("- {name: d, distinct: colour, window: 1d}") ==
        "test.yaml:1:23: [0].distinct: expected a field of the access event or attributes.<name>, "
        "got \"colour\"\n");
}

}  // namespace
}  // namespace bongsu
