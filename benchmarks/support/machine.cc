#include "benchmarks/support/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "engine/base/strings.h"

namespace bongsu::benchmarks {
namespace {

// The text behind "<name>:" of a file in /proc; empty when there is none.
std::string Entry(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const size_t colon = line.find(':');
    const size_t begin =
        colon == std::string::npos ? colon : line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

double NumberOf(const std::string& text) {
  std::istringstream in(text);
  double number = 0;
  in >> number;
  return number;
}

}  // namespace

void WriteMachine(JsonWriter& json) {
  utsname kernel{};
  uname(&kernel);
  std::ifstream load("/proc/loadavg");
  double averages[3] = {};
  load >> averages[0] >> averages[1] >> averages[2];
  json.Key("machine").String(Entry("/proc/cpuinfo", "model name"));
  json.Key("cores").Int(sysconf(_SC_NPROCESSORS_ONLN));
  json.Key("memory_gib")
      .Double(static_cast<double>(
                  static_cast<int64_t>(NumberOf(Entry("/proc/meminfo", "MemTotal")) / 104857.6)) /
              10);
  json.Key("kernel").String(kernel.release);
  json.Key("compiler").String(StrCat("g++ ", __VERSION__));
  json.Key("flags").String(BONGSU_BENCH_FLAGS);
  json.Key("load").BeginArray();
  for (const double average : averages) json.Double(average);
  json.EndArray();
}

Usage UsageOf(pid_t pid) {
  const std::string folder = pid == 0 ? "/proc/self" : StrCat("/proc/", pid);
  Usage usage;
  usage.peak_bytes = static_cast<int64_t>(NumberOf(Entry(folder + "/status", "VmHWM")) * 1024);
  std::ifstream file(folder + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t end = text.rfind(')');  // The name of the program may hold anything.
  if (end == std::string::npos) return usage;
  std::istringstream rest(text.substr(end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  double user = 0, system = 0;
  rest >> user >> system;
  usage.cpu_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return usage;
}

}  // namespace bongsu::benchmarks
