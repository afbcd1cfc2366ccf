#include "operators/profile/ratio.h"

#include <catch2/catch.hpp>

#include "operators/enrich/calendar.h"
#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Relating(const std::string& span) {
  return PipelineHarness(
      {RatioSpec()},
      "- {name: r, ratio: {of: {action: LOGIN, result: FAIL}, to: {action: LOGIN}}, " + span + "}");
}

double Of(const RandomEvent& event) {
  return event.login && event.failed ? 1 : 0;
}
double To(const RandomEvent& event) {
  return event.login ? 1 : 0;
}

TEST_CASE("ratio has no value until there is something to relate to") {
  auto run = Relating(GENERATE("window: 1h", "half_life: 1h"));
  CHECK(std::isnan(run.Send(View("ann", "db")).feature("r")));
  CHECK(run.Send(Login("ann")).feature("r") == 0);
  CHECK(run.Send(LoginFailed("ann")).feature("r") == 0.5);
}

TEST_CASE("a smoothed ratio begins at nothing and needs many events to be sure") {
  auto run = Relating(GENERATE("window: 1h, smooth: 3", "half_life: 1h, smooth: 3"));
  CHECK(run.Send(View("ann", "db")).feature("r") == 0);
  CHECK(run.Send(LoginFailed("ann")).feature("r") == 0.25);
  for (int i = 0; i < 26; ++i) run.Send(LoginFailed("ann"));
  CHECK(run.Send(LoginFailed("ann")).feature("r") > 0.9);
}

TEST_CASE("off_hours_login_ratio counts log-ins outside the calendar's office hours") {
  PipelineHarness run(
      {CalendarSpec(), RatioSpec()},
      "- calendar: {}\n"
      "- {name: off_hours_login_ratio, ratio: {of: {action: LOGIN, off_hours: true}, "
      "to: {action: LOGIN}}, window: 30d}");
  const auto ratio = [&](const char* time) {
    return run.Send(Login("ann").At(time)).feature("off_hours_login_ratio");
  };
  CHECK(ratio("2026-03-02T09:00:00+09:00") == 0);
  CHECK(ratio("2026-03-02T17:59:59+09:00") == 0);
  CHECK(ratio("2026-03-02T23:00:00+09:00") == Approx(1.0 / 3));
  CHECK(ratio("2026-03-07T12:00:00+09:00") == 0.5);
}

TEST_CASE("windowed ratios agree with counting again from the start") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Relating("window: 1h");
    for (size_t i = 0; i < events.size(); ++i) {
      double of = 0, to = 0;
      for (const RandomEvent& event : InWindow(events, i + 1, 1h)) {
        of += Of(event);
        to += To(event);
      }
      const double value = run.Send(events[i].Build()).feature("r");
      if (to == 0) {
        RC_ASSERT(std::isnan(value));
      } else {
        RC_ASSERT(value == of / to);
      }
    }
  }));
}

TEST_CASE("decayed ratios agree with adding up again from the start") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Relating("half_life: 30m");
    for (size_t i = 0; i < events.size(); ++i) {
      const double value = run.Send(events[i].Build()).feature("r");
      // Only the quotient is seen, so both may be taken at the time of the newest `to`.
      const double to = Faded(events, i + 1, 30min, To);
      if (to == 0) continue;
      double of = 0;
      Timestamp now = events[i].time;
      for (size_t k = 0; k <= i; ++k) {
        if (To(events[k]) != 0) now = std::max(now, events[k].time);
      }
      for (size_t k = 0; k <= i; ++k) {
        of += Of(events[k]) * std::exp2(-ToSeconds(now - events[k].time) / 1800);
      }
      RC_ASSERT(value == Approx(of / to));
    }
  }));
}

TEST_CASE("a long silence does not break a decayed ratio") {
  auto run = Relating("half_life: 1s");
  run.Send(LoginFailed("ann").At("2020-01-01T00:00:00Z"));
  const Outcome later = run.Send(Login("ann").At("2026-01-01T00:00:00Z"));
  CHECK(later.feature("r") == 0);
}

TEST_CASE("ratio takes 264 bytes a person in a window and 24 decayed") {
  CHECK(Relating("window: 1h").StateBytes() == 264);
  CHECK(Relating("half_life: 1h").StateBytes() == 24);
}

TEST_CASE("ratio wants both of its parts") {
  CHECK(PipelineHarness::ProblemsOf({RatioSpec()}, "- {name: r, ratio: {of: {}}, window: 1h}") ==
        "test.yaml:1:20: [0].ratio: missing \"to\": The events below the line; {} is all.\n");
  CHECK(PipelineHarness::ProblemsOf(
            {RatioSpec()}, "- {name: r, ratio: {of: {off_hours: true}, to: {}}, window: 1h}") ==
        "test.yaml:1:26: [0].ratio.of.off_hours: expected a field of the access event or "
        "attributes.<name>, got \"off_hours\"\n");
}

}  // namespace
}  // namespace bongsu
