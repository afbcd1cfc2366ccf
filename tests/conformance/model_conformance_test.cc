// What every model promises (engine/core/model.h), tried on all of them. A new model joins the
// list.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

#include "engine/base/random.h"
#include "operators/models/alert_budget.h"
#include "operators/models/ecod.h"
#include "operators/models/half_space_trees.h"
#include "operators/models/tail.h"

namespace bongsu {
namespace {

struct Maker {
  std::string name;
  size_t dimensions;
  std::function<std::unique_ptr<Model>()> make;
  std::optional<size_t> time = std::nullopt;  // The member that is the event time, in seconds.
};

constexpr double kHour = 3600;

std::unique_ptr<Model> Trees(size_t dimensions, HalfSpaceTreesParams::Scoring scoring, bool known) {
  HalfSpaceTreesParams params;
  params.dimensions = dimensions;
  params.scoring = scoring;
  params.window = 50;
  if (known) params.known.assign(dimensions, HalfSpaceTreesParams::Range{-1, 1});
  auto trees = HalfSpaceTrees::Make(params);
  if (!trees.ok()) FAIL(trees.status().message());
  return *std::move(trees);
}

std::vector<Maker> AllModels() {
  using Scoring = HalfSpaceTreesParams::Scoring;
  return {
      {"half_space_trees", 5, [] { return Trees(5, Scoring::kPaper, false); }},
      {"half_space_trees, known", 5, [] { return Trees(5, Scoring::kPaper, true); }},
      {"half_space_trees, river", 3, [] { return Trees(3, Scoring::kRiver, false); }},
      {"tail", 1, [] { return std::make_unique<TailCalibrator>(); }},
      {"tail, fading", 2, [] { return std::make_unique<TailCalibrator>(kHour); }, 1},
      {"tail, of few bits", 2, [] { return std::make_unique<TailCalibrator>(kHour, 3); }, 1},
      {"ecod", 4, [] { return std::make_unique<Ecod>(4, 0, 1); }},
      {"ecod, fading", 5, [] { return std::make_unique<Ecod>(4, kHour, 10); }, 4},
      {"alert budget", 3, [] { return std::make_unique<AlertBudget>(20); }, 1},
      {"alert budget of one a week", 3, [] { return std::make_unique<AlertBudget>(1.0 / 7); }, 1},
  };
}

// Crowded, sometimes far out, sometimes not known or not finite; a minute after the other, some
// late.
std::vector<double> Input(const Maker& maker, int number, SplitMix64* random) {
  std::vector<double> x(maker.dimensions);
  for (double& v : x) {
    const double kind = random->Unit();
    v = random->Unit();
    if (kind < 0.02) v = std::numeric_limits<double>::quiet_NaN();
    if (kind > 0.98) v *= 1e9;
    if (kind > 0.995) v = -std::numeric_limits<double>::infinity();
  }
  if (!maker.time) return x;
  double& seconds = x[*maker.time];
  if (!std::isnan(seconds)) seconds = 1.77e9 + 60 * number - (random->Below(9) == 0 ? 900 : 0);
  return x;
}

TEST_CASE("every model: scores lie in [0, 1] whatever comes, and maturity grows to at most 1") {
  for (const Maker& maker : AllModels()) {
    INFO(maker.name);
    const auto model = maker.make();
    SplitMix64 random(1);
    double maturity = 0;
    for (int i = 0; i < 500; ++i) {
      const auto x = Input(maker, i, &random);
      const double score = model->Score(x);
      REQUIRE(std::isfinite(score));
      REQUIRE((score >= 0 && score <= 1));
      model->Learn(x);
      REQUIRE(model->Maturity() >= maturity - 0.5 * maturity);  // Forgetting may take some back.
      maturity = model->Maturity();
      REQUIRE((maturity >= 0 && maturity <= 1));
    }
    CHECK(maturity > 0);
  }
}

TEST_CASE("every model: contributions are shares") {
  for (const Maker& maker : AllModels()) {
    INFO(maker.name);
    const auto model = maker.make();
    SplitMix64 random(2);
    int explained = 0;
    for (int i = 0; i < 400; ++i) {
      const auto x = Input(maker, i, &random);
      std::vector<double> shares(maker.dimensions, -7);
      model->Contributions(x, shares);
      for (const double share : shares) REQUIRE(share >= 0);
      const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
      REQUIRE((sum == 0 || std::abs(sum - 1) < 1e-9));
      explained += sum > 0;
      model->Learn(x);
    }
    CHECK(explained > 5);  // ecod says nothing of what is ordinary.
  }
}

TEST_CASE("every model: saved and loaded at any step, it continues byte for byte") {
  for (const Maker& maker : AllModels()) {
    INFO(maker.name);
    const auto original = maker.make();
    auto copy = maker.make();
    SplitMix64 random(3);
    for (int i = 0; i < 400; ++i) {
      const auto x = Input(maker, i, &random);
      REQUIRE(original->Score(x) == copy->Score(x));
      original->Learn(x);
      copy->Learn(x);
      if (i % 7 != 0) continue;
      const std::string saved = copy->Save();
      REQUIRE(saved == original->Save());
      copy = maker.make();
      REQUIRE(copy->Load(saved).ok());
      REQUIRE(copy->Save() == saved);
      REQUIRE(copy->Maturity() == original->Maturity());
    }
  }
}

TEST_CASE("every model: a snapshot and the inputs learned since are as good as the model") {
  for (const Maker& maker : AllModels()) {
    INFO(maker.name);
    const auto original = maker.make();
    SplitMix64 random(4);
    std::string snapshot;
    std::vector<std::vector<double>> redo;
    for (int i = 0; i < 333; ++i) {
      redo.push_back(Input(maker, i, &random));
      original->Learn(redo.back());
      if (i % 100 == 0) {
        snapshot = original->Save();
        redo.clear();
      }
    }
    const auto restored = maker.make();
    REQUIRE(restored->Load(snapshot).ok());
    for (const auto& x : redo) restored->Learn(x);
    CHECK(restored->Save() == original->Save());
  }
}

TEST_CASE("every model: its opinion, loaded at any step, says the same of anything") {
  for (const Maker& maker : AllModels()) {
    INFO(maker.name);
    const auto original = maker.make();
    SplitMix64 random(7);
    for (int i = 0; i < 400; ++i) {
      original->Learn(Input(maker, i, &random));
      if (i % 7 != 0) continue;
      const auto copy = maker.make();
      REQUIRE(copy->Load(original->SaveOpinion()).ok());
      REQUIRE(copy->Maturity() == original->Maturity());
      std::vector<double> ours(maker.dimensions), theirs(maker.dimensions);
      for (int asked = 0; asked < 20; ++asked) {
        const auto x = Input(maker, i + 1, &random);
        REQUIRE(copy->Score(x) == original->Score(x));
        copy->Contributions(x, ours);
        original->Contributions(x, theirs);
        REQUIRE(ours == theirs);
      }
    }
  }
}

TEST_CASE("every model: scoring and explaining do not learn") {
  for (const Maker& maker : AllModels()) {
    INFO(maker.name);
    const auto model = maker.make();
    SplitMix64 random(5);
    for (int i = 0; i < 120; ++i) model->Learn(Input(maker, i, &random));
    const std::string before = model->Save();
    std::vector<double> shares(maker.dimensions);
    for (int i = 0; i < 200; ++i) {
      const auto x = Input(maker, i, &random);
      (void)model->Score(x);
      model->Contributions(x, shares);
    }
    CHECK(model->Save() == before);
  }
}

TEST_CASE("every model: bytes that are not a snapshot are refused and change nothing") {
  for (const Maker& maker : AllModels()) {
    INFO(maker.name);
    const auto model = maker.make();
    SplitMix64 random(6);
    for (int i = 0; i < 120; ++i) model->Learn(Input(maker, i, &random));
    const std::string before = model->Save();
    CHECK(model->Load("").code() == Code::kCorrupt);
    CHECK_FALSE(model->Load("not a snapshot").ok());
    for (size_t cut = 1; cut < before.size(); cut += 11)
      REQUIRE_FALSE(model->Load(before.substr(0, cut)).ok());
    CHECK(model->Save() == before);
  }
}

}  // namespace
}  // namespace bongsu
