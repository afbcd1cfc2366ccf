// Which seconds of which days of the week are office hours, and how options say it. Plain data,
// built with the pipeline.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/spec.h"
#include "operators/enrich/holidays.h"

namespace bongsu {

inline constexpr std::array<std::string_view, 7> kWeekdays = {"mon", "tue", "wed", "thu",
                                                              "fri", "sat", "sun"};

// Of a day since 1970-01-01; Monday is 0.
size_t WeekdayOf(int64_t day);

struct OfficeHours {
  int64_t open = 0, close = 0;  // Seconds of the day; close < open goes over midnight.
  std::array<bool, 7> works{};
  bool ignores_holidays = false;

  // Whether `second` of `day` is within; hours over midnight belong to the day they begin on.
  bool Contain(int64_t day, int64_t second, const Holidays& holidays) const;

  // "09:00-18:00"; false, with the problem, when it is something else.
  bool SetHours(const Located<std::string>& text, Problems* problems);
  // Names out of kWeekdays.
  void SetWorkDays(const std::vector<std::string>& days);
};

}  // namespace bongsu
