#include "operators/enrich/time_zone.h"

#include <date/tz.h>

#include <exception>
#include <vector>

#include "engine/base/strings.h"

namespace bongsu {

struct TimeZone::Zone {
  const date::time_zone* zone;
};

Result<std::unique_ptr<TimeZone>> TimeZone::Make(const std::string& name) {
  std::vector<std::string> known;
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) {
      known.push_back(zone.name());
      if (zone.name() != name) continue;
      zone.get_info(date::sys_seconds{});  // Reads the zone's file, so that no event has to.
      return std::unique_ptr<TimeZone>(new TimeZone(std::make_unique<Zone>(Zone{&zone})));
    }
  } catch (const std::exception& error) {
    return Status::Invalid(StrCat("time zones: cannot read the database of the system: ",
                                  std::string_view(error.what()), "; install the tzdata package"));
  }
  return Status::Invalid(
      StrCat("expected a time zone of the IANA database such as Asia/Seoul, got \"",
             std::string_view(name).substr(0, 100), "\"", DidYouMeanHint(name, known)));
}

TimeZone::TimeZone(std::unique_ptr<Zone> zone) : zone_(std::move(zone)) {}
TimeZone::~TimeZone() = default;

int64_t TimeZone::LocalSeconds(Timestamp time) {
  const auto now = std::chrono::floor<std::chrono::seconds>(time);
  const int64_t seconds = now.time_since_epoch().count();
  if (seconds < begin_ || seconds >= end_) {
    const date::sys_info info = zone_->zone->get_info(date::sys_seconds(now.time_since_epoch()));
    begin_ = info.begin.time_since_epoch().count();
    end_ = info.end.time_since_epoch().count();
    offset_ = info.offset.count();
    ++lookups_;
  }
  return seconds + offset_;
}

std::unique_ptr<TimeZone> MakeZone(const Located<std::string>& name, BuildContext& context) {
  Result<std::unique_ptr<TimeZone>> zone = TimeZone::Make(name.value);
  if (zone.ok()) return *std::move(zone);
  const bool given = name.mark.file != nullptr;
  context.problems.Add(given ? name.mark : context.mark, given ? name.path : context.path,
                       zone.status().message());
  return nullptr;
}

}  // namespace bongsu
