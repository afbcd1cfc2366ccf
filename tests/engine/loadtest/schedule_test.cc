#include "engine/loadtest/schedule.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace bongsu::loadtest {
namespace {

using std::chrono::seconds;

constexpr int64_t kSecond = 1'000'000;

Schedule Made(const Profile& profile, double bound = 1e9) {
  Result<Schedule> schedule = Schedule::Make(profile, bound);
  INFO(schedule.status().message());
  REQUIRE(schedule.ok());
  return *std::move(schedule);
}

Profile Of(double target, seconds measured) {
  Profile profile;
  profile.target = target;
  profile.measured = measured;
  return profile;
}

}  // namespace

TEST_CASE("a constant rate is one event after the other, evenly") {
  const Schedule schedule = Made(Of(100, seconds(3)));
  REQUIRE(schedule.total() == 300);
  for (int64_t i = 0; i < 300; ++i) CHECK(std::abs(schedule.DueOf(i) - i * 10'000) <= 1);
  CHECK(schedule.end() == 3 * kSecond);
  CHECK(schedule.RateAt(-1) == 0);
  CHECK(schedule.RateAt(kSecond) == 100);
  CHECK(schedule.RateAt(3 * kSecond) == 0);
}

TEST_CASE(
    "a ramp begins at nothing and reaches the rate; the measured time begins after the warm-up") {
  Profile profile = Of(1000, seconds(5));
  profile.ramp = seconds(2);
  profile.warmup = seconds(1);
  const Schedule schedule = Made(profile);
  CHECK(schedule.measured_from() == 3 * kSecond);
  CHECK(schedule.RateAt(kSecond) == Approx(500));
  CHECK(schedule.CountBefore(2 * kSecond) == 1000);  // Half of what the rate would give.
  CHECK(schedule.total() == 1000 + 1000 + 5000);
}

TEST_CASE("due times never go back, and counting agrees with them") {
  Profile profile = Of(700, seconds(6));
  profile.ramp = seconds(3);
  profile.warmup = seconds(1);
  profile.steps = {300, 700, 50};
  profile.spikes = {{3, seconds(1), seconds(2)}, {0.5, seconds(5), seconds(5)}};
  const Schedule schedule = Made(profile);
  int64_t before = 0;
  for (int64_t i = 0; i < schedule.total(); ++i) {
    const int64_t due = schedule.DueOf(i);
    REQUIRE(due >= before);
    REQUIRE(due < schedule.end());
    REQUIRE(schedule.CountBefore(due + 200) > i);
    REQUIRE(schedule.CountBefore(due - 1) <= i + 1);
    before = due;
  }
}

TEST_CASE("steps share the measured time, and spikes multiply what is there") {
  Profile profile = Of(0, seconds(4));
  profile.steps = {100, 200};
  profile.spikes = {{3, seconds(1), seconds(2)}};
  const Schedule schedule = Made(profile);
  REQUIRE(schedule.steps().size() == 2);
  CHECK(schedule.steps()[1].from == 2 * kSecond);
  CHECK(schedule.RateAt(kSecond / 2) == 100);
  CHECK(schedule.RateAt(kSecond * 3 / 2) == 300);
  CHECK(schedule.RateAt(kSecond * 5 / 2) == 600);
  CHECK(schedule.RateAt(kSecond * 7 / 2) == 200);
  CHECK(schedule.total() == 100 + 300 + 600 + 200);
}

TEST_CASE("nothing goes above its bound") {
  Profile profile = Of(1000, seconds(10));
  CHECK(Schedule::Make(profile, 1000).ok());
  profile.spikes = {{1.5, seconds(1), seconds(1)}};
  const Result<Schedule> refused = Schedule::Make(profile, 1400);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.status().message() ==
        "the load would reach 1500 events/s, above the bound of 1400; lower it, or raise "
        "--max-rate");
  profile.spikes = {{2, seconds(10), seconds(1)}};
  CHECK_FALSE(Schedule::Make(profile, 1e9).ok());
  CHECK_FALSE(Schedule::Make(Of(0, seconds(1)), 1e9).ok());
  CHECK_FALSE(Schedule::Make(Of(5, seconds(0)), 1e9).ok());
}

TEST_CASE("a spike is a factor, a moment and a length") {
  const Result<Spike> spike = ParseSpike("2.5x@30s+10s");
  REQUIRE(spike.ok());
  CHECK(spike->factor == 2.5);
  CHECK(spike->at == seconds(30));
  CHECK(spike->length == seconds(10));
  CHECK(ParseSpike("3x@1m")->length == seconds(5));
  for (const char* wrong :
       {"", "3", "3x", "3x@", "x@3s", "3@3s", "-1x@3s", "3x@3s+", "3x@3s+0s", "3x@soon"}) {
    INFO(wrong);
    CHECK_FALSE(ParseSpike(wrong).ok());
  }
}

}  // namespace bongsu::loadtest
