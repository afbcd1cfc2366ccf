// Times as foreign systems write them: RFC 3339, epochs, and patterns of strptime in a named zone.
// The only user of the time zone library in engine/decode; zones come from the system's tzdata. One
// object a thread.
#pragma once

#include <date/tz.h>

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/time.h"

namespace bongsu {

class TimeParser final {
 public:
  // rfc3339, epoch_s, epoch_ms, epoch_us, or a pattern such as "%d/%b/%Y:%H:%M:%S %z".
  Status AddFormat(std::string_view format);
  // Where patterns without %z tell the time; UTC at first.
  Status SetZone(const std::string& name);
  bool empty() const { return formats_.empty(); }

  // The first format that fits. A time that a change of the clock gives twice is the earlier one.
  std::optional<Timestamp> ParseText(std::string_view text);
  // A number, by the first epoch format.
  std::optional<Timestamp> ParseNumber(double number) const;

 private:
  enum class Kind { kRfc3339, kSeconds, kMillis, kMicros, kPattern };
  struct Format {
    Kind kind;
    std::string pattern;
    bool has_offset = false;
  };
  static double MicrosIn(Kind kind);
  std::optional<Timestamp> ParsePattern(const Format& format, std::string_view text);

  std::vector<Format> formats_;
  const date::time_zone* zone_ = nullptr;
  std::istringstream stream_;
};

}  // namespace bongsu
