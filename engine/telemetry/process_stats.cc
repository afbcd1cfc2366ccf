#include "engine/telemetry/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace bongsu {
namespace {

// The fields of proc/self/stat from the third on: the second, the program's name, may hold
// anything.
std::vector<std::string> StatFields(const std::string& proc) {
  std::ifstream file(proc + "/self/stat");
  std::stringstream text;
  text << file.rdbuf();
  const std::string line = text.str();
  std::vector<std::string> fields;
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(line.substr(name_end + 1));
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

double BootTime(const std::string& proc) {
  std::ifstream file(proc + "/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double MachineMemory(const std::string& proc) {
  std::ifstream file(proc + "/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("MemTotal:")) return std::stod(line.substr(9)) * 1024;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// A limit of any control group around this process holds. "max" in a file: it has none.
double MemoryLimit(const std::string& proc, const std::string& cgroups) {
  double limit = MachineMemory(proc);
  std::ifstream membership(proc + "/self/cgroup");
  for (std::string line; std::getline(membership, line);) {
    if (!line.starts_with("0::/")) continue;  // The others are of version 1.
    std::filesystem::path group = line.substr(3);
    for (;; group = group.parent_path()) {
      std::ifstream file(cgroups + group.string() + "/memory.max");
      if (double bytes = 0; file >> bytes) limit = std::fmin(limit, bytes);
      if (!group.has_relative_path()) break;
    }
  }
  return limit;
}

}  // namespace

ProcessStats ReadProcessStats(const std::string& proc, const std::string& cgroups) {
  ProcessStats stats;
  // Numbering of proc(5), shifted by the two fields that StatFields leaves out, from zero.
  constexpr size_t kUserTime = 14 - 3, kSystemTime = 15 - 3, kStart = 22 - 3, kResident = 24 - 3;
  const std::vector<std::string> fields = StatFields(proc);
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (fields.size() > kResident) {
    stats.cpu_seconds = (std::stod(fields[kUserTime]) + std::stod(fields[kSystemTime])) / ticks;
    stats.resident_bytes =
        std::stod(fields[kResident]) * static_cast<double>(sysconf(_SC_PAGESIZE));
    stats.start_time_seconds = BootTime(proc) + std::stod(fields[kStart]) / ticks;
  }
  stats.memory_limit_bytes = MemoryLimit(proc, cgroups);
  std::error_code error;
  std::filesystem::directory_iterator entry(proc + "/self/fd", error), end;
  if (!error) {
    // The scan itself holds one descriptor.
    double count = -1;
    for (; !error && entry != end; entry.increment(error)) ++count;
    stats.open_fds = count;
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = static_cast<double>(limit.rlim_cur);
  return stats;
}

}  // namespace bongsu
