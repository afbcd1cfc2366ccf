#include "operators/enrich/calendar.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/strings.h"
#include "operators/enrich/flag.h"
#include "operators/enrich/holidays.h"
#include "operators/enrich/local_time.h"
#include "operators/enrich/office_hours.h"
#include "operators/enrich/time_zone.h"

namespace bongsu {
namespace {

constexpr std::array<std::string_view, 24> kHours = {
    "0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10", "11",
    "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23"};

struct Branch {
  std::string name;
  std::unique_ptr<TimeZone> zone;
  OfficeHours hours;
  Holidays holidays;
};

struct Shift {
  std::string name;
  OfficeHours hours;
  bool own_hours = false, own_days = false, ignores_holidays = false;
};

struct Parts {
  Branch main;
  std::vector<Branch> branches;  // By name.
  std::vector<Shift> shifts;     // By name.
  std::shared_ptr<const Approvals> approvals;
  std::optional<size_t> branch_slot, shift_slot;
};

struct Slots {
  size_t off_hours, weekend, holiday, overtime, on_leave, hour, weekday;
};

// What the list has under the event's value of `slot`, or null.
template <typename T>
T* Chosen(std::vector<T>& list, std::optional<size_t> slot, const Event& event) {
  if (!slot || !event.fields[*slot].present()) return nullptr;
  const std::string_view name = event.fields[*slot].text;
  const auto found =
      std::lower_bound(list.begin(), list.end(), name,
                       [](const T& item, std::string_view key) { return item.name < key; });
  return found != list.end() && found->name == name ? &*found : nullptr;
}

class Calendar final : public Operator {
 public:
  Calendar(Parts parts, const Slots& slots) : parts_(std::move(parts)), slots_(slots) {}

  Result<Flow> Process(Event& event, Context&) override {
    Branch* const chosen = Chosen(parts_.branches, parts_.branch_slot, event);
    Branch& branch = chosen != nullptr ? *chosen : parts_.main;
    const OfficeHours hours = HoursOf(branch, event);
    const int64_t local = branch.zone->LocalSeconds(event.time);
    const int64_t day = DayOf(local);
    const int64_t second = local - day * kDaySeconds;
    const size_t weekday = WeekdayOf(day);
    const auto hour = static_cast<size_t>(second / 3600);
    const bool regular = hours.Contain(day, second, branch.holidays);
    const Approvals::Approved approved =
        parts_.approvals ? parts_.approvals->At(event.user, local) : Approvals::Approved{};
    const bool overtime = approved.overtime && !approved.leave && !regular;
    event.fields[slots_.off_hours] = Flag(approved.leave || !(regular || overtime));
    event.fields[slots_.weekend] = Flag(!hours.works[weekday]);
    event.fields[slots_.holiday] = Flag(branch.holidays.Contains(day));
    event.fields[slots_.overtime] = Flag(overtime);
    event.fields[slots_.on_leave] = Flag(approved.leave);
    event.fields[slots_.hour] = {kHours[hour], static_cast<double>(hour)};
    event.fields[slots_.weekday] = {kWeekdays[weekday], static_cast<double>(weekday + 1)};
    return Flow::kNext;
  }

 private:
  OfficeHours HoursOf(const Branch& branch, const Event& event) {
    OfficeHours hours = branch.hours;
    const Shift* const shift = Chosen(parts_.shifts, parts_.shift_slot, event);
    if (shift == nullptr) return hours;
    if (shift->own_hours) {
      hours.open = shift->hours.open;
      hours.close = shift->hours.close;
    }
    if (shift->own_days) hours.works = shift->hours.works;
    hours.ignores_holidays = shift->ignores_holidays;
    return hours;
  }

  Parts parts_;
  const Slots slots_;
};

class Builder {
 public:
  Builder(const CalendarOptions& options, BuildContext* context)
      : options_(options), context_(*context) {}

  // False when there was a problem.
  bool Build(Parts* parts) {
    BuildMain(&parts->main);
    for (const auto& [name, branch] : options_.branches) BuildBranch(name, branch, parts);
    for (const auto& [name, shift] : options_.shifts) BuildShift(name, shift, parts);
    parts->branch_slot = Field(options_.branch, !options_.branches.empty(), "branch");
    parts->shift_slot = Field(options_.shift, !options_.shifts.empty(), "shift");
    if (!options_.approvals.value.empty()) {
      parts->approvals = options_.approved->Get([&] {
        return Approvals::Load(options_.approvals, TableFolder(context_), &context_.problems);
      });
      good_ = parts->approvals != nullptr && good_;
    }
    return good_;
  }

