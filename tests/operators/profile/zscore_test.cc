#include "operators/profile/zscore.h"

#include <catch2/catch.hpp>

#include "operators/profile/sum.h"
#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

const std::string kRowsVsSelf =
    "- {name: rows_vs_self, zscore: {sum: rows, where: {action: EXPORT}, window: 1d}, "
    "baseline: 30d}";

// A month of working days with about a thousand rows each.
void Work(PipelineHarness* run) {
  for (int day = 0; day < 30; ++day) {
    if (day % 7 < 5) run->Send(Export("ann", "crm", 900 + 10 * day).At(kMonday + day * 24h + 3h));
  }
}

TEST_CASE("an export of ten times the usual is far above the person's normal") {
  PipelineHarness run({ZScoreSpec()}, kRowsVsSelf);
  Work(&run);
  const Outcome usual = run.Send(Export("ann", "crm", 1000).At(kMonday + 31 * 24h));
  CHECK(usual.feature("rows_vs_self") < 0);
  CHECK(usual.feature("rows_vs_self") > -1);
  CHECK(std::isnan(usual.normals.at("rows_vs_self").usual));
  const Outcome strange = run.Send(Export("ann", "crm", 9000).At(kMonday + 31 * 24h + 1h));
  CHECK(strange.feature("rows_vs_self_value") == 10000);
  CHECK(strange.feature("rows_vs_self") > 4);
  const Normal normal = strange.normals.at("rows_vs_self");
  CHECK(normal.usual > 950);
  CHECK(normal.usual < 1250);
  CHECK(normal.high > normal.usual);
  CHECK(normal.high < 3000);
}

TEST_CASE("nothing is said of a person who is not known yet") {
  PipelineHarness run({ZScoreSpec()}, kRowsVsSelf);
  for (int day = 0; day < 5; ++day) {
    const auto event = Export("ann", "crm", 10).At(kMonday + day * 24h);
    CHECK(std::isnan(run.Send(event).feature("rows_vs_self")));
  }
  CHECK(run.Send(Export("ann", "crm", 10).At(kMonday + 5 * 24h)).feature("rows_vs_self") < 1);
}

TEST_CASE("what is well below the scale is next to nothing") {
  const auto z = [](const std::string& scale) {
    PipelineHarness run({ZScoreSpec()},
                        "- {name: z, zscore: {sum: rows, window: 1d}" + scale + "}");
    for (int day = 0; day < 20; ++day) run.Send(Export("ann", "crm", 2).At(kMonday + day * 24h));
    return run.Send(Export("ann", "crm", 60).At(kMonday + 30 * 24h));
  };
  CHECK(z("").feature("z") > 5);
  CHECK(z(", scale: 1000").feature("z") < 1);
  CHECK(z(", scale: 1000").normals.at("z").usual == Approx(2).epsilon(0.01));
}

TEST_CASE("a holiday is not a normal day of nothing") {
  PipelineHarness run({ZScoreSpec()}, kRowsVsSelf), rested({ZScoreSpec()}, kRowsVsSelf);
  Work(&run);
  Work(&rested);
  const auto now = [](PipelineHarness* person, Duration after) {
    return person->Send(Export("ann", "crm", 1000).At(kMonday + 31 * 24h + after));
  };
  CHECK(std::abs(now(&run, 0h).feature("rows_vs_self")) < 1);
  CHECK(std::abs(now(&rested, 21 * 24h).feature("rows_vs_self")) < 1);
}

TEST_CASE("an event of a day that has passed is compared and teaches nothing") {
  PipelineHarness run({ZScoreSpec()}, kRowsVsSelf);
  Work(&run);
  run.Send(Login("ann").At(kMonday + 31 * 24h));
  const std::string before = run.MemoryOf("ann");
  const Outcome late = run.Send(Export("ann", "crm", 1e6).At(kMonday + 29 * 24h).Late());
  CHECK_FALSE(std::isnan(late.feature("rows_vs_self")));
  const std::string after = run.MemoryOf("ann");
  CHECK(before.substr(before.size() - 24) == after.substr(after.size() - 24));
}

TEST_CASE("an earlier feature can be compared by name") {
  PipelineHarness run({SumSpec(), ZScoreSpec()},
                      "- {name: exported_rows, sum: rows, where: {action: EXPORT}, window: 1d, "
                      "label: rows exported in a day}\n"
                      "- {name: by_name, zscore: exported_rows}\n" +
                          kRowsVsSelf);
  CHECK(run.schema().features()[1].of == 0);
  CHECK(run.schema().features()[1].label == "rows exported in a day");
  Work(&run);
  const Outcome end = run.Send(Export("ann", "crm", 5000).At(kMonday + 31 * 24h));
  CHECK(end.feature("by_name") == end.feature("rows_vs_self"));
  CHECK(end.feature("by_name") > 2);
}

TEST_CASE("where the number has no value there is no score, and nothing is learned") {
  PipelineHarness run({ZScoreSpec()},
                      "- {name: z, zscore: {ratio: {of: {result: FAIL}, to: {action: LOGIN}}, "
                      "window: 1h}}");
  for (int day = 0; day < 9; ++day) {
    CHECK(std::isnan(run.Send(View("ann", "crm").At(kMonday + day * 24h)).feature("z")));
  }
  CHECK(std::isnan(run.Send(Login("ann").At(kMonday + 9 * 24h)).feature("z")));
}

constexpr Duration kPeriod = 6h, kFade = 3 * 24h;
constexpr double kCap = 1.5;

struct Expectation {
  double mean = 0, deviation = 0;
  size_t periods = 0;
};

