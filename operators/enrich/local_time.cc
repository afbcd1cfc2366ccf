#include "operators/enrich/local_time.h"

#include <chrono>

namespace bongsu {
namespace {

bool Digits(std::string_view text, size_t at, size_t count, int* out) {
  *out = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return false;
    *out = *out * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

std::optional<int64_t> ParseDay(std::string_view text) {
  int year = 0, month = 0, day = 0;
  if (text.size() != 10 || !Digits(text, 0, 4, &year) || text[4] != '-' ||
      !Digits(text, 5, 2, &month) || text[7] != '-' || !Digits(text, 8, 2, &day)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<int64_t> ParseTimeOfDay(std::string_view text) {
  int hour = 0, minute = 0;
  if (text.size() != 5 || !Digits(text, 0, 2, &hour) || text[2] != ':' ||
      !Digits(text, 3, 2, &minute) || minute > 59 || hour * 60 + minute > 24 * 60) {
    return std::nullopt;
  }
  return hour * 3600 + minute * 60;
}

std::optional<int64_t> ParseLocalTime(std::string_view text) {
  if (text.size() != 16 || text[10] != 'T') return std::nullopt;
  const std::optional<int64_t> day = ParseDay(text.substr(0, 10));
  const std::optional<int64_t> second = ParseTimeOfDay(text.substr(11));
  if (!day || !second) return std::nullopt;
  return *day * kDaySeconds + *second;
}

}  // namespace bongsu