 private:
  void BuildMain(Branch* main) {
    main->zone = MakeZone(options_.zone, context_);
    Require(main->zone != nullptr);
    Require(main->hours.SetHours(options_.office_hours, &context_.problems));
    main->hours.SetWorkDays(options_.work_days);
    AddHolidays(options_.holidays, options_.holiday_files, *options_.days, &main->holidays);
  }

  void BuildBranch(const std::string& name, const BranchOptions& options, Parts* parts) {
    Branch& branch = parts->branches.emplace_back();
    branch.name = name;
    branch.zone = MakeZone(options.zone.value_or(options_.zone), context_);
    Require(branch.zone != nullptr);
    branch.hours = parts->main.hours;
    if (options.office_hours) {
      Require(branch.hours.SetHours(*options.office_hours, &context_.problems));
    }
    if (options.work_days) branch.hours.SetWorkDays(*options.work_days);
    if (!options.holidays && !options.holiday_files) {
      branch.holidays = parts->main.holidays;
      return;
    }
    AddHolidays(options.holidays.value_or(Names()), options.holiday_files.value_or(Names()),
                *options.days, &branch.holidays);
  }

  void BuildShift(const std::string& name, const ShiftOptions& options, Parts* parts) {
    Shift& shift = parts->shifts.emplace_back();
    shift.name = name;
    shift.own_hours = options.office_hours.has_value();
    shift.own_days = options.work_days.has_value();
    shift.ignores_holidays = options.ignores_holidays;
    if (shift.own_hours) Require(shift.hours.SetHours(*options.office_hours, &context_.problems));
    if (shift.own_days) shift.hours.SetWorkDays(*options.work_days);
  }

  // The field that chooses from a list; a list without one would never be looked at.
  std::optional<size_t> Field(const Located<std::string>& name, bool listed,
                              std::string_view option) {
    if (name.value.empty()) {
      if (listed) {
        context_.problems.Add(context_.mark, context_.path,
                              StrCat("expected the field that names the ", option, ", such as ",
                                     option, ": person.", option, ", got none"));
      }
      Require(!listed);
      return std::nullopt;
    }
    const std::optional<size_t> slot = context_.Field(name);
    Require(slot.has_value());
    return slot;
  }

  using Names = std::vector<Located<std::string>>;
  void AddHolidays(const Names& dates, const Names& files, Shared<Holidays>& shared,
                   Holidays* holidays) {
    const auto load = [&]() -> std::shared_ptr<const Holidays> {
      const auto days = std::make_shared<Holidays>();
      const bool dated = days->AddDates(dates, &context_.problems);
      const bool read = days->AddFiles(files, TableFolder(context_), &context_.problems);
      return dated && read ? days : nullptr;
    };
    const std::shared_ptr<const Holidays> days = shared.Get(load);
    Require(days != nullptr);
    if (days != nullptr) *holidays = *days;
  }

  void Require(bool good) { good_ = good_ && good; }