// Mean and deviation of the finished periods' levels, from the list, as of period `now`.
Expectation Of(const std::vector<std::pair<int64_t, double>>& finished, int64_t now) {
  Expectation out;
  double weight = 0, square = 0;
  const auto left = [&](int64_t then) {
    return std::exp2(-ToSeconds((now - then) * kPeriod) / ToSeconds(kFade));
  };
  for (const auto& [then, level] : finished) weight += left(then), out.mean += left(then) * level;
  if (weight > 0) out.mean /= weight;
  for (const auto& [then, level] : finished) square += left(then) * std::pow(level - out.mean, 2);
  out.deviation = std::sqrt((square + 3) / (weight + 3) + 0.01);
  out.periods = finished.size();
  return out;
}

TEST_CASE("zscore agrees with the list of all periods, whatever the lateness") {
  CHECK(Holds([] {
    const auto events = *Streams({.pace = 1h, .pause = 30h, .lateness = 9h});
    PipelineHarness run({ZScoreSpec()},
                        "- {name: z, zscore: {sum: rows, window: 8h}, period: 6h, baseline: 3d, "
                        "cap: 1.5}");
    std::vector<std::pair<int64_t, double>> finished;  // Period and level, cut.
    int64_t current = 0;
    double peak = 0;
    for (const RandomEvent& event : events) {
      const Outcome outcome = run.Send(event.Build());
      const double level = std::log(1 + outcome.feature("z_value"));
      const int64_t period = event.time.time_since_epoch() / kPeriod;
      if (period > current && current > 0) {
        const Expectation before = Of(finished, current);
        const bool cut = before.periods >= 5;
        const double most = before.mean + kCap * before.deviation;
        finished.emplace_back(current, cut ? std::min(peak, most) : peak);
      }
      if (period > current) current = period, peak = level;
      if (period == current) peak = std::max(peak, level);
      const Expectation now = Of(finished, current);
      const double z = outcome.feature("z");
      RC_ASSERT(std::isnan(z) == (now.periods < 5));
      if (std::isnan(z)) continue;
      RC_ASSERT(Near(z, (level - now.mean) / now.deviation, 1e-3));
      const Normal normal = outcome.normals.at("z");
      RC_ASSERT(std::isnan(normal.usual) == (z <= 0));
      if (z > 0) RC_ASSERT(Near(normal.usual, std::exp(now.mean) - 1, 1e-3));
    }
  }));
}

TEST_CASE("zscore takes 24 bytes a person besides its number, and 4 for each period of the lag") {
  CHECK(PipelineHarness({ZScoreSpec()}, kRowsVsSelf).StateBytes() == 264 + 24);
  CHECK(PipelineHarness({ZScoreSpec()},
                        "- {name: z, zscore: {sum: rows, window: 1d}, baseline: 30d, lag: 14}")
            .StateBytes() == 264 + 24 + 14 * 4);
}

TEST_CASE("slow collection stands out against the time before it, not against itself") {
  const auto z = [](const std::string& options) {
    PipelineHarness run({ZScoreSpec()},
                        "- {name: z, zscore: {distinct: resource_id, window: 14d}" + options + "}");
    Outcome outcome;
    for (int day = 0; day < 60; ++day) {
      const int resources = day < 45 ? 5 : 5 + 4 * (day - 44);
      for (int i = 0; i < resources; ++i) {
        outcome = run.Send(View("ann", "r" + std::to_string(i)).At(kMonday + day * 24h));
      }
    }
    return outcome.feature("z");
  };
  CHECK(z(", lag: 14") > 5);
  CHECK(z(", lag: 14") > 1.4 * z(""));
}

TEST_CASE("a baseline of something else is not continued") {
  const auto identity = [](const std::string& number) {
    const PipelineHarness run({ZScoreSpec()}, "- {name: z, zscore: " + number + "}");
    return run.schema().slots().back().identity;
  };
  CHECK(identity("{sum: rows, window: 1d}") != identity("{sum: bytes, window: 1d}"));
  CHECK(identity("{sum: rows, window: 1d}") != identity("{sum: rows, window: 2d}"));
  CHECK(identity("{sum: rows, window: 1d}") ==
        identity("{sum: rows, window: 1d, label: rows exported}"));
  CHECK(identity("{sum: rows, window: 1d}") != identity("{sum: rows, window: 1d}, lag: 2"));
}

TEST_CASE("an inline number is a feature of its own, in the same words") {
  const PipelineHarness run({ZScoreSpec()},
                            "- {name: z, zscore: {sum: rows, window: 1d}, label: rows exported, "
                            "label_ko: 내보낸 행}");
  const auto& features = run.schema().features();
  REQUIRE(features.size() == 2);
  CHECK(features[0].name == "z_value");
  CHECK(features[0].unit == "rows");
  CHECK(features[0].label == "rows exported");
  CHECK(features[1].of == 0);
  CHECK(features[1].unit == "deviations");
  CHECK(features[1].label_ko == "내보낸 행");
}

TEST_CASE("what cannot be compared is said where it stands") {
  const auto problems = [](const std::string& number) {
    return PipelineHarness::ProblemsOf({ZScoreSpec()}, "- {name: z, zscore: " + number + "}");
  };
  CHECK_THAT(problems("{peak: rows}"),
             Catch::Contains("test.yaml:1:21: [0].zscore: expected the name of a feature or an "
                             "aggregate (count, sum, "));
  CHECK_THAT(problems("{sum: rows, windw: 1d}"),
             Catch::Contains("[0].zscore.windw: unknown key; did you mean \"window\"?"));
  CHECK(problems("exported") ==
        "test.yaml:1:21: [0].zscore: expected the name of a declared feature, got \"exported\"\n");
  CHECK(problems("{sum: rows, window: 1d, name: x}") ==
        "test.yaml:1:51: [0].zscore.name: the number is called <name>_value after its feature; "
        "remove this name\n");
}

}  // namespace
}  // namespace bongsu
