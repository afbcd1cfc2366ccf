#include "engine/loadtest/recorder.h"

#include <algorithm>

namespace bongsu::loadtest {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kIntervals = 300;  // At most, so that a run of a day needs no more memory.

}  // namespace

Recorder::Recorder(const Schedule& schedule)
    : schedule_(schedule), interval_(kSecond * ((schedule.end() / kIntervals) / kSecond + 1)) {}

Recorder::Interval& Recorder::At(int64_t time) {
  // What comes after the end (the rest of a backlog) belongs to the last interval.
  const int64_t within = std::clamp<int64_t>(time, 0, schedule_.end() + 10 * interval_);
  const auto index = static_cast<size_t>(within / interval_);
  while (intervals_.size() <= index) {
    intervals_.push_back({static_cast<int64_t>(intervals_.size()) * interval_, 0, 0, {}});
  }
  return intervals_[index];
}

void Recorder::Sent(int64_t due, int64_t now) {
  ++sent_;
  ++At(now).sent;
  if (Measured(due)) lateness_.Record(now - due);
}

void Recorder::Done(int64_t due, int64_t now, bool bad) {
  ++At(now).done;
  if (Measured(now)) ++done_in_time_;
  if (Measured(due)) ++due_done_;
  if (bad) return;
  At(due).latency.Record(now - due);
  if (Measured(due)) latency_.Record(now - due);
}

void Recorder::Missing(int64_t due, int64_t now, bool bad) {
  ++missing_;
  if (bad) return;
  At(due).latency.Record(now - due);
  if (Measured(due)) latency_.Record(now - due);
}

}  // namespace bongsu::loadtest
