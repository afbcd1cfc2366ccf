#include "operators/detect/half_space_trees.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "engine/base/random.h"
#include "tests/operators/detect/ordinary.h"
#include "tests/support/operator_harness.h"
#include "tests/support/planted.h"

namespace bongsu {
namespace {

std::vector<OperatorSpec> Specs() {
  return {ObserveSpec(), PlantedSpec(), HalfSpaceTreesSpec(), JudgeSpec()};
}

std::string Pipeline(const std::string& options) {
  return "- {name: volume, observe: rows, unit: points}\n"
         "- {name: spread, observe: duration_ms, unit: ratio}\n"
         "- half_space_trees: {name: behaviour, features: [volume, spread]" +
         options + "}\n- judge: {}\n";
}

size_t Learned(const PipelineHarness& run, std::string_view model) {
  // By the size of the snapshot: each vector of the open window takes 16 bytes.
  for (const auto& entry : run.schema().models()) {
    if (entry.name == model) return entry.model->Save().size();
  }
  FAIL("no model " << model);
  return 0;
}

TEST_CASE("a hundred times the usual is among the strangest events ever seen") {
  PipelineHarness run(Specs(), Pipeline(""));
  Teach(&run, 3000);
  const Finding finding = FindingOf(&run, Moved(10000, 1));
  // One in 2,751 is 68.8 points, if nothing else scored as high; ten times rarer is 20 more.
  CHECK(finding.risk > 75);
  CHECK(finding.risk <= 20 * std::log10(27510.0) + 1e-6);
  CHECK(finding.raw > 0.3);
  CHECK(finding.maturity == Approx(0.275).margin(0.001));
}

TEST_CASE("ordinary events get the risk that their rarity says") {
  PipelineHarness run(Specs(), Pipeline(""));
  SplitMix64 random(3);
  Teach(&run, 1000);
  int over_20 = 0, over_40 = 0;
  for (int i = 0; i < 5000; ++i) {
    const double risk = FindingOf(&run, Ordinary(&random)).risk;
    over_20 += risk >= 20;
    over_40 += risk >= 40;
  }
  CHECK(over_20 == Approx(500).epsilon(0.35));
  CHECK(over_40 == Approx(50).epsilon(0.7));
}

TEST_CASE("until its first window is full it has no opinion, and says so") {
  PipelineHarness run(Specs(), Pipeline(""));
  CHECK(FindingOf(&run, Moved(1e9, 50)).risk == 0);
  Teach(&run, 248);
  const Finding finding = FindingOf(&run, Moved(1e9, 50));
  CHECK(finding.risk == 0);
  CHECK(finding.maturity == 0);
}

TEST_CASE("its reasons name the feature that is off") {
  PipelineHarness run(Specs(), Pipeline(""));
  Teach(&run, 600);
  const Outcome outcome = run.Send(Moved(1e6, 1));
  REQUIRE(outcome.shares.size() == 2);
  CHECK(outcome.shares[0].first == "volume");
  CHECK(outcome.shares[0].second > 0.5);
  CHECK(outcome.shares[0].second + outcome.shares[1].second == Approx(1));
}

TEST_CASE("a feature without a value does not stop it") {
  PipelineHarness run(Specs(), Pipeline(""));
  Teach(&run, 600);
  const Finding finding = FindingOf(&run, EventBuilder("ann", "EXPORT").With("rows", 100.0));
  CHECK(std::isfinite(finding.risk));
  CHECK(finding.risk < 40);
}

// A second detector plants the verdict, so that what is learned can be told from what is scored.
constexpr std::string_view kPlantedRisk = "- planted: {name: rule, field: bytes}\n";

size_t LearnedOf(int events, double planted_risk, const std::string& options) {
  PipelineHarness run(Specs(), std::string(kPlantedRisk) + Pipeline(", window: 10000" + options));
  const size_t empty = Learned(run, "behaviour.trees");
  SplitMix64 random(1);
  for (int i = 0; i < events; ++i) run.Send(Ordinary(&random).With("bytes", planted_risk));
  return (Learned(run, "behaviour.trees") - empty) / 16;
}

TEST_CASE("what it learns of risky events is what the options say") {
  CHECK(LearnedOf(200, 50, "") == 200);
  CHECK(LearnedOf(200, 95, ", learn: all") == 200);
  CHECK(LearnedOf(200, 95, ", learn_cap: 0") == 0);
  CHECK(LearnedOf(200, 79.9, ", learn_cap: 0") == 200);
  CHECK(LearnedOf(200, 60, ", learn_cap: 0, learn_below: 60") == 0);
}

TEST_CASE(
    "risky events teach at most learn_cap vectors in a window, and at least enough to adapt") {
  PipelineHarness run(
      Specs(), std::string(kPlantedRisk) + Pipeline(", window: 100, learn_cap: 10, reach: 0"));
  SplitMix64 random(1);
  for (int i = 0; i < 100; ++i) run.Send(Ordinary(&random).With("bytes", 0.0));
  const size_t full = Learned(run, "behaviour.trees");
  for (int i = 0; i < 500; ++i) run.Send(Moved(1e6 * (1 + random.Unit()), 30).With("bytes", 90.0));
  CHECK((Learned(run, "behaviour.trees") - full) / 16 == 50);
  const double stubborn = run.Send(Moved(1.5e6, 30).With("bytes", 0.0)).verdict.findings[1].raw;
  for (int i = 0; i < 500; ++i) run.Send(Moved(1e6 * (1 + random.Unit()), 30).With("bytes", 90.0));
  const double adapted = run.Send(Moved(1.5e6, 30).With("bytes", 0.0)).verdict.findings[1].raw;
  CHECK(adapted < stubborn);
}

TEST_CASE("a burst of strange events does not become the model, where learning all would let it") {
  const auto raw_after_burst = [](const std::string& options) {
    PipelineHarness run(Specs(), Pipeline(options));
    Teach(&run, 3000);
    SplitMix64 random(8);
    double raw = 0;
    for (int i = 0; i < 280; ++i) raw = FindingOf(&run, Moved(1e6 * (1 + random.Unit()), 20)).raw;
    return raw;
  };
  CHECK(raw_after_burst(", learn_below: 20") > raw_after_burst(", learn: all"));
}

TEST_CASE("who does less than usual is not strange, unless asked for") {
  const auto risk_of_nothing = [](const std::string& options) {
    PipelineHarness run(Specs(), Pipeline(options));
    Teach(&run, 3000);
    return FindingOf(&run, Moved(0, 0)).risk;
  };
  CHECK(risk_of_nothing("") < 20);
  CHECK(risk_of_nothing(", strange: both") > 50);
}

TEST_CASE("a first burst does not make the second one ordinary") {
  const auto second = [](const std::string& options) {
    PipelineHarness run(Specs(), Pipeline(options));
    Teach(&run, 4000);
    for (int i = 0; i < 100; ++i) FindingOf(&run, Moved(8000, 1));
    Teach(&run, 200, 7);
    return FindingOf(&run, Moved(8000, 1)).risk;
  };
  CHECK(second(", learn_below: 60") > second(", learn: all") + 5);
}

TEST_CASE("with reach its window covers the past, without only the last events") {
  const auto raw_of_the_past = [](const std::string& options) {
    PipelineHarness run(Specs(), Pipeline(options));
    SplitMix64 random(2);
    for (int i = 0; i < 6000; ++i) run.Send(i % 1000 < 500 ? Moved(1000, 0.1) : Ordinary(&random));
    return FindingOf(&run, Moved(1000, 0.1)).raw;
  };
  CHECK(raw_of_the_past("") < 0.1);
  CHECK(raw_of_the_past(", reach: 0, learn: all") > 0.15);
}

TEST_CASE("a feature of a known unit can be far above all that the first window had") {
  const auto raw = [](const std::string& options, double rows) {
    PipelineHarness run(Specs(), Pipeline(options));
    Teach(&run, 600);
    return FindingOf(&run, Moved(rows, 1)).raw;
  };
  CHECK(raw("", 9000) > raw("", 400));
  CHECK(raw(", unit_ranges: false", 9000) == raw(", unit_ranges: false", 400));
}

TEST_CASE("saved and loaded at any step, it goes on as if nothing had happened") {
  auto original = std::make_unique<PipelineHarness>(Specs(), Pipeline(", window: 40"));
  SplitMix64 random(6);
  for (int i = 0; i < 300; ++i) {
    const EventBuilder event = Ordinary(&random);
    if (i % 23 == 0) {
      auto restored = std::make_unique<PipelineHarness>(Specs(), Pipeline(", window: 40"));
      restored->Load(*original->Save());
      original = std::move(restored);
    }
    original->Send(event);
  }
  PipelineHarness straight(Specs(), Pipeline(", window: 40"));
  SplitMix64 again(6);
  for (int i = 0; i < 300; ++i) straight.Send(Ordinary(&again));
  for (size_t i = 0; i < 2; ++i) {
    CHECK(original->schema().models()[i].model->Save() ==
          straight.schema().models()[i].model->Save());
  }
}

TEST_CASE("known ranges are of the feature as configured, logarithm or not") {
  PipelineHarness run(Specs(), Pipeline(", ranges: {volume: [0, 1000]}"));
  Teach(&run, 300);
  CHECK(FindingOf(&run, Moved(1000, 1)).raw == FindingOf(&run, Moved(1e9, 1)).raw);
}

TEST_CASE("mistakes are named with their place") {
  const auto problems = [](const std::string& options) {
    return PipelineHarness::ProblemsOf(
        Specs(), "- {name: volume, observe: rows}\n- half_space_trees: {" + options + "}\n");
  };
  CHECK(problems("features: [volume]") == "");
  CHECK(problems("features: [volum]").find("did you mean \"volume\"") != std::string::npos);
  CHECK(problems("features: []").find("at least 1") != std::string::npos);
  CHECK(problems("trees: 5").find("features") != std::string::npos);
  CHECK(problems("features: [volume, volume]").find("once") != std::string::npos);
  CHECK(problems("features: [volume], ranges: {volume: [3, 1]}").find("low below high") !=
        std::string::npos);
  CHECK(problems("features: [volume], ranges: {other: [1, 3]}").find("name of one") !=
        std::string::npos);
  CHECK(problems("features: [volume], scoring: best").find("river") != std::string::npos);
}

}  // namespace
}  // namespace bongsu
