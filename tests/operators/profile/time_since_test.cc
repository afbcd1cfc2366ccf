#include "operators/profile/time_since.h"

#include <catch2/catch.hpp>

#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Waiting() {
  return PipelineHarness({TimeSinceSpec()}, "- {name: pause, time_since: {action: LOGIN}}");
}

TEST_CASE("time_since measures to the match before, never to the event itself") {
  auto run = Waiting();
  CHECK(std::isnan(run.Send(Login("ann").At("2026-03-02T00:00:00Z")).feature("pause")));
  CHECK(run.Send(View("ann", "db").At("2026-03-02T00:00:01.5Z")).feature("pause") == 1.5);
  CHECK(run.Send(Login("ann").At("2026-03-02T01:00:00Z")).feature("pause") == 3600);
  CHECK(run.Send(Login("ann").At("2026-03-02T01:00:00Z")).feature("pause") == 0);
  CHECK(std::isnan(run.Send(Login("bob").At("2026-03-02T01:00:00Z")).feature("pause")));
}

TEST_CASE("a late event has no value and moves nothing back") {
  auto run = Waiting();
  run.Send(Login("ann").At("2026-03-02T01:00:00Z"));
  CHECK(std::isnan(run.Send(Login("ann").At("2026-03-02T00:30:00Z").Late()).feature("pause")));
  CHECK(run.Send(View("ann", "db").At("2026-03-02T01:00:10Z")).feature("pause") == 10);
}

TEST_CASE("time_since agrees with looking back over all events") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 10min});
    auto run = Waiting();
    for (size_t i = 0; i < events.size(); ++i) {
      Timestamp newest = Timestamp::min();
      for (size_t k = 0; k < i; ++k) {
        if (events[k].login) newest = std::max(newest, events[k].time);
      }
      const double value = run.Send(events[i].Build()).feature("pause");
      if (newest == Timestamp::min() || newest > events[i].time) {
        RC_ASSERT(std::isnan(value));
      } else {
        RC_ASSERT(value == Approx(ToSeconds(events[i].time - newest)));
      }
    }
  }));
}

TEST_CASE("time_since takes 8 bytes a person") {
  CHECK(Waiting().StateBytes() == 8);
}

TEST_CASE("time_since has no window") {
  CHECK(PipelineHarness::ProblemsOf({TimeSinceSpec()}, "- {name: p, time_since: {}, window: 1h}") ==
        "test.yaml:1:29: [0].window: unknown key; known here: name, time_since, description, "
        "label, label_ko\n");
}

}  // namespace
}  // namespace bongsu
