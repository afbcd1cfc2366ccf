#include "operators/enrich/office_hours.h"

#include <algorithm>
#include <optional>

#include "engine/base/strings.h"
#include "operators/enrich/local_time.h"

namespace bongsu {

// Day 0 was a Thursday.
size_t WeekdayOf(int64_t day) {
  return static_cast<size_t>((day % 7 + 7 + 3) % 7);
}

bool OfficeHours::Contain(int64_t day, int64_t second, const Holidays& holidays) const {
  const auto on = [&](int64_t of_day) {
    return works[WeekdayOf(of_day)] && (ignores_holidays || !holidays.Contains(of_day));
  };
  if (open < close) return second >= open && second < close && on(day);
  return (second >= open && on(day)) || (second < close && on(day - 1));
}

bool OfficeHours::SetHours(const Located<std::string>& text, Problems* problems) {
  const std::string_view hours = text.value;
  const std::optional<int64_t> from = ParseTimeOfDay(hours.substr(0, 5));
  const std::optional<int64_t> to =
      hours.size() == 11 && hours[5] == '-' ? ParseTimeOfDay(hours.substr(6)) : std::nullopt;
  if (!from || !to || *from == *to || *from == kDaySeconds) {
    problems->Add(text.mark, text.path,
                  StrCat("expected opening and closing time such as \"09:00-18:00\", got \"",
                         hours.substr(0, 100), "\""));
    return false;
  }
  open = *from;
  close = *to;
  return true;
}

void OfficeHours::SetWorkDays(const std::vector<std::string>& days) {
  for (size_t i = 0; i < kWeekdays.size(); ++i) {
    works[i] = std::find(days.begin(), days.end(), kWeekdays[i]) != days.end();
  }
}

}  // namespace bongsu
