#include "operators/detect/ecod.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/random.h"
#include "operators/models/ecod.h"
#include "operators/models/tail.h"
#include "tests/operators/detect/ordinary.h"
#include "tests/support/operator_harness.h"
#include "tests/support/planted.h"

namespace bongsu {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::vector<OperatorSpec> Specs() {
  return {ObserveSpec(), PlantedSpec(), EcodSpec(), JudgeSpec()};
}

std::string Pipeline(const std::string& options) {
  return "- {name: volume, observe: rows, unit: rows}\n"
         "- {name: spread, observe: duration_ms, unit: ratio}\n"
         "- ecod: {name: extremes, features: [volume, spread]" +
         options + "}\n- judge: {}\n";
}

Timestamp Start() {
  return EventBuilder("", "").At("2026-03-02T09:00:00Z").time();
}

// How many vectors a model has learned.
template <typename M>
const M& ModelOf(const PipelineHarness& run, std::string_view name) {
  for (const auto& entry : run.schema().models()) {
    if (entry.name == name) return dynamic_cast<const M&>(*entry.model);
  }
  FAIL("no model " << name);
  std::abort();
}

uint64_t Calibrated(const PipelineHarness& run) {
  return ModelOf<TailCalibrator>(run, "extremes.tail").learned();
}

double Learned(const PipelineHarness& run) {
  return 1000 * ModelOf<Ecod>(run, "extremes.ecod").Maturity();
}

TEST_CASE("ecod: a hundred times the usual is among the strangest events ever seen") {
  PipelineHarness run(Specs(), Pipeline(""));
  Teach(&run, 3000);
  const Finding finding = FindingOf(&run, Moved(10000, 1));
  CHECK(finding.risk > 75);
  CHECK(finding.risk == Approx(RiskOfTail(finding.tail)));
  CHECK(finding.tail >= 1.0 / 30010);
  CHECK(finding.raw > 0.4);
  CHECK(finding.maturity == Approx(0.3).margin(0.001));
}

TEST_CASE("ecod: a risk of 100 does not cut the tail behind it") {
  PipelineHarness run(Specs(), Pipeline(", extrapolate: 1000"));
  Teach(&run, 3000);
  const Finding finding = FindingOf(&run, Moved(1e9, 1e6));
  CHECK(finding.risk == 100);
  CHECK(finding.tail < 1e-5);
}

TEST_CASE("ecod: ordinary events get the risk that their rarity says") {
  PipelineHarness run(Specs(), Pipeline(""));
  SplitMix64 random(3);
  Teach(&run, 2000);
  int over_40 = 0, over_60 = 0;
  for (int i = 0; i < 5000; ++i) {
    const double risk = FindingOf(&run, Ordinary(&random)).risk;
    over_40 += risk >= 40;
    over_60 += risk >= 60;
  }
  CHECK(over_40 == Approx(50).epsilon(0.7));
  CHECK(over_60 <= 15);
}

TEST_CASE("ecod: the first events are not strange") {
  PipelineHarness run(Specs(), Pipeline(""));
  CHECK(FindingOf(&run, Moved(1e9, 50)).risk == 0);
  CHECK(FindingOf(&run, Moved(1e9, 50)).risk < 10);
}

TEST_CASE("ecod: its reasons name the feature that is out, and are nothing when nothing is") {
  PipelineHarness run(Specs(), Pipeline(""));
  Teach(&run, 600);
  const Outcome out = run.Send(Moved(1e6, 1));
  REQUIRE(out.shares.size() == 2);
  CHECK(out.shares[0] == std::pair<std::string, double>("volume", 1));
  CHECK(out.shares[1].second == 0);
  for (const auto& [feature, share] : run.Send(Moved(60, 0.5)).shares) CHECK(share == 0);
}

TEST_CASE("ecod: a feature without a value does not stop it") {
  PipelineHarness run(Specs(), Pipeline(""));
  Teach(&run, 600);
  CHECK(FindingOf(&run, EventBuilder("ann", "EXPORT").With("rows", 100.0)).risk < 20);
  CHECK(FindingOf(&run, EventBuilder("ann", "EXPORT")).risk < 20);
}

TEST_CASE("ecod: of one person one event in `every` teaches, of everybody else's as many") {
  PipelineHarness run(Specs(), Pipeline(", every: 10m"));
  SplitMix64 random(1);
  for (int i = 0; i < 120; ++i) run.Send(Ordinary(&random).At(Start() + minutes(i)));
  CHECK(Calibrated(run) == 12);
  CHECK(Learned(run) == Approx(12));
  for (int i = 0; i < 120; ++i) {
    EventBuilder bob("bob", "EXPORT");
    run.Send(bob.With("rows", 1.0).At(Start() + minutes(i)));
  }
  CHECK(Calibrated(run) == 24);
}

TEST_CASE("ecod: the turn comes exactly when `every` has passed, and a late event has none") {
  PipelineHarness run(Specs(), Pipeline(", every: 10m"));
  run.Send(Moved(1, 1).At(Start()));
  run.Send(Moved(1, 1).At(Start() + minutes(10) - seconds(1)));
  CHECK(Calibrated(run) == 1);
  run.Send(Moved(1, 1).At(Start() + minutes(10)));
  CHECK(Calibrated(run) == 2);
  run.Send(Moved(1, 1).At(Start() - minutes(60)).Late());
  run.Send(Moved(1, 1).At(Start() + minutes(19)));
  CHECK(Calibrated(run) == 2);
}

TEST_CASE("ecod: with `every` somebody busy does not say what is normal for all") {
  const auto usual_of_the_busy = [](const std::string& options) {
    PipelineHarness run(Specs(), Pipeline(options));
    for (int i = 0; i < 4000; ++i) {
      const Timestamp at = Start() + seconds(30 * i);
      run.Send(EventBuilder("bob", "EXPORT").With("rows", 5000.0).At(at));
      if (i % 20 != 0) continue;
      const std::string quiet = "quiet" + std::to_string(i / 20 % 40);
      run.Send(EventBuilder(quiet, "EXPORT").With("rows", 10.0).At(at));
    }
    return ModelOf<Ecod>(run, "extremes.ecod").Tail(0, 5000);
  };
  CHECK(usual_of_the_busy("") > 0.9);
  CHECK(usual_of_the_busy(", every: 1h") < 0.35);
}

TEST_CASE("ecod: what it learns of risky events is what the options say") {
  const auto learned = [](double planted_risk, const std::string& options) {
    PipelineHarness run(Specs(), "- planted: {name: rule, field: bytes}\n" + Pipeline(options));
    SplitMix64 random(1);
    for (int i = 0; i < 200; ++i) run.Send(Ordinary(&random).With("bytes", planted_risk));
    return Learned(run);
  };
  CHECK(learned(50, "") == Approx(200));
  CHECK(learned(95, "") == Approx(20));  // Every tenth: learn_cap 25 of 250.
  CHECK(learned(95, ", learn: all") == Approx(200));
  CHECK(learned(95, ", learn_cap: 0") == 0);
  CHECK(learned(60, ", learn_cap: 0, learn_below: 60") == 0);
}

TEST_CASE("ecod: its memory fades: what everybody does for long enough becomes ordinary") {
  const auto raw = [](const std::string& options) {
    PipelineHarness run(Specs(), Pipeline(", learn: all" + options));
    for (int day = 0; day < 300; ++day) {
      for (int i = 0; i < 10; ++i) {
        const double rows = day < 200 ? 10 : 1000;
        run.Send(Moved(rows, 1).At(Start() + std::chrono::hours(24 * day)));
      }
    }
    return ModelOf<Ecod>(run, "extremes.ecod").Tail(0, 1000);
  };
  CHECK(raw(", memory: 30d") > 0.85);
  CHECK(raw(", memory: 0s") == Approx(0.333).margin(0.01));
}

TEST_CASE("ecod: saved and loaded at any step, it goes on as if nothing had happened") {
  const auto run_with_stops = [](int stop_every) {
    auto run = std::make_unique<PipelineHarness>(Specs(), Pipeline(", every: 2m"));
    SplitMix64 random(6);
    std::string out;
    for (int i = 0; i < 400; ++i) {
      if (stop_every > 0 && i % stop_every == 0) {
        auto restored = std::make_unique<PipelineHarness>(Specs(), Pipeline(", every: 2m"));
        restored->Load(*run->Save());
        run = std::move(restored);
      }
      out += std::to_string(FindingOf(run.get(), Ordinary(&random).At(Start() + minutes(i))).tail);
    }
    for (const auto& entry : run->schema().models()) out += entry.model->Save();
    return out;
  };
  CHECK(run_with_stops(23) == run_with_stops(0));
}

TEST_CASE("ecod: mistakes are named with their place") {
  const auto problems = [](const std::string& options) {
    return PipelineHarness::ProblemsOf(
        Specs(), "- {name: volume, observe: rows}\n- ecod: {" + options + "}\n");
  };
  CHECK(problems("features: [volume]") == "");
  CHECK(problems("features: [volum]").find("did you mean \"volume\"") != std::string::npos);
  CHECK(problems("features: []").find("at least 1") != std::string::npos);
  CHECK(problems("name: x").find("features") != std::string::npos);
  CHECK(problems("features: [volume, volume]").find("once") != std::string::npos);
  CHECK(problems("features: [volume], learn: some").find("below_threshold") != std::string::npos);
  CHECK(problems("features: [volume], extrapolate: 0.5").find("1") != std::string::npos);
  const std::string twice =
      PipelineHarness::ProblemsOf(Specs(),
                                  "- {name: volume, observe: rows}\n- ecod: {features: [volume]}\n"
                                  "- ecod: {features: [volume]}\n");
  CHECK(twice.find("test.yaml:3:") != std::string::npos);
  CHECK(twice.find("\"extremes\" is declared twice") != std::string::npos);
}

}  // namespace
}  // namespace bongsu
