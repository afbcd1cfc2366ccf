#include "engine/pipeline/activity.h"

#include <utility>

namespace bongsu {
namespace {

constexpr std::string_view kNames[] = {"poll", "process",  "commit", "store",
                                       "idle", "throttle", "wait"};

}  // namespace

Activity ActivityTimes::Switch(Activity to) {
  const std::chrono::nanoseconds now = clock_.Fine();
  spent_[static_cast<size_t>(now_)] +=
      std::chrono::duration<double>(now - std::exchange(since_, now)).count();
  return std::exchange(now_, to);
}

void ActivityTimes::Publish(const std::string& worker, Metrics& metrics) {
  Switch(now_);
  for (size_t i = 0; i < spent_.size(); ++i) {
    metrics.GetCounter("worker_seconds_total", {{"worker", worker}, {"activity", kNames[i]}})
        .Add(std::exchange(spent_[i], 0));
  }
}

}  // namespace bongsu
