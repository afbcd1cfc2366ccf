#include "engine/core/time.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::array<std::pair<std::string_view, int64_t>, 7> kUnits = {{{"w", 604'800'000'000},
                                                                         {"d", 86'400'000'000},
                                                                         {"h", 3'600'000'000},
                                                                         {"m", 60'000'000},
                                                                         {"s", 1'000'000},
                                                                         {"ms", 1'000},
                                                                         {"us", 1}}};

bool Digits(std::string_view text, size_t at, size_t count, int* out) {
  if (at + count > text.size()) return false;
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  *out = value;
  return true;
}

Status BadTime(std::string_view text) {
  return Status::Invalid(
      StrCat("expected a time as RFC 3339 with offset, such as 2026-03-02T09:00:00+09:00, got \"",
             text.substr(0, 64), "\""));
}

}  // namespace

Result<Timestamp> ParseRfc3339(std::string_view text) {
  int year, month, day, hour, minute, second;
  if (text.size() < 20 || !Digits(text, 0, 4, &year) || text[4] != '-' ||
      !Digits(text, 5, 2, &month) || text[7] != '-' || !Digits(text, 8, 2, &day) ||
      (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || !Digits(text, 11, 2, &hour) ||
      text[13] != ':' || !Digits(text, 14, 2, &minute) || text[16] != ':' ||
      !Digits(text, 17, 2, &second)) {
    return BadTime(text);
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return BadTime(text);
  size_t at = 19;
  int64_t micros = 0;
  if (text[at] == '.') {
    int64_t scale = 100'000;
    const size_t first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      micros += (text[at] - '0') * scale;
    }
    if (at == first || at - first > 9) return BadTime(text);
  }
  int64_t offset_minutes = 0;
  if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    ++at;
  } else {
    int offset_hour, offset_minute;
    if (at >= text.size() || (text[at] != '+' && text[at] != '-') ||
        !Digits(text, at + 1, 2, &offset_hour) || at + 3 >= text.size() || text[at + 3] != ':' ||
        !Digits(text, at + 4, 2, &offset_minute) || offset_hour > 23 || offset_minute > 59) {
      return BadTime(text);
    }
    offset_minutes = offset_hour * 60 + offset_minute;
    if (text[at] == '-') offset_minutes = -offset_minutes;
    at += 6;
  }
  if (at != text.size()) return BadTime(text);
  const Timestamp local = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                          std::chrono::minutes(minute) + std::chrono::seconds(second) +
                          Duration(micros);
  return local - std::chrono::minutes(offset_minutes);
}

std::string FormatRfc3339(Timestamp t) {
  const auto days = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{days};
  const int64_t ms = std::chrono::floor<std::chrono::milliseconds>(t - days).count();
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(ms / 3'600'000),
                static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1'000 % 60),
                static_cast<int>(ms % 1'000));
  return buffer;
}

Result<Duration> ParseDuration(std::string_view text) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (error == std::errc() && count >= 0) {
    for (const auto& [name, micros] : kUnits) {
      if (unit == name && count <= std::numeric_limits<int64_t>::max() / micros)
        return Duration(count * micros);
    }
  }
  return Status::Invalid(StrCat("expected a duration such as 500ms, 30s, 5m, 1h or 30d, got \"",
                                text.substr(0, 64), "\""));
}

std::string FormatDuration(Duration d) {
  if (d.count() == 0) return "0s";
  for (const auto& [name, micros] : kUnits) {
    if (name != "w" && d.count() % micros == 0) return StrCat(d.count() / micros, name);
  }
  return StrCat(d.count(), "us");
}

}  // namespace bongsu
