// Days and times of the day as tables and options write them. A local time is a count of seconds
// since 1970-01-01T00:00 on the wall clock of some zone; a day is a count of days since then.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bongsu {

inline constexpr int64_t kDaySeconds = 24 * 3600;

inline int64_t DayOf(int64_t local_seconds) {
  return local_seconds / kDaySeconds - (local_seconds % kDaySeconds < 0 ? 1 : 0);
}

// "YYYY-MM-DD"; nullopt when it is something else or no such day exists.
std::optional<int64_t> ParseDay(std::string_view text);
// "HH:MM" up to 24:00, as seconds of the day.
std::optional<int64_t> ParseTimeOfDay(std::string_view text);
// "YYYY-MM-DDTHH:MM", as local seconds.
std::optional<int64_t> ParseLocalTime(std::string_view text);

}  // namespace bongsu
