#include "engine/pipeline/activity.h"

#include <catch2/catch.hpp>

#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

TEST_CASE("what a thread spends adds up, and goes back to what it did before") {
  TestClock clock;
  TestMetrics metrics;
  ActivityTimes times(clock);
  {
    const ActivityScope polling(times, Activity::kPoll);
    clock.SleepFor(std::chrono::seconds(1));
    {
      const ActivityScope processing(times, Activity::kProcess);
      clock.SleepFor(std::chrono::seconds(4));
    }
    clock.SleepFor(std::chrono::seconds(2));
  }
  clock.SleepFor(std::chrono::seconds(8));
  times.Publish("score-0", metrics);
  times.Publish("score-0", metrics);
  const auto seconds = [&](const std::string& activity) {
    return metrics["worker_seconds_total{worker=score-0}{activity=" + activity + "}"];
  };
  CHECK(seconds("poll") == 3);
  CHECK(seconds("process") == 4);
  CHECK(seconds("idle") == 8);
  CHECK(seconds("commit") == 0);
}

}  // namespace
}  // namespace bongsu
