#include "operators/models/ecod.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "engine/base/random.h"
#include "engine/eval/metrics.h"

namespace bongsu {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kDay = 86400;

void Teach(Ecod* model, int times, const std::vector<double>& x) {
  for (int i = 0; i < times; ++i) model->Learn(x);
}

// The score of so many bits above the ordinary.
double OfBits(double bits) {
  return 1 - std::exp2(-bits / 8);
}

TEST_CASE("a value that was never reached is as rare as one more among those seen") {
  Ecod model(1, 0, 1);
  Teach(&model, 999, {3});
  CHECK(model.Tail(0, 3) == 1);
  CHECK(model.Tail(0, 50) == Approx(1.0 / 1000));
  CHECK(model.Score(std::vector{50.0}) == Approx(OfBits(std::log2(1000) - Ecod::kOrdinary)));
}

TEST_CASE("what is rarer than one in 64 adds, by what it is rarer; the rest adds nothing") {
  Ecod model(1, 0, 1);
  Teach(&model, 988, {1});
  Teach(&model, 11, {10});
  CHECK(model.Tail(0, 10) == Approx(12.0 / 1000));
  const double just = std::log2(1000.0 / 12) - Ecod::kOrdinary;
  REQUIRE(just > 0);
  CHECK(model.Score(std::vector{10.0}) == Approx(OfBits(just)));
  Teach(&model, 10, {10});
  CHECK(model.Tail(0, 10) > 1.0 / 64);
  CHECK(model.Score(std::vector{10.0}) == 0);
  CHECK(model.Score(std::vector{1.0}) == 0);
}

TEST_CASE("the surprises of several features add up, and give the shares") {
  Ecod model(3, 0, 1);
  Teach(&model, 990, {1, 1, 1});
  Teach(&model, 9, {1, 1, 20});
  const double first = std::log2(1000) - Ecod::kOrdinary;
  const double third = std::log2(100) - Ecod::kOrdinary;
  const std::vector<double> x = {9, 1, 20};
  CHECK(model.Score(x) == Approx(OfBits(first + third)));
  std::vector<double> shares(3);
  model.Contributions(x, shares);
  CHECK(shares[0] == Approx(first / (first + third)));
  CHECK(shares[1] == 0);
  CHECK(shares[2] == Approx(third / (first + third)));
  model.Contributions(std::vector{1.0, 1.0, 1.0}, shares);
  CHECK(std::accumulate(shares.begin(), shares.end(), 0.0) == 0);
}

TEST_CASE("many features, each a little unusual, stay below one that is truly out") {
  Ecod model(20, 0, 1);
  SplitMix64 random(3);
  std::vector<double> x(20);
  for (int i = 0; i < 5000; ++i) {
    for (double& v : x) v = 10 * random.Unit();
    model.Learn(x);
  }
  CHECK(model.Score(std::vector<double>(20, 9.0)) == 0);  // Each one in ten.
  std::vector<double> one(20, 5.0);
  one[7] = 100;
  CHECK(model.Score(one) > 0.4);
}

TEST_CASE("less than usual is ordinary; no value and values below zero say nothing") {
  Ecod model(2, 0, 1);
  Teach(&model, 1000, {50, 50});
  for (const double v : {0.0, 1.0, -1e9, kNaN, -std::numeric_limits<double>::infinity()}) {
    CAPTURE(v);
    CHECK(model.Score(std::vector{v, v}) == 0);
    if (!(v > 0)) CHECK(model.Tail(0, v) == 1);
  }
  CHECK(model.Score(std::vector{kNaN, 1e6}) == model.Score(std::vector{50.0, 1e6}));
  CHECK(model.Score(std::vector{1.0, std::numeric_limits<double>::infinity()}) > 0);
}

TEST_CASE("the more, the rarer: down to the reach times its rank") {
  SplitMix64 random(4);
  Ecod ranks(1, 0, 1), reaching(1, 0, 10);
  for (int i = 0; i < 5000; ++i) {
    const std::vector<double> x = {-std::log(1 - random.Unit())};
    ranks.Learn(x);
    reaching.Learn(x);
  }
  double last = 1;
  for (double v = 0; v < 200; v += 0.25) {
    const double p = reaching.Tail(0, v);
    CHECK(p <= last);
    CHECK(p <= ranks.Tail(0, v));
    CHECK(p >= ranks.Tail(0, v) / 10 - 1e-15);
    last = p;
  }
  CHECK(reaching.Tail(0, 1e9) == Approx(1.0 / 50010));
}

TEST_CASE("it agrees with ECOD worked out from all the values, but for the width of a bin") {
  SplitMix64 random(12);
  Ecod model(4, 0, 1);
  std::vector<std::vector<double>> columns(4), rows;
  for (int i = 0; i < 3000; ++i) {
    std::vector<double> x(4);
    for (size_t d = 0; d < 4; ++d) {
      const double normal = -std::log(1 - random.Unit());
      x[d] = d % 2 == 0 ? normal : std::exp(2 * normal);
      columns[d].push_back(x[d]);
    }
    model.Learn(x);
    rows.push_back(std::move(x));
  }
  for (std::vector<double>& column : columns) std::sort(column.begin(), column.end());
  // How many values reach at least `from`, as the probability of the next one.
  const auto rank = [&](size_t d, double from) {
    const auto as_high =
        columns[d].end() - std::lower_bound(columns[d].begin(), columns[d].end(), from);
    return (static_cast<double>(as_high) + 1) / 3001;
  };
  for (const std::vector<double>& x : rows) {
    double most = 0, least = 0;
    for (size_t d = 0; d < 4; ++d) {
      most += std::max(0.0, -std::log2(rank(d, x[d])) - Ecod::kOrdinary);
      least +=
          std::max(0.0, -std::log2(rank(d, (1 + x[d]) / (1 + 1.0 / 32) - 1)) - Ecod::kOrdinary);
    }
    REQUIRE(model.Score(x) <= OfBits(most) + 1e-9);
    REQUIRE(model.Score(x) >= OfBits(least) - 1e-9);
  }
}

TEST_CASE("planted outliers rank above the crowd, scored before they are learned") {
  SplitMix64 random(5);
  Ecod model(6, 0, 10);
  std::vector<double> scores;
  std::vector<int> labels;
  for (int i = 0; i < 6000; ++i) {
    std::vector<double> x(6);
    for (double& v : x) v = -std::log(1 - random.Unit());
    const bool planted = i > 1000 && i % 250 == 0;
    if (planted) x[random.Below(6)] = 14;
    const double score = model.Score(x);
    if (i > 1000) {
      scores.push_back(score);
      labels.push_back(planted);
    }
    model.Learn(x);
  }
  CHECK(RocAuc(scores, labels) > 0.98);
}

TEST_CASE("with a half-life, what everybody does now becomes ordinary") {
  Ecod fading(1, 7 * kDay, 1), keeping(1, 0, 1);
  for (int day = 0; day < 90; ++day) {
    for (int i = 0; i < 100; ++i) {
      for (Ecod* model : {&fading, &keeping}) {
        model->Learn(std::vector{day < 60 ? 1.0 : 30.0, 1e9 + day * kDay});
      }
    }
  }
  CHECK(keeping.Tail(0, 30) < 0.4);
  CHECK(fading.Tail(0, 30) > 0.9);
}

TEST_CASE("a thousand vectors make it mature") {
  Ecod model(2, 0, 1);
  Teach(&model, 500, {1, 1});
  CHECK(model.Maturity() == 0.5);
  Teach(&model, 5000, {1, 1});
  CHECK(model.Maturity() == 1);
}

TEST_CASE("a snapshot of another shape is refused, damaged bytes are found, and nothing changes") {
  Ecod model(2, kDay, 10);
  SplitMix64 random(1);
  for (int i = 0; i < 300; ++i) model.Learn(std::vector{random.Unit(), 5 * random.Unit(), 1e9 + i});
  const std::string saved = model.Save();
  CHECK(Ecod(3, kDay, 10).Load(saved).code() == Code::kInvalid);
  CHECK(Ecod(2, 2 * kDay, 10).Load(saved).code() == Code::kInvalid);
  Ecod fresh(2, kDay, 10);
  const std::string empty = fresh.Save();
  CHECK(fresh.Load("").code() == Code::kCorrupt);
  CHECK(fresh.Load(saved + "x").code() == Code::kCorrupt);
  for (size_t cut = 1; cut < saved.size(); cut += 17) {
    CHECK_FALSE(fresh.Load(saved.substr(0, cut)).ok());
  }
  CHECK(fresh.Save() == empty);
  CHECK(fresh.Load(saved).ok());
  CHECK(fresh.Save() == saved);
}

}  // namespace
}  // namespace bongsu
