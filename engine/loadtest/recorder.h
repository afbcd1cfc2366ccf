// What one run of a load test saw: when events were due, sent and done, in intervals of equal
// length and as one histogram of the measured time. Times are microseconds from the start of the
// run. One thread at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/loadtest/histogram.h"
#include "engine/loadtest/schedule.h"

namespace bongsu::loadtest {

class Recorder final {
 public:
  explicit Recorder(const Schedule& schedule);

  void Sent(int64_t due, int64_t now);
  // Its result was committed (`bad`: it became a dead letter, which has no latency).
  void Done(int64_t due, int64_t now, bool bad);
  // Not done when the run ended at `now`: as late as that at least.
  void Missing(int64_t due, int64_t now, bool bad);

  struct Interval {
    int64_t from = 0;
    int64_t sent = 0, done = 0;  // By when that happened.
    Histogram latency;           // By when they were due.
  };
  const std::vector<Interval>& intervals() const { return intervals_; }
  int64_t interval() const { return interval_; }
  const Histogram& latency() const { return latency_; }    // Of events due in the measured time.
  const Histogram& lateness() const { return lateness_; }  // Sent after due, there.
  int64_t sent() const { return sent_; }                   // In all.
  int64_t measured_sent() const { return lateness_.count(); }
  int64_t done_in_time() const {
    return done_in_time_;
  }                                               // Within the measured time, whatever was due.
  int64_t due_done() const { return due_done_; }  // Due within it, whenever done.
  int64_t missing() const { return missing_; }
  const Schedule& schedule() const { return schedule_; }

 private:
  bool Measured(int64_t at) const {
    return at >= schedule_.measured_from() && at < schedule_.end();
  }
  Interval& At(int64_t time);

  const Schedule schedule_;
  int64_t interval_;
  std::vector<Interval> intervals_;
  Histogram latency_, lateness_;
  int64_t sent_ = 0, done_in_time_ = 0, due_done_ = 0, missing_ = 0;
};

}  // namespace bongsu::loadtest
