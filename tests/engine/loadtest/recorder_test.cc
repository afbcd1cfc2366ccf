#include "engine/loadtest/recorder.h"

#include <catch2/catch.hpp>

namespace bongsu::loadtest {
namespace {

constexpr int64_t kSecond = 1'000'000;

Schedule Warm(std::chrono::seconds measured = std::chrono::seconds(3)) {
  Profile profile;
  profile.target = 10;
  profile.warmup = std::chrono::seconds(2);
  profile.measured = measured;
  return *Schedule::Make(profile, 100);
}

}  // namespace

TEST_CASE("only events due in the measured time have a latency; only what was done in it counts") {
  Recorder recorder(Warm());
  recorder.Sent(kSecond, kSecond + 10);
  recorder.Done(kSecond, 3 * kSecond, false);  // Due in the warm-up, done after it.
  recorder.Sent(4 * kSecond, 4 * kSecond + 500);
  recorder.Done(4 * kSecond, 6 * kSecond, false);  // Due in time, done after the end.
  CHECK(recorder.sent() == 2);
  CHECK(recorder.measured_sent() == 1);
  CHECK(recorder.done_in_time() == 1);
  CHECK(recorder.due_done() == 1);
  CHECK(recorder.latency().count() == 1);
  CHECK(recorder.latency().max() == 2 * kSecond);
  CHECK(recorder.lateness().max() == 500);
}

TEST_CASE("what was never done is as late as the end, and nothing is left out") {
  Recorder recorder(Warm());
  recorder.Missing(3 * kSecond, 9 * kSecond, false);
  recorder.Missing(3 * kSecond, 9 * kSecond, true);  // A dead letter has no latency.
  CHECK(recorder.missing() == 2);
  CHECK(recorder.latency().count() == 1);
  CHECK(recorder.latency().max() == 6 * kSecond);
}

TEST_CASE("a long run needs no more intervals than a graph can show") {
  Recorder recorder(Warm(std::chrono::hours(24)));
  recorder.Done(0, 86'000 * kSecond, false);
  CHECK(recorder.intervals().size() <= 320);
  CHECK(recorder.interval() % kSecond == 0);
}

}  // namespace bongsu::loadtest
