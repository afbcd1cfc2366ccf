// Time as the engine knows it: microseconds since the epoch, UTC. Event time comes from the event.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace bongsu {

using Duration = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Duration>;

inline Timestamp FromMillis(int64_t ms) {
  return Timestamp(std::chrono::milliseconds(ms));
}
inline int64_t ToMillis(Timestamp t) {
  return std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
inline double ToSeconds(Duration d) {
  return static_cast<double>(d.count()) * 1e-6;
}

// RFC 3339 with offset ("2026-03-02T09:00:00.123+09:00", "…Z"); fraction up to nanoseconds, cut to
// microseconds.
Result<Timestamp> ParseRfc3339(std::string_view text);
// "2026-03-02T00:00:00.123Z"; milliseconds always written.
std::string FormatRfc3339(Timestamp t);

// A whole number with a unit: us, ms, s, m, h, d, w. No sign, no sum.
Result<Duration> ParseDuration(std::string_view text);
// The shortest exact form, such as "90s" or "1h"; "0s" for zero.
std::string FormatDuration(Duration d);

}  // namespace bongsu
