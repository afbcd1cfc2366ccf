#include "operators/models/alert_budget.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include "engine/base/random.h"

namespace bongsu {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kHour = 3600, kDay = 86400, kStart = 1.77e9;

void Candidate(AlertBudget* budget, double risk, double seconds, bool alerted = false) {
  const double x[] = {risk, seconds, alerted ? 1.0 : 0.0};
  budget->Learn(x);
}

TEST_CASE("before there are candidates the threshold is the least, and there is room") {
  const AlertBudget budget(5);
  CHECK(budget.Threshold(60) == 60);
  CHECK(budget.HasRoom(kStart));
  CHECK(budget.Rate(0) == 0);
  CHECK(budget.Maturity() == 0);
}

TEST_CASE("while fewer come than people can look at, the threshold stays") {
  AlertBudget budget(5);
  for (int i = 0; i < 30 * 4; ++i) Candidate(&budget, 70, kStart + i * kDay / 4);
  CHECK(budget.Threshold(60) == 60);
}

TEST_CASE("when more come, it rises to the lowest risk whose rate is within the budget") {
  AlertBudget budget(10);
  SplitMix64 random(1);
  for (int i = 0; i < 60 * 100; ++i) {
    Candidate(&budget, 60 + 40 * random.Unit(), kStart + i * kDay / 100);
  }
  const double threshold = budget.Threshold(60);
  CHECK(budget.Rate(60) == Approx(100).epsilon(0.05));
  CHECK(threshold == Approx(96).margin(1));
  CHECK(budget.Rate(threshold) <= 10);
  CHECK(budget.Rate(threshold - 0.25) > 10);
  CHECK(budget.Threshold(98) == 98);
}

TEST_CASE("where everything is as risky as can be, only critical ones are left") {
  AlertBudget budget(1);
  for (int i = 0; i < 1000; ++i) Candidate(&budget, 100, kStart + i * 60);
  CHECK(budget.Threshold(60) > 100);
}

TEST_CASE("the rate of the first hour is no rate: a day is the least that is looked at") {
  AlertBudget budget(10);
  for (int i = 0; i < 8; ++i) Candidate(&budget, 90, kStart + i * 60);
  CHECK(budget.Rate(60) == Approx(8).epsilon(1e-3));
  CHECK(budget.Threshold(60) == 60);
  for (int i = 0; i < 8; ++i) Candidate(&budget, 90, kStart + i * 60);
  CHECK(budget.Threshold(60) == Approx(90.25));
}

TEST_CASE("it follows slowly: a flood of a month ago is almost forgotten") {
  AlertBudget budget(10);
  for (int i = 0; i < 7 * 100; ++i) Candidate(&budget, 80, kStart + i * kDay / 100);
  CHECK(budget.Threshold(60) > 80);
  Candidate(&budget, 62, kStart + 14 * kDay);
  CHECK(budget.Threshold(60) > 80);
  Candidate(&budget, 62, kStart + 45 * kDay);
  CHECK(budget.Threshold(60) == 60);
}

TEST_CASE("when the budget is used up there is no room until the window has passed") {
  AlertBudget budget(3);
  for (int i = 0; i < 3; ++i) {
    CHECK(budget.HasRoom(kStart + i * 60));
    Candidate(&budget, 90, kStart + i * 60, true);
  }
  for (const double hours : {0.1, 1.0, 12.0, 23.0, 23.9}) {
    CHECK_FALSE(budget.HasRoom(kStart + hours * kHour));
  }
  CHECK(budget.HasRoom(kStart + 26 * kHour));
  // A late one takes of today's room.
  CHECK_FALSE(budget.HasRoom(kStart - 10 * kHour));
}

TEST_CASE("candidates that were no alerts take no room") {
  AlertBudget budget(3);
  for (int i = 0; i < 50; ++i) Candidate(&budget, 70, kStart + i);
  CHECK(budget.HasRoom(kStart + 60));
}

TEST_CASE("a budget of less than one a day has a window as long as one takes") {
  AlertBudget budget(1.0 / 7);
  Candidate(&budget, 90, kStart, true);
  CHECK_FALSE(budget.HasRoom(kStart + 6 * kDay));
  CHECK_FALSE(budget.HasRoom(kStart + 7 * kDay - 1));
  CHECK(budget.HasRoom(kStart + 8 * kDay));
}

TEST_CASE("no window of a day, wherever it begins, has more alerts than the budget") {
  const int allowed = GENERATE(1, 7, 50);
  AlertBudget budget(allowed);
  SplitMix64 random(9);
  std::vector<double> alerts;
  double now = kStart;
  while (now < kStart + 30 * kDay) {
    now += random.Below(40) == 0 ? 6 * kHour * random.Unit() : 120 * random.Unit();
    if (!budget.HasRoom(now)) continue;
    alerts.push_back(now);
    Candidate(&budget, 90, now, true);
  }
  const auto count = static_cast<size_t>(allowed);
  for (size_t i = count; i < alerts.size(); ++i) REQUIRE(alerts[i] - alerts[i - count] >= kDay);
  CHECK(alerts.size() >= 26 * count);
}

TEST_CASE("a late candidate counts and does not turn the time back") {
  AlertBudget budget(3), in_time(3);
  Candidate(&budget, 90, kStart, true);
  Candidate(&budget, 90, kStart - 5 * kDay, true);
  Candidate(&in_time, 90, kStart, true);
  Candidate(&in_time, 90, kStart, true);
  CHECK(budget.Save() == in_time.Save());
}

TEST_CASE("an alert that is no news takes room, and says nothing about the rate") {
  AlertBudget budget(1);
  Candidate(&budget, kNaN, kStart, true);
  CHECK(budget.Rate(0) == 0);
  CHECK_FALSE(budget.HasRoom(kStart));
}

TEST_CASE("a time that is none is ignored") {
  AlertBudget budget(1);
  const std::string before = budget.Save();
  Candidate(&budget, 90, kNaN, true);
  Candidate(&budget, 90, std::numeric_limits<double>::infinity(), true);
  CHECK(budget.Save() == before);
}

TEST_CASE("a week makes it mature") {
  AlertBudget budget(5);
  Candidate(&budget, 70, kStart);
  Candidate(&budget, 70, kStart + 3.5 * kDay);
  CHECK(budget.Maturity() == Approx(0.5));
  Candidate(&budget, 70, kStart + 30 * kDay);
  CHECK(budget.Maturity() == 1);
}

TEST_CASE("the snapshot of another budget is refused, and damaged bytes are found") {
  AlertBudget budget(5), fresh(5);
  Candidate(&budget, 70, kStart, true);
  const std::string saved = budget.Save();
  CHECK(AlertBudget(6).Load(saved).code() == Code::kInvalid);
  CHECK(fresh.Load("").code() == Code::kCorrupt);
  CHECK(fresh.Load(saved + "x").code() == Code::kCorrupt);
  CHECK(fresh.Load(saved.substr(0, saved.size() / 2)).code() == Code::kCorrupt);
  CHECK(fresh.Rate(0) == 0);
  CHECK(fresh.Load(saved).ok());
  CHECK(fresh.Save() == saved);
}

}  // namespace
}  // namespace bongsu
