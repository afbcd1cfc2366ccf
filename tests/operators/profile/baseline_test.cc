#include "operators/profile/baseline.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "tests/operators/profile/oracle.h"

namespace bongsu {
namespace {

constexpr uint32_t kDay = 1000;
constexpr BaselineRules kRules;

Baseline After(const std::vector<double>& values, const BaselineRules& rules = kRules) {
  Baseline baseline;
  for (size_t i = 0; i <= values.size(); ++i) {
    baseline.See(kDay + static_cast<uint32_t>(i), i < values.size() ? LevelOf(values[i]) : 0,
                 rules);
  }
  return baseline;
}

TEST_CASE("a level is the logarithm of a value, odd about 0") {
  CHECK(LevelOf(0) == 0);
  CHECK(LevelOf(99) == Approx(std::log(100)));
  CHECK(LevelOf(-99) == -LevelOf(99));
}

TEST_CASE("there is no score until enough periods have finished") {
  CHECK(std::isnan(After({1, 1, 1, 1}).Score(LevelOf(1000), kRules)));
  CHECK(After({1, 1, 1, 1, 1}).Score(LevelOf(1000), kRules) > 3);
}

TEST_CASE("the highest value of a period counts, and not before the period ends") {
  Baseline baseline = After({10, 10, 10, 10, 10});
  const float before = baseline.mean;
  baseline.See(kDay + 5, LevelOf(40), kRules);
  baseline.See(kDay + 5, LevelOf(20), kRules);
  CHECK(baseline.mean == before);
  baseline.See(kDay + 6, 0, kRules);
  CHECK(baseline.mean > before);
  CHECK(baseline.peak == 0);
  CHECK(baseline.finished == 6);
}

TEST_CASE("a period that has passed is not reopened") {
  Baseline baseline = After({10, 10, 10, 10, 10});
  Baseline same = baseline;
  same.See(kDay + 2, LevelOf(1e6), kRules);
  CHECK(same.mean == baseline.mean);
  CHECK(same.peak == baseline.peak);
}

TEST_CASE("one extreme day joins cut, so the next is as strange") {
  Baseline baseline = After(std::vector<double>(20, 100));
  const double z = baseline.Score(LevelOf(1e6), kRules);
  CHECK(z > 10);
  baseline.See(kDay + 20, LevelOf(1e6), kRules);
  baseline.See(kDay + 21, LevelOf(1e6), kRules);
  CHECK(baseline.Score(LevelOf(1e6), kRules) > z / 2);
  CHECK(baseline.Usual(kRules).usual < 120);
}

TEST_CASE("who keeps at it becomes normal in the end") {
  std::vector<double> values(20, 100);
  values.insert(values.end(), 60, 1e5);
  CHECK(After(values).Score(LevelOf(1e5), kRules) < 2);
}

TEST_CASE("with a lag, what grows day by day does not teach itself") {
  BaselineRules rules;
  const auto last = [&](size_t lag) {
    std::vector<float> waiting(lag);
    Baseline baseline;
    for (uint32_t day = 0; day < 54; ++day) {
      baseline.See(kDay + day, LevelOf(day < 40 ? 10 : 10 * (day - 38)), rules, waiting);
    }
    return baseline.Score(LevelOf(150), rules);
  };
  CHECK(last(0) < 3.5);
  CHECK(last(14) > 6);
}

TEST_CASE("a period joins when so many others have passed, those without events too") {
  CHECK(Holds([] {
    const auto gaps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 20));
    const auto lag = *rc::gen::inRange<uint32_t>(1, 16);
    BaselineRules rules;
    rules.cap = 1000;
    Baseline baseline;
    std::vector<float> waiting(lag);
    std::vector<std::pair<uint32_t, double>> days;
    uint32_t day = kDay;
    for (const int gap : gaps) {
      day += static_cast<uint32_t>(gap);
      const double level = *rc::gen::inRange(0, 1000) / 100.0;
      baseline.See(day, level, rules, waiting);
      size_t joined = 0;
      for (const auto& [then, x] : days) joined += then + lag < day ? 1 : 0;
      RC_ASSERT(baseline.finished == joined);
      days.emplace_back(day, level);
    }
    // Long after, all have joined, in their order: the same as without a lag, but for the fading.
    rules.fade = 0;
    Baseline late, plain;
    std::fill(waiting.begin(), waiting.end(), 0.0F);
    for (const auto& [then, x] : days) {
      late.See(then, x, rules, waiting);
      plain.See(then, x, rules);
    }
    late.See(day + 100, 0, rules, waiting);
    plain.See(day + 100, 0, rules);
    RC_ASSERT(std::abs(late.mean - plain.mean) <= 0.004F * plain.mean + 1e-6F);
    RC_ASSERT(late.weight == plain.weight);
    for (const float place : waiting) RC_ASSERT(place == 0);
  }));
}

TEST_CASE("few periods do not make a narrow normal") {
  const double few = After(std::vector<double>(5, 100)).Deviation(kRules);
  const double many = After(std::vector<double>(100, 100)).Deviation(kRules);
  CHECK(few == Approx(std::sqrt(3 / (5 + 3.0) + 0.01)).epsilon(0.05));
  CHECK(many < few / 2);
}

TEST_CASE("scores end at 20 either way") {
  const Baseline baseline = After(std::vector<double>(30, 5));
  CHECK(baseline.Score(LevelOf(1e18), kRules) == 20);
  CHECK(baseline.Score(LevelOf(-1e18), kRules) == -20);
}

TEST_CASE("usual and high are values, not logarithms") {
  const Baseline baseline = After(std::vector<double>(40, 100));
  const Normal normal = baseline.Usual(kRules);
  CHECK(normal.usual == Approx(100));
  CHECK(normal.high == Approx(std::exp(std::log(101) + 2 * 0.1) - 1));
}

TEST_CASE("what is rarely exceeded is the person's own habit, without the caution of a score") {
  std::vector<double> values;
  for (int i = 0; i < 5; ++i) values.insert(values.end(), {80, 125});
  const Normal normal = After(values).Usual(kRules);
  CHECK(normal.usual == Approx(100).epsilon(0.02));
  CHECK(normal.high > 140);
  CHECK(normal.high < 180);
}

TEST_CASE("mean and spread are those of all finished periods, faded") {
  CHECK(Holds([] {
    const auto gaps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 30));
    BaselineRules rules;
    rules.cap = 1000;
    Baseline baseline;
    std::vector<std::pair<uint32_t, double>> days;
    uint32_t day = kDay;
    for (const int gap : gaps) {
      day += static_cast<uint32_t>(gap);
      const double level = *rc::gen::inRange(0, 1000) / 100.0;
      baseline.See(day, level, rules);
      double weight = 0, mean = 0, spread = 0;
      const auto left = [&](uint32_t then) { return std::exp2(-rules.fade * (day - then)); };
      for (const auto& [then, x] : days) weight += left(then), mean += left(then) * x;
      mean = weight > 0 ? mean / weight : 0;
      for (const auto& [then, x] : days) spread += left(then) * (x - mean) * (x - mean);
      // The slot holds 16 bits, of sums of a hundred squares.
      RC_ASSERT(std::abs(static_cast<double>(baseline.weight) - weight) < 1e-3);
      RC_ASSERT(std::abs(static_cast<double>(baseline.mean) - mean) < 1e-3);
      RC_ASSERT(std::abs(static_cast<double>(baseline.spread) - spread) < 1e-4 * (100 + spread));
      days.emplace_back(day, level);
    }
  }));
}

}  // namespace
}  // namespace bongsu