  const CalendarOptions& options_;
  BuildContext& context_;
  bool good_ = true;
};

std::unique_ptr<Operator> Build(const CalendarOptions& options, BuildContext& context) {
  Parts parts;
  const bool good = Builder(options, &context).Build(&parts);
  EventSchema& fields = context.schema.fields;
  const Slots slots{fields.AddDerived("off_hours", true), fields.AddDerived("weekend", true),
                    fields.AddDerived("holiday", true),   fields.AddDerived("overtime", true),
                    fields.AddDerived("on_leave", true),  fields.AddDerived("hour"),
                    fields.AddDerived("weekday")};
  if (!good) return nullptr;
  return std::make_unique<Calendar>(std::move(parts), slots);
}

std::vector<std::string> WeekdayNames() {
  return {kWeekdays.begin(), kWeekdays.end()};
}

constexpr char kZoneHelp[] = "A time zone of the IANA database.";
constexpr char kHoursHelp[] =
    "Opening and closing time, local; may go over midnight (\"22:00-06:00\").";
constexpr char kDaysHelp[] = "The days with office hours.";
constexpr char kHolidaysHelp[] = "Dates without office hours.";
constexpr char kFilesHelp[] =
    "CSV files date,name,kind of more such dates; relative to the configuration file.";

}  // namespace

const FieldTable<BranchOptions>& BranchOptions::Fields() {
  static const auto table = FieldTable<BranchOptions>()
                                .Field("zone", &BranchOptions::zone, kZoneHelp)
                                .Field("office_hours", &BranchOptions::office_hours, kHoursHelp)
                                .Field("work_days", &BranchOptions::work_days, kDaysHelp)
                                .OneOf(WeekdayNames())
                                .Field("holidays", &BranchOptions::holidays, kHolidaysHelp)
                                .Field("holiday_files", &BranchOptions::holiday_files, kFilesHelp);
  return table;
}

const FieldTable<ShiftOptions>& ShiftOptions::Fields() {
  static const auto table = FieldTable<ShiftOptions>()
                                .Field("office_hours", &ShiftOptions::office_hours, kHoursHelp)
                                .Field("work_days", &ShiftOptions::work_days, kDaysHelp)
                                .OneOf(WeekdayNames())
                                .Field("ignores_holidays", &ShiftOptions::ignores_holidays,
                                       "Whether the shift works on holidays too.");
  return table;
}

const FieldTable<CalendarOptions>& CalendarOptions::Fields() {
  static const auto table =
      FieldTable<CalendarOptions>()
          .Field("zone", &CalendarOptions::zone, kZoneHelp)
          .Field("office_hours", &CalendarOptions::office_hours, kHoursHelp)
          .Field("work_days", &CalendarOptions::work_days, kDaysHelp)
          .OneOf(WeekdayNames())
          .Field("holidays", &CalendarOptions::holidays, kHolidaysHelp)
          .Field("holiday_files", &CalendarOptions::holiday_files, kFilesHelp)
          .Field("branch", &CalendarOptions::branch,
                 "The field with the name of the person's branch, such as person.branch.")
          .Field("branches", &CalendarOptions::branches,
                 "By name: zone, office_hours, work_days, holidays, holiday_files; what is left "
                 "out is as above.")
          .Field("shift", &CalendarOptions::shift,
                 "The field with the name of the person's shift, such as person.shift.")
          .Field("shifts", &CalendarOptions::shifts,
                 "By name: office_hours and work_days instead of the branch's, and "
                 "ignores_holidays (default false).")
          .Field("approvals", &CalendarOptions::approvals,
                 "A CSV file user_id,kind,from,to of approved overtime and leave; relative to the "
                 "configuration file.");
  return table;
}

OperatorSpec CalendarSpec() {
  return Spec<CalendarOptions>("calendar", Stage::kEnrich)
      .Summary("Says whether the person works at that time: hours, shifts, holidays, leave.")
      .Example(
          "calendar: {zone: Asia/Seoul, office_hours: \"09:00-18:00\", "
          "work_days: [mon, tue, wed, thu, fri], holidays: [2026-03-01, 2026-05-05], "
          "branch: person.branch, branches: {london: {zone: Europe/London, office_hours: "
          "\"09:00-17:30\", holidays: [2026-12-25]}}, "
          "shift: person.shift, shifts: {night: {office_hours: \"22:00-06:00\"}}}")
      .Details(
          "Derives `off_hours`, `weekend`, `holiday`, `overtime` and `on_leave` (\"true\" or "
          "\"false\", 1 or 0), `hour` (0-23, local) and `weekday` (\"mon\" to \"sun\", 1 to 7). "
          "The opening second is in office hours, the closing second is off. Holidays, and days "
          "that are not work days, are off all day; a weekend is any day that is not a work day. "
          "Daylight saving follows the time zone database of the system. Hours over midnight "
          "belong to the day on which they begin.\n\n"
          "A branch leaves out what is as in the main calendar; `holidays` and `holiday_files` "
          "count as one there. A shift keeps zone and holidays of the branch. A person whose "
          "branch or shift is not in the list follows the main calendar. The kinds of a holiday "
          "file are public, substitute, temporary, labor and company: all are days off; "
          "`calendars/kr.csv` has Korea's.\n\n"
          "The kinds of an approval are overtime and leave, `from` and `to` are local times such "
          "as 2026-03-02T18:00 in the person's zone. Approved overtime turns off hours into "
          "office hours, and `overtime` says so; approved leave makes every event off hours.")
      .Build(Build);
}

}  // namespace bongsu
