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

constexpr double kDay = 86400;
constexpr double kStep = kDay / 64;  // With a half-life of a day.
constexpr double kStepBegins = 740740 * kStep;

void LearnAt(TailCalibrator* tail, double score, double seconds) {
  const double x[] = {score, seconds};
  tail->Learn(x);
}

TEST_CASE("the past fades by event time: what is a half-life old counts half") {
  TailCalibrator fading(kDay), keeping;
  for (TailCalibrator* tail : {&fading, &keeping}) {
    for (int i = 0; i < 1000; ++i) LearnAt(tail, 0.2, 1e9);
    for (int i = 0; i < 1000; ++i) LearnAt(tail, 0.7, 1e9 + kDay);
  }
  CHECK(keeping.TailProbability(0.7) == Approx(1001.0 / 2001));
  CHECK(fading.TailProbability(0.7) == Approx(1001.0 / 1501).epsilon(1e-3));
  CHECK(fading.learned() == 2000);
}

TEST_CASE("how many scores there were does not make the past fade, only time does") {
  TailCalibrator tail(kDay);
  for (int i = 0; i < 50; ++i) LearnAt(&tail, 0.9, kStepBegins);
  for (int i = 0; i < 100000; ++i) LearnAt(&tail, 0.2, kStepBegins + i * (kStep / 200000));
  CHECK(tail.TailProbability(0.9) == Approx(51.0 / 100051).epsilon(1e-6));
}

TEST_CASE("after a long silence the past is gone, and the next score begins anew") {
  TailCalibrator tail(kDay);
  for (int i = 0; i < 5000; ++i) LearnAt(&tail, 0.2, 1e9);
  LearnAt(&tail, 0.7, 1e9 + 365 * kDay);
  CHECK(tail.TailProbability(0.9) == Approx(0.5));
  CHECK(tail.Maturity() == Approx(1.0 / 10000));
}

TEST_CASE("within one of the 64 steps of a half-life the order does not matter") {
  TailCalibrator forward(kDay), backward(kDay);
  LearnAt(&forward, 0, kStepBegins);
  LearnAt(&backward, 0, kStepBegins);
  for (int i = 0; i < 600; ++i) LearnAt(&forward, i / 600.0, kStepBegins + i);
  for (int i = 599; i >= 0; --i) LearnAt(&backward, i / 600.0, kStepBegins + i);
  CHECK(forward.Save() == backward.Save());
}

TEST_CASE("a late score counts as what is left of it") {
  TailCalibrator tail(kDay);
  LearnAt(&tail, 0.2, 1e9 + kDay);
  LearnAt(&tail, 0.7, 1e9);
  CHECK(tail.TailProbability(0.7) == Approx(1.5 / 2.5).epsilon(0.01));
  LearnAt(&tail, 0.9, 1e9 - 1e6 * kDay);  // Nothing is left of that.
  CHECK(tail.TailProbability(0.9) == Approx(1 / 2.5).epsilon(0.01));
}

TEST_CASE("a score without a time is as of the newest") {
  TailCalibrator tail(kDay), timed(kDay);
  LearnAt(&tail, 0.2, 1e9);
  LearnAt(&timed, 0.2, 1e9);
  Learn(&tail, 0.7);
  LearnAt(&timed, 0.7, 1e9);
  CHECK(tail.Save() == timed.Save());
  LearnAt(&tail, 0.5, std::numeric_limits<double>::quiet_NaN());
  CHECK(tail.TailProbability(0.5) == Approx(3.0 / 4));
}

TEST_CASE(
    "it knows how much event time went by, with scores or without; a jump is a week at most") {
  TailCalibrator tail(kDay), other(kDay);
  Learn(&tail, 0.5);
  LearnAt(&tail, std::numeric_limits<double>::quiet_NaN(), 1e9);
  CHECK(tail.seen() == 0);
  LearnAt(&tail, 0.5, 1e9 + 5);
  LearnAt(&tail, 0.5, 1e9 - 5);
  CHECK(tail.seen() == 5);
  LearnAt(&tail, 0.5, 1e9 + 5 + 30 * kDay);
  CHECK(tail.seen() == 5 + 7 * kDay);
  CHECK(other.Load(tail.Save()).ok());
  CHECK(other.seen() == tail.seen());
  TailCalibrator young(kDay);
  LearnAt(&young, 0.1, 1e9);
  young.Merge(other);
  CHECK(young.seen() == tail.seen());
}

