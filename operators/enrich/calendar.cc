#include "operators/enrich/calendar.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/strings.h"
#include "operators/enrich/time_zone.h"

namespace bongsu {
namespace {

constexpr int64_t kDay = 24 * 3600;
constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::array<std::string_view, 24> kHours = {
    "0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10", "11",
    "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"};

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}
// Day 0 was a Thursday. Monday is 0.
size_t WeekdayOf(int64_t day) {
  return static_cast<size_t>((day % 7 + 7 + 3) % 7);
}

Value Flag(bool on) {
  return on ? Value{"true", 1} : Value{"false", 0};
}

bool Digits(std::string_view text, size_t at, size_t count, int* out) {
  *out = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return false;
    *out = *out * 10 + (text[i] - '0');
  }
  return true;
}

// Seconds of the day, of "HH:MM" up to 24:00.
std::optional<int64_t> ClockTime(std::string_view text) {
  int hour = 0, minute = 0;
  if (text.size() != 5 || !Digits(text, 0, 2, &hour) || text[2] != ':' ||
      !Digits(text, 3, 2, &minute) || minute > 59 || hour * 60 + minute > 24 * 60) {
    return std::nullopt;
  }
  return hour * 3600 + minute * 60;
}

// Days since the epoch, of "YYYY-MM-DD".
std::optional<int64_t> Date(std::string_view text) {
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

// The rules, checked: which seconds of which days are office hours.
struct Rules {
  int64_t open = 0, close = 0;  // Seconds of the day; close < open goes over midnight.
  std::array<bool, 7> works{};
  std::vector<int64_t> holidays;  // Sorted days.

  bool Holiday(int64_t day) const {
    return std::binary_search(holidays.begin(), holidays.end(), day);
  }
  bool WorkDay(int64_t day) const { return works[WeekdayOf(day)] && !Holiday(day); }
  // Hours over midnight belong to the day on which they begin.
  bool OfficeHours(int64_t day, int64_t second) const {
    if (open < close) return second >= open && second < close && WorkDay(day);
    return (second >= open && WorkDay(day)) || (second < close && WorkDay(day - 1));
  }
};

struct Slots {
  size_t off_hours, weekend, holiday, hour, weekday;
};

class Calendar final : public Operator {
 public:
  Calendar(std::unique_ptr<TimeZone> zone, Rules rules, const Slots& slots)
      : zone_(std::move(zone)), rules_(std::move(rules)), slots_(slots) {}

  Result<Flow> Process(Event& event, Context&) override {
    const int64_t local = zone_->LocalSeconds(event.time);
    const int64_t day = FloorDiv(local, kDay);
    const int64_t second = local - day * kDay;
    const size_t weekday = WeekdayOf(day);
    const auto hour = static_cast<size_t>(second / 3600);
    event.fields[slots_.off_hours] = Flag(!rules_.OfficeHours(day, second));
    event.fields[slots_.weekend] = Flag(!rules_.works[weekday]);
    event.fields[slots_.holiday] = Flag(rules_.Holiday(day));
    event.fields[slots_.hour] = {kHours[hour], static_cast<double>(hour)};
    event.fields[slots_.weekday] = {kDays[weekday], static_cast<double>(weekday + 1)};
    return Flow::kNext;
  }

 private:
  const std::unique_ptr<TimeZone> zone_;
  const Rules rules_;
  const Slots slots_;
};

bool ParseOfficeHours(const Located<std::string>& text, Rules* rules, Problems* problems) {
  const std::string_view hours = text.value;
  const std::optional<int64_t> open = ClockTime(hours.substr(0, std::min<size_t>(5, hours.size())));
  const std::optional<int64_t> close =
      hours.size() == 11 && hours[5] == '-' ? ClockTime(hours.substr(6)) : std::nullopt;
  if (!open || !close || *open == *close || *open == kDay) {
    problems->Add(text.mark, text.path,
                  StrCat("expected opening and closing time such as \"09:00-18:00\", got \"",
                         hours.substr(0, 100), "\""));
    return false;
  }
  rules->open = *open;
  rules->close = *close;
  return true;
}

bool ParseHolidays(const std::vector<Located<std::string>>& dates, Rules* rules,
                   Problems* problems) {
  bool good = true;
  for (const Located<std::string>& text : dates) {
    const std::optional<int64_t> day = Date(text.value);
    if (day) {
      rules->holidays.push_back(*day);
      continue;
    }
    problems->Add(text.mark, text.path,
                  StrCat("expected a date such as 2026-03-01, got \"",
                         std::string_view(text.value).substr(0, 100), "\""));
    good = false;
  }
  std::sort(rules->holidays.begin(), rules->holidays.end());
  return good;
}

std::unique_ptr<Operator> Build(const CalendarOptions& options, BuildContext& context) {
  Rules rules;
  bool good = ParseOfficeHours(options.office_hours, &rules, &context.problems);
  good = ParseHolidays(options.holidays, &rules, &context.problems) && good;
  for (const std::string& day : options.work_days) {
    const auto found = std::find(kDays.begin(), kDays.end(), day);
    if (found != kDays.end()) rules.works[static_cast<size_t>(found - kDays.begin())] = true;
  }
  Result<std::unique_ptr<TimeZone>> zone = TimeZone::Make(options.zone.value);
  if (!zone.ok()) {
    const bool given = options.zone.mark.file != nullptr;
    context.problems.Add(given ? options.zone.mark : context.mark,
                         given ? options.zone.path : context.path, zone.status().message());
    good = false;
  }
  EventSchema& fields = context.schema.fields;
  const Slots slots{fields.AddDerived("off_hours"), fields.AddDerived("weekend"),
                    fields.AddDerived("holiday"), fields.AddDerived("hour"),
                    fields.AddDerived("weekday")};
  if (!good) return nullptr;
  return std::make_unique<Calendar>(*std::move(zone), std::move(rules), slots);
}

}  // namespace

const FieldTable<CalendarOptions>& CalendarOptions::Fields() {
  static const auto table =
      FieldTable<CalendarOptions>()
          .Field("zone", &CalendarOptions::zone, "A time zone of the IANA database.")
          .Field("office_hours", &CalendarOptions::office_hours,
                 "Opening and closing time, local; may go over midnight (\"22:00-06:00\").")
          .Field("work_days", &CalendarOptions::work_days, "The days with office hours.")
          .OneOf({kDays.begin(), kDays.end()})
          .Field("holidays", &CalendarOptions::holidays, "Dates without office hours.");
  return table;
}

OperatorSpec CalendarSpec() {
  return Spec<CalendarOptions>("calendar", Stage::kEnrich)
      .Summary("Says whether an event happened in office hours, at a weekend or on a holiday.")
      .Example(
          "calendar: {zone: Asia/Seoul, office_hours: \"09:00-18:00\", "
          "work_days: [mon, tue, wed, thu, fri], holidays: [2026-03-01, 2026-05-05]}")
      .Details(
          "Derives `off_hours`, `weekend` and `holiday` (\"true\" or \"false\", 1 or 0), `hour` "
          "(0-23, local) and `weekday` (\"mon\" to \"sun\", 1 to 7). The opening second is in "
          "office hours, the closing second is off. Holidays, and days that are not work days, "
          "are off all day; a weekend is any day that is not a work day. Daylight saving follows "
          "the time zone database of the system. Hours over midnight belong to the day on which "
          "they begin.")
      .Build(Build);
}

}  // namespace bongsu
