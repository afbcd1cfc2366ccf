// Where alerts and people's risks were left, read from the beginning: a file of JSON lines, the
// topic on the configured broker, or the log that a run without a broker keeps under data_dir. The
// newest record of one alert or one person. Behind `bongsu explain`. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/app/engine_config.h"
#include "engine/core/time.h"

namespace bongsu {

struct StoredRecords {
  enum class Kind { kAlerts, kUserRisks };
  Kind kind = Kind::kAlerts;
  std::string file;                      // .gz too, - for standard input; empty: as configured.
  const EngineConfig* config = nullptr;  // May be null with a file.
};

// Without a broker the alerts are read from sinks.alerts_file where there is one: a run holds the
// log under data_dir for itself. Errors name what was searched; kNotFound when nothing fits.

// The latest revision of the alert whose uid is `uid` or, alone, begins with it; `uid.s3` will do.
Result<std::string> FindAlert(const StoredRecords& where, std::string_view uid);
// The latest risk of the person; with `at` the one that held at that moment. A topic keeps little
// more than the latest, a file of `replay --user-risk` all of them.
Result<std::string> FindUserRisk(const StoredRecords& where, std::string_view user,
                                 std::optional<Timestamp> at = std::nullopt);

}  // namespace bongsu
