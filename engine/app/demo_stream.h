// The bank of `bongsu demo`: people with working days and habits, and a few insiders planted among
// them. The same seed gives the same bytes. Canonical access events, one JSON object a line, in the
// order of time.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/base/status.h"
#include "engine/core/time.h"

namespace bongsu {

struct DemoOptions {
  int people = 240;
  int days = 28;  // From Monday 2026-03-02, Asia/Seoul.
  uint64_t seed = 1;
};

struct Planted {
  std::string kind;  // "off_hours_export", "stolen_credentials", "mass_download", "snooping"
  Timestamp from, to;
};

struct DemoBank {
  int64_t events = 0;
  std::map<std::string, Planted> planted;  // By user_id.
};

// Writes the events to `path`.
Result<DemoBank> WriteDemoStream(const DemoOptions& options, const std::string& path);

}  // namespace bongsu
