// Says when an event happened in the working life of the person: office hours, weekends and
// holidays of the person's branch, hours of the person's shift, approved overtime and leave. Times
// are local in a zone of the IANA database, daylight saving included, and everything is decided as
// of the event's own time. Runs in the enrich stage, on the thread of the shard; allocates nothing
// on the event path and asks the zone database twice a year for each branch. Fills derived fields
// that filters and scenarios may name:
//
//   off_hours, weekend, holiday   "true" / "false" (1 / 0)
//   overtime, on_leave            "true" / "false" (1 / 0)
//   hour                          0-23, local
//   weekday                       "mon" … "sun" (1 … 7)
//
// The opening second is inside the office hours, the closing second is not: with 09:00-18:00,
// 09:00:00 is on and 18:00:00 is off. Days that are not work days, and holidays, are off hours from
// end to end; hours over midnight belong to the day on which they begin. Wall clocks decide: in the
// hour that occurs twice in autumn both halves are judged alike.
//
// What a branch leaves out is as in the main calendar (its holidays and holiday_files count as
// one). A shift changes hours and work days of the branch, nothing else. A branch or shift that is
// not in the lists is as if none was named. Leave makes every event off hours; overtime turns off
// hours into office hours, unless the person is on leave.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/spec.h"
#include "operators/enrich/approvals.h"
#include "operators/enrich/holidays.h"
#include "operators/enrich/shared.h"

namespace bongsu {

struct BranchOptions {
  std::optional<Located<std::string>> zone, office_hours;
  std::optional<std::vector<std::string>> work_days;
  std::optional<std::vector<Located<std::string>>> holidays, holiday_files;
  std::shared_ptr<Shared<Holidays>> days = std::make_shared<Shared<Holidays>>();
  static const FieldTable<BranchOptions>& Fields();
};

struct ShiftOptions {
  std::optional<Located<std::string>> office_hours;
  std::optional<std::vector<std::string>> work_days;
  bool ignores_holidays = false;
  static const FieldTable<ShiftOptions>& Fields();
};

struct CalendarOptions {
  Located<std::string> zone{"Asia/Seoul", {}, {}};
  Located<std::string> office_hours{"09:00-18:00", {}, {}};
  std::vector<std::string> work_days = {"mon", "tue", "wed", "thu", "fri"};
  std::vector<Located<std::string>> holidays, holiday_files;
  Located<std::string> branch, shift;  // Fields of the event; empty = none.
  std::map<std::string, BranchOptions> branches;
  std::map<std::string, ShiftOptions> shifts;
  Located<std::string> approvals;
  std::shared_ptr<Shared<Approvals>> approved = std::make_shared<Shared<Approvals>>();
  std::shared_ptr<Shared<Holidays>> days = std::make_shared<Shared<Holidays>>();
  static const FieldTable<CalendarOptions>& Fields();
};

OperatorSpec CalendarSpec();

}  // namespace bongsu
