// What a worker does with its time (worker_seconds_total). One thread; what runs beside it is added
// by Spend.
#pragma once

#include <array>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/metrics.h"

namespace bongsu {

// kPoll: taking records from the partitions. kProcess: decoding and operators. kCommit: the broker
// takes and commits a transaction. kStore: writing state. kIdle: nothing to do. kThrottle: a limit
// forbids to go on. kWait: for a commit or a store that is under way. Commits and stores run beside
// the rest, which adds up to the thread's time.
enum class Activity { kPoll, kProcess, kCommit, kStore, kIdle, kThrottle, kWait };

class ActivityTimes {
 public:
  explicit ActivityTimes(const Clock& clock) : clock_(clock), since_(clock.Fine()) {}
  // From here on it does this; returns what it did.
  Activity Switch(Activity to);
  void Spend(Activity activity, double seconds) {
    spent_[static_cast<size_t>(activity)] += seconds;
  }
  // Adds what was spent since the last call.
  void Publish(const std::string& worker, Metrics& metrics);

 private:
  const Clock& clock_;
  std::chrono::nanoseconds since_;
  Activity now_ = Activity::kIdle;
  std::array<double, 7> spent_{};  // Seconds, by Activity.
};

// While it lives, the thread does this.
class ActivityScope {
 public:
  ActivityScope(ActivityTimes& times, Activity activity)
      : times_(times), before_(times.Switch(activity)) {}
  ~ActivityScope() { times_.Switch(before_); }
  ActivityScope(const ActivityScope&) = delete;
  ActivityScope& operator=(const ActivityScope&) = delete;

 private:
  ActivityTimes& times_;
  const Activity before_;
};

}  // namespace bongsu
