// The slow, obvious answers that aggregates must agree with, from the list of all events.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "engine/base/random.h"
#include "tests/support/random_events.h"

namespace bongsu {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// No value is the same as no value.
inline bool Same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}
inline bool Near(double a, double b, double tolerance = 1e-6) {
  return Same(a, b) || std::abs(a - b) < tolerance * (1 + std::abs(b));
}

inline int64_t StepOf(Timestamp time, Duration window) {
  return static_cast<int64_t>(std::floor(static_cast<double>(time.time_since_epoch().count()) /
                                         static_cast<double>(window.count() / 32)));
}

// The events of the first `count` that a window sees after them: those of the newest 32 steps.
inline std::vector<RandomEvent> InWindow(const std::vector<RandomEvent>& events, size_t count,
                                         Duration window) {
  int64_t newest = StepOf(events.front().time, window);
  for (size_t i = 0; i < count; ++i) newest = std::max(newest, StepOf(events[i].time, window));
  std::vector<RandomEvent> seen;
  for (size_t i = 0; i < count; ++i) {
    if (StepOf(events[i].time, window) > newest - 32) seen.push_back(events[i]);
  }
  return seen;
}

// What is left of each matching part, at the newest match or at event `count` - 1 if that is later.
inline double Faded(const std::vector<RandomEvent>& events, size_t count, Duration half_life,
                    const std::function<double(const RandomEvent&)>& part) {
  Timestamp now = events[count - 1].time;
  for (size_t i = 0; i < count; ++i) {
    if (part(events[i]) != 0) now = std::max(now, events[i].time);
  }
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    sum += part(events[i]) * std::exp2(-ToSeconds(now - events[i].time) / ToSeconds(half_life));
  }
  return sum;
}

inline std::vector<RandomEvent> Shuffled(std::vector<RandomEvent> events, uint64_t seed) {
  SplitMix64 random(seed);
  for (size_t i = events.size(); i > 1; --i) std::swap(events[i - 1], events[random.Below(i)]);
  return events;
}

}  // namespace bongsu
