#include "operators/models/tail.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/base/random.h"

namespace bongsu {
namespace {

void Learn(TailCalibrator* tail, double score) {
  tail->Learn(std::span(&score, 1));
}

TEST_CASE("ten times rarer is twenty points more") {
  const auto [probability, risk] = GENERATE(table<double, double>({{1, 0},
                                                                   {0.1, 20},
                                                                   {1e-2, 40},
                                                                   {1e-3, 60},
                                                                   {1e-4, 80},
                                                                   {std::pow(10, -4.75), 95},
                                                                   {1e-5, 100},
                                                                   {1e-9, 100}}));
  CHECK(RiskOfTail(probability) == Approx(risk).margin(1e-9));
  if (probability >= 1e-5) CHECK(TailOfRisk(risk) == Approx(probability));
}

TEST_CASE("no probability is ever taken for nothing") {
  CHECK(RiskOfTail(0) == 100);
  CHECK(RiskOfTail(std::numeric_limits<double>::quiet_NaN()) == 0);
  CHECK(RiskOfTail(2) == 0);
}

TEST_CASE("the first scores say little: the rank among n is at best one in n + 1") {
  TailCalibrator tail;
  CHECK(tail.TailProbability(1) == 1);
  for (int n = 1; n <= 50; ++n) {
    Learn(&tail, 0.3);
    CHECK(tail.TailProbability(0.9) == Approx(1.0 / (n + 1)));
    CHECK(tail.TailProbability(0.3) == 1);
    CHECK(tail.TailProbability(0.1) == 1);
  }
}

TEST_CASE("equal scores are equally likely, however many there are") {
  TailCalibrator tail;
  for (int i = 0; i < 900; ++i) Learn(&tail, 0.2);
  for (int i = 0; i < 99; ++i) Learn(&tail, 0.8);
  CHECK(tail.TailProbability(0.8) == Approx(0.1));
  CHECK(tail.TailProbability(0.81) == Approx(0.001));
}

TEST_CASE("it agrees with counting, and never makes a score rarer than it is") {
  SplitMix64 random(4);
  TailCalibrator tail;
  std::vector<double> scores;
  for (int i = 0; i < 20000; ++i) {
    // Crowded near 1, as River's scores are.
    const double u = random.Unit();
    scores.push_back(1 - u * u * 1e-3);
    Learn(&tail, scores.back());
  }
  std::vector<double> sorted = scores;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < 20000; i += 37) {
    const double s = scores[i];
    const auto as_high =
        static_cast<double>(sorted.end() - std::lower_bound(sorted.begin(), sorted.end(), s));
    const double exact = (as_high + 1) / 20001;
    CHECK(tail.TailProbability(s) >= exact - 1e-12);
    CHECK(tail.TailProbability(s) <= exact * 1.01 + 5.0 / 20001);
  }
}

TEST_CASE("a higher score is never more likely") {
  SplitMix64 random(4);
  TailCalibrator tail;
  for (int i = 0; i < 5000; ++i) Learn(&tail, random.Unit());
  double last = 1;
  for (int i = 0; i <= 10000; ++i) {
    const double p = tail.TailProbability(i / 10000.0);
    CHECK(p <= last);
    CHECK(p >= 1.0 / 5001);
    last = p;
  }
}

TEST_CASE("ordinary scores get the risk that their rarity says") {
  SplitMix64 random(11);
  TailCalibrator tail;
  int over_40 = 0, over_60 = 0;
  for (int i = 0; i < 100000; ++i) {
    const double score = random.Unit();
    const double risk = RiskOfTail(tail.TailProbability(score));
    over_40 += risk >= 40;
    over_60 += risk >= 60;
    Learn(&tail, score);
  }
  CHECK(over_40 == Approx(1000).epsilon(0.15));
  CHECK(over_60 == Approx(100).epsilon(0.4));
}

// Scores whose distance to 1 has an exponential logarithm.
double Exponential(SplitMix64* random, double thinning) {
  return 1 - std::pow(1 - random->Unit(), thinning);
}

TEST_CASE("beyond what was seen, the further the rarer, down to the reach") {
  SplitMix64 random(5);
  TailCalibrator tail;
  for (int i = 0; i < 5000; ++i) Learn(&tail, Exponential(&random, 0.05));
  const double rank = tail.TailProbability(0.99);
  CHECK(rank == Approx(1.0 / 5001));
  double last = 1;
  for (const double score : {0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.99}) {
    const double p = tail.TailProbability(score, 100);
    CHECK(p <= last);
    CHECK(p <= tail.TailProbability(score));
    CHECK(p >= tail.TailProbability(score) / 100);
    last = p;
  }
  CHECK(tail.TailProbability(0.99, 100) == Approx(rank / 100));
  CHECK(tail.TailProbability(0.99, 10) == Approx(rank / 10));
  CHECK(tail.TailProbability(0.99, 1) == rank);
  CHECK(tail.TailProbability(0.05, 100) == tail.TailProbability(0.05));
}

TEST_CASE("what comes from the same tail is rarely called rarer than it is") {
  SplitMix64 random(9);
  TailCalibrator tail;
  int over_80 = 0;
  for (int i = 0; i < 100000; ++i) {
    const double score = Exponential(&random, 0.05);
    over_80 += RiskOfTail(tail.TailProbability(score, 10)) >= 80;
    Learn(&tail, score);
  }
  CHECK(over_80 <= 20);  // One in 10,000 would be 10.
}

TEST_CASE("a burst of the past does not hide one that is as strange") {
  SplitMix64 random(5);
  TailCalibrator tail;
  for (int i = 0; i < 20000; ++i) Learn(&tail, Exponential(&random, 0.05));
  for (int i = 0; i < 20; ++i) Learn(&tail, 0.95);
  CHECK(RiskOfTail(tail.TailProbability(0.95)) < 61);
  CHECK(RiskOfTail(tail.TailProbability(0.95, 10)) > 79);
}

TEST_CASE("with too few scores there is no tail to follow") {
  SplitMix64 random(5);
  TailCalibrator tail;
  for (int i = 0; i < 398; ++i) {
    CHECK(tail.TailProbability(0.99, 100) == tail.TailProbability(0.99));
    Learn(&tail, Exponential(&random, 0.05));
  }
  for (int i = 0; i < 5; ++i) Learn(&tail, Exponential(&random, 0.05));
  CHECK(tail.TailProbability(0.99, 100) < tail.TailProbability(0.99));
}

TEST_CASE("two halves merge into the whole, byte for byte") {
  SplitMix64 random(2);
  TailCalibrator whole, left, right;
  for (int i = 0; i < 3000; ++i) {
    const double score = random.Unit();
    Learn(&whole, score);
    Learn(i % 3 == 0 ? &left : &right, score);
  }
  left.Merge(right);
  CHECK(left.Save() == whole.Save());
  CHECK(left.TailProbability(0.99) == whole.TailProbability(0.99));
}

TEST_CASE("with a memory the past fades, so that a new normal becomes normal") {
  TailCalibrator forgetting(1000), keeping;
  for (TailCalibrator* tail : {&forgetting, &keeping}) {
    for (int i = 0; i < 10000; ++i) Learn(tail, 0.2);
    for (int i = 0; i < 3000; ++i) Learn(tail, 0.7);
  }
  CHECK(keeping.TailProbability(0.7) == Approx(3001.0 / 13001));
  CHECK(forgetting.TailProbability(0.7) > 0.6);
  CHECK(forgetting.learned() == 13000);
}

TEST_CASE("a score that is not known is not strange and not counted") {
  TailCalibrator tail;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Learn(&tail, nan);
  CHECK(tail.TailProbability(nan) == 1);
  CHECK(tail.TailProbability(0.5) == 1);
  Learn(&tail, 0.4);
  CHECK(tail.TailProbability(0.5) == Approx(0.5));
}

TEST_CASE("scores beyond their bounds count as the bound") {
  TailCalibrator tail;
  for (const double score : {-3.0, 5.0, 0.5}) Learn(&tail, score);
  CHECK(tail.TailProbability(1) == Approx(0.5));
  CHECK(tail.TailProbability(7) == Approx(0.5));
}

TEST_CASE("a snapshot of another memory is refused, and damaged bytes are found") {
  SplitMix64 random(2);
  TailCalibrator tail(5000);
  for (int i = 0; i < 12000; ++i) Learn(&tail, random.Unit());
  const std::string saved = tail.Save();
  CHECK(TailCalibrator(6000).Load(saved).code() == Code::kInvalid);
  TailCalibrator fresh(5000);
  CHECK(fresh.Load("").code() == Code::kCorrupt);
  CHECK(fresh.Load(saved + "x").code() == Code::kCorrupt);
  for (size_t cut = 1; cut < saved.size(); cut += 13)
    CHECK(fresh.Load(saved.substr(0, cut)).code() == Code::kCorrupt);
  CHECK(fresh.learned() == 0);
  CHECK(fresh.Load(saved).ok());
  CHECK(fresh.Save() == saved);
}

}  // namespace
}  // namespace bongsu
