// Sets up the log: one JSON object a line with ECS field names, or readable text. Everybody logs
// through spdlog; the composition root installs what MakeLogger returns. Any thread may log.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <ostream>
#include <string>

#include "engine/base/status.h"
#include "engine/core/metrics.h"

namespace bongsu {

struct LogOptions {
  std::string level = "info";   // trace, debug, info, warning, error, critical, off.
  std::string format = "json";  // json or text.
  std::string service = "bongsu";
};

// Writes to `out` (of the process: std::cerr), a line at a time. `errors` counts lines at level
// error and above (log_errors_total); may be null. Both must outlive the logger. kInvalid when an
// option is unknown.
Result<std::shared_ptr<spdlog::logger>> MakeLogger(const LogOptions& options, std::ostream* out,
                                                   Metrics::Counter* errors);

// MakeLogger to standard error, installed as spdlog's default.
Status SetUpLogging(const LogOptions& options, Metrics::Counter* errors);

}  // namespace bongsu
