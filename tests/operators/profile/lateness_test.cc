// What lateness changes. In the end nothing, for what is a sum over the events of a window, a
// greatest value or a set: then memory is a function of the events and of the newest step, not of
// their order, because a late event finds the step it belongs to as long as the window holds it.
// That is count, sum, mean, max, ratio, and distinct up to 64 values, all in windows; and
// time_since, once a newer match has come. Decayed kinds and rarity add in another order: equal up
// to rounding. first_seen keeps first and last sights: equal while no value has given way and no
// pause is longer than `within`. zscore is not: a day that has passed is not reopened.
#include <catch2/catch.hpp>

#include "operators/profile/count.h"
#include "operators/profile/distinct.h"
#include "operators/profile/first_seen.h"
#include "operators/profile/max.h"
#include "operators/profile/mean.h"
#include "operators/profile/rarity.h"
#include "operators/profile/ratio.h"
#include "operators/profile/sum.h"
#include "operators/profile/time_since.h"
#include "operators/profile/zscore.h"
#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

const std::vector<OperatorSpec>& Kinds() {
  static const std::vector<OperatorSpec> kinds = {
      CountSpec(),    SumSpec(),       MeanSpec(),      MaxSpec(),    RatioSpec(),
      DistinctSpec(), TimeSinceSpec(), FirstSeenSpec(), RaritySpec(), ZScoreSpec()};
  return kinds;
}

const std::string kExact =
    "- {name: count, count: {result: FAIL}, window: 1d}\n"
    "- {name: sum, sum: rows, window: 1d}\n"
    "- {name: mean, mean: rows, window: 5h}\n"
    "- {name: max, max: rows, window: 1d}\n"
    "- {name: ratio, ratio: {of: {action: LOGIN}, to: {}}, window: 2h}\n"
    "- {name: distinct, distinct: resource_id, window: 1d}\n"
    "- {name: time_since, time_since: {action: EXPORT}}\n"
    "- {name: first_seen, first_seen: country, within: 90d, learning: 6h}\n";
const std::string kRounded =
    "- {name: faded_count, count: {}, half_life: 6h}\n"
    "- {name: faded_sum, sum: rows, half_life: 6h}\n"
    "- {name: faded_mean, mean: rows, half_life: 6h}\n"
    "- {name: faded_ratio, ratio: {of: {action: LOGIN}, to: {}}, half_life: 6h}\n"
    "- {name: rarity, rarity: country, half_life: 2d}\n";

// In the order in which they arrive when exports arrive `late`.
std::vector<RandomEvent> Delayed(std::vector<RandomEvent> events, Duration late) {
  const auto arrival = [&](const RandomEvent& e) { return e.login ? e.time : e.time + late; };
  std::stable_sort(events.begin(), events.end(), [&](const RandomEvent& a, const RandomEvent& b) {
    return arrival(a) < arrival(b);
  });
  return events;
}

// What an export and a log-in, some time after all of `events`, are told.
std::vector<Outcome> After(PipelineHarness* run, const std::vector<RandomEvent>& events) {
  for (const RandomEvent& event : events) run->Send(event.Build());
  Timestamp newest = kMonday;
  for (const RandomEvent& event : events) newest = std::max(newest, event.time);
  std::vector<Outcome> outcomes;
  for (const Duration pause : {Duration(0), Duration(20min), Duration(12h)}) {
    outcomes.push_back(run->Send(Login("ann").With("country", "C0").At(newest + pause)));
    outcomes.push_back(run->Send(Export("ann", "r1", 8).With("country", "C1").At(newest + pause)));
  }
  return outcomes;
}

TEST_CASE("a source that comes nine hours late changes nothing in the end") {
  const auto [yaml, tolerance] =
      GENERATE(table<std::string, double>({{kExact, 0.0}, {kRounded, 1e-4}}));
  const auto holds = [&yaml = yaml, &tolerance = tolerance] {
    const auto events = *Streams({.pace = 20min, .pause = 5h, .resources = 30});
    PipelineHarness in_order(Kinds(), yaml), late(Kinds(), yaml);
    const auto expected = After(&in_order, events);
    const auto outcomes = After(&late, Delayed(events, 9h));
    for (size_t i = 0; i < outcomes.size(); ++i) {
      for (const auto& [name, value] : outcomes[i].features) {
        RC_ASSERT(Near(value, expected[i].feature(name), tolerance));
      }
    }
  };
  CHECK(Holds(holds));
}

TEST_CASE("a baseline alone remembers that an export came nine hours late") {
  const std::string yaml =
      "- {name: z, zscore: {sum: rows, window: 1d}, learning: 1, baseline: 30d}";
  const auto z = [&](bool late) {
    PipelineHarness run(Kinds(), yaml);
    const auto export_at_night = Export("ann", "crm", 500).At(kMonday + 23h);
    const auto login = Login("ann").At(kMonday + 26h);
    run.Send(late ? login : export_at_night);
    run.Send(late ? export_at_night : login);
    return run.Send(Login("ann").At(kMonday + 50h));
  };
  CHECK(z(true).feature("z_value") == z(false).feature("z_value"));
  CHECK(z(true).feature("z") != z(false).feature("z"));
}

TEST_CASE("nine minutes late lands in its own step") {
  const auto [feature, with, without] = GENERATE(table<std::string, double, double>(
      {{"count: {action: EXPORT}", 2, 1},
       {"sum: rows", 12, 4},
       {"mean: rows", 6, 4},
       {"max: rows", 8, 4},
       {"ratio: {of: {resource_id: late}, to: {action: EXPORT}}", 0.5, 0},
       {"distinct: resource_id", 2, 1}}));
  CAPTURE(feature);
  PipelineHarness run(Kinds(), "- {name: f, " + feature + ", window: 32m}");
  run.Send(Export("ann", "now", 4).At(kMonday + 9min + 30s));
  CHECK(run.Send(Export("ann", "late", 8).At(kMonday + 30s).Late()).feature("f") == with);
  CHECK(run.Send(Login("ann").At(kMonday + 31min + 59s)).feature("f") == with);
  CHECK(run.Send(Login("ann").At(kMonday + 32min)).feature("f") == without);
}

}  // namespace
}  // namespace bongsu
