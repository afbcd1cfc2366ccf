// What the kernel tells about this process, for the conventional process_* metrics. Any thread.
#pragma once

#include <cmath>
#include <limits>
#include <string>

namespace bongsu {

struct ProcessStats {  // NaN = the kernel did not tell.
  double cpu_seconds = std::numeric_limits<double>::quiet_NaN();
  double resident_bytes = std::numeric_limits<double>::quiet_NaN();
  double memory_limit_bytes = std::numeric_limits<double>::quiet_NaN();
  double open_fds = std::numeric_limits<double>::quiet_NaN();
  double max_fds = std::numeric_limits<double>::quiet_NaN();
  double start_time_seconds = std::numeric_limits<double>::quiet_NaN();  // Since the epoch.
};

// Reads `proc`/self, `proc`/stat and `proc`/meminfo, and limits of control groups (v2) below
// `cgroups`.
ProcessStats ReadProcessStats(const std::string& proc = "/proc",
                              const std::string& cgroups = "/sys/fs/cgroup");

}  // namespace bongsu
