// Local time of a zone of the IANA database (the system's copy), daylight saving included. The
// offset in force is remembered with its first and last second, so that the database is asked only
// when an event falls outside; for a live stream that is twice a year. One object a shard, one
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/status.h"
#include "engine/core/spec.h"
#include "engine/core/time.h"

namespace bongsu {

class TimeZone final {
 public:
  // kInvalid with a hint when the system knows no such zone.
  static Result<std::unique_ptr<TimeZone>> Make(const std::string& name);
  ~TimeZone();
  // Seconds since the epoch as a wall clock there would count them.
  int64_t LocalSeconds(Timestamp time);
  uint64_t lookups() const { return lookups_; }  // How often the database was asked.

 private:
  struct Zone;
  explicit TimeZone(std::unique_ptr<Zone> zone);
  std::unique_ptr<Zone> zone_;
  int64_t begin_ = 0, end_ = 0;  // The remembered offset is in force in [begin_, end_).
  int64_t offset_ = 0;
  uint64_t lookups_ = 0;
};

// The zone that an option names; null, with the problem at its place, when there is none.
std::unique_ptr<TimeZone> MakeZone(const Located<std::string>& name, BuildContext& context);

}  // namespace bongsu
