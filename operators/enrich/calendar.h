// Says when an event happened in the working life of the organisation: office hours, weekends and
// holidays in a time zone of the IANA database, daylight saving included. Runs in the enrich stage,
// on the thread of the shard. Fills derived fields that filters and scenarios may name:
//
//   off_hours, weekend, holiday   "true" / "false" (1 / 0)
//   hour                          0-23, local
//   weekday                       "mon" … "sun" (1 … 7)
//
// The opening second is inside the office hours, the closing second is not: with 09:00-18:00,
// 09:00:00 is on and 18:00:00 is off. Days that are not work days, and holidays, are off hours from
// end to end.
#pragma once

#include <string>
#include <vector>

#include "engine/core/spec.h"

namespace bongsu {

struct CalendarOptions {
  Located<std::string> zone{"Asia/Seoul", {}, {}};
  Located<std::string> office_hours{"09:00-18:00", {}, {}};
  std::vector<std::string> work_days = {"mon", "tue", "wed", "thu", "fri"};
  std::vector<Located<std::string>> holidays;
  static const FieldTable<CalendarOptions>& Fields();
};

OperatorSpec CalendarSpec();

}  // namespace bongsu