TEST_CASE("times that no clock shows are survived") {
  TailCalibrator tail(1e-6);
  for (const double seconds : {-1e300, 0.0, 1e300, std::numeric_limits<double>::infinity()}) {
    LearnAt(&tail, 0.5, seconds);
  }
  CHECK(tail.TailProbability(0.4) <= 1);
  CHECK(tail.learned() == 4);
}

TEST_CASE("with fewer bits a bin is wider, and still never makes a score rarer than it is") {
  const int bits = GENERATE(1, 3, 5, 8);
  SplitMix64 random(6);
  TailCalibrator tail(0, bits);
  std::vector<double> scores;
  for (int i = 0; i < 5000; ++i) {
    scores.push_back(random.Unit());
    Learn(&tail, scores.back());
  }
  std::sort(scores.begin(), scores.end());
  const auto exact = [&](double s) {
    const auto as_high = scores.end() - std::lower_bound(scores.begin(), scores.end(), s);
    return (static_cast<double>(as_high) + 1) / 5001;
  };
  const double width = std::exp2(-bits);  // Of a bin, as a part of the distance to 1.
  for (int i = 1; i < 100; ++i) {
    const double s = i / 100.0, wider = 1 - (1 - s) * (1 + width);
    CHECK(tail.TailProbability(s) >= exact(s) - 1e-12);
    CHECK(tail.TailProbability(s) <= exact(wider) + 1e-12);
  }
}

TEST_CASE("halves that end at different times merge as if learned together") {
  TailCalibrator whole(kDay), old(kDay), recent(kDay);
  SplitMix64 random(8);
  for (int i = 0; i < 4000; ++i) {
    const double score = random.Unit(), at = 1e9 + i * (4 * kDay / 4000);
    LearnAt(&whole, score, at);
    LearnAt(i < 2000 ? &old : &recent, score, at);
  }
  TailCalibrator other = recent;
  other.Merge(old);
  old.Merge(recent);
  for (const double score : {0.1, 0.5, 0.9, 0.99}) {
    CHECK(old.TailProbability(score) == Approx(whole.TailProbability(score)).epsilon(1e-3));
    CHECK(other.TailProbability(score) == Approx(whole.TailProbability(score)).epsilon(1e-3));
  }
  CHECK(old.learned() == 4000);
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

TEST_CASE("a snapshot of another half-life, size or format is refused; damaged bytes are found") {
  SplitMix64 random(2);
  TailCalibrator tail(5000);
  for (int i = 0; i < 12000; ++i) LearnAt(&tail, random.Unit(), 1e9 + i);
  const std::string saved = tail.Save();
  CHECK(TailCalibrator(6000).Load(saved).code() == Code::kInvalid);
  CHECK(TailCalibrator(5000, 5).Load(saved).code() == Code::kInvalid);
  CHECK(TailCalibrator(5000).Load("\x01" + saved.substr(1)).code() == Code::kInvalid);
  TailCalibrator fresh(5000);
  CHECK(fresh.Load("").code() == Code::kCorrupt);
  CHECK(fresh.Load(saved + "x").code() == Code::kCorrupt);
  for (size_t cut = 1; cut < saved.size(); cut += 13)
    CHECK(fresh.Load(saved.substr(0, cut)).code() == Code::kCorrupt);
  CHECK(fresh.learned() == 0);
  CHECK(fresh.Load(saved).ok());
  CHECK(fresh.Save() == saved);
  // It goes on fading from the time of the snapshot.
  LearnAt(&fresh, 0.5, 1e9 + 20000);
  LearnAt(&tail, 0.5, 1e9 + 20000);
  CHECK(fresh.Save() == tail.Save());
}

}  // namespace
}  // namespace bongsu
