#include "operators/profile/mean.h"

#include <catch2/catch.hpp>

#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Averaging(const std::string& rest) {
  return PipelineHarness({MeanSpec()},
                         "- {name: m, mean: rows, where: {action: EXPORT}, " + rest + "}");
}

TEST_CASE("mean is of the matching events that have the field") {
  auto run = Averaging(GENERATE("window: 1d", "half_life: 1d"));
  CHECK(std::isnan(run.Send(Login("ann").With("rows", 5.0)).feature("m")));
  CHECK(run.Send(Export("ann", "crm", 100)).feature("m") == 100);
  CHECK(run.Send(Export("ann", "crm", 0)).feature("m") == 50);
  CHECK(run.Send(Export("ann", "crm", 7).Without("rows")).feature("m") == 50);
  CHECK(run.Send(Export("ann", "crm", 7).With("rows", "nan")).feature("m") == 50);
}

TEST_CASE("what leaves the window leaves the mean; an old half weighs less") {
  auto window = Averaging("window: 32m"), fading = Averaging("half_life: 1h");
  window.Send(Export("ann", "crm", 100).At(kMonday));
  CHECK(std::isnan(window.Send(Login("ann").At(kMonday + 32min)).feature("m")));
  fading.Send(Export("ann", "crm", 100).At(kMonday));
  const auto later = Export("ann", "crm", 10).At(kMonday + 1h);
  CHECK(fading.Send(later).feature("m") == Approx((50 + 10) / 1.5));
}

bool Counts(const RandomEvent& event) {
  return !event.login && !std::isnan(event.rows);
}

TEST_CASE("windowed means agree with averaging again from the start, whatever the lateness") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Averaging("window: 1h");
    for (size_t i = 0; i < events.size(); ++i) {
      double sum = 0, count = 0;
      for (const RandomEvent& event : InWindow(events, i + 1, 1h)) {
        if (Counts(event)) sum += event.rows, count += 1;
      }
      const double value = run.Send(events[i].Build()).feature("m");
      RC_ASSERT(Same(value, count == 0 ? kNone : sum / count));
    }
  }));
}

TEST_CASE("decayed means agree with averaging again from the start, whatever the lateness") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Averaging("half_life: 30m");
    for (size_t i = 0; i < events.size(); ++i) {
      double sum = 0, count = 0;
      for (size_t k = 0; k <= i; ++k) {
        if (!Counts(events[k])) continue;
        const double left = std::exp2(-ToSeconds(events[i].time - events[k].time) / 1800);
        sum += left * events[k].rows;
        count += left;
      }
      const double value = run.Send(events[i].Build()).feature("m");
      RC_ASSERT(Near(value, count == 0 ? kNone : sum / count));
    }
  }));
}

TEST_CASE("mean takes 400 bytes a person in a window and 24 decayed") {
  CHECK(Averaging("window: 1h").StateBytes() == 400);
  CHECK(Averaging("half_life: 1h").StateBytes() == 24);
}

TEST_CASE("a mean has the unit of what it averages, and only numbers have one") {
  const PipelineHarness run = Averaging("window: 1h");
  CHECK(run.schema().features()[0].unit == "rows");
  CHECK(run.schema().features()[0].description ==
        "Mean of rows where action is EXPORT, in the last 1h.");
  CHECK_THAT(PipelineHarness::ProblemsOf({MeanSpec()}, "- {name: m, mean: country, window: 1h}"),
             Catch::StartsWith("test.yaml:1:19: [0].mean: expected a field that is a number"));
}

}  // namespace
}  // namespace bongsu
