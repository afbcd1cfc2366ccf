// What an engine says of itself at one moment, from the text of its /metrics (Prometheus text
// format 0.0.4), and what the machine says; the difference of two is what a load test judges. Pure;
// any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/loadtest/verdict.h"

namespace bongsu::loadtest {

struct Snapshot {
  int64_t at = 0;  // Microseconds from the start of the run.
  // Of all engines together; names of workers are told apart by their engine where there are
  // several.
  std::map<std::string, std::map<std::string, double>> worker_seconds;  // By worker and activity.
  std::map<std::string, std::pair<double, double>> stages;  // Seconds and count, by stage.
  std::map<int, double> lag;                                // Of the input, by partition.
  double cpu_seconds = 0, scored = 0, alerts = 0, dead_letters = 0, state_bytes_written = 0;
  double commit_seconds = 0, commits = 0, resident_bytes = 0;
  // Of the machine; nullopt where it is another one or does not say.
  std::optional<double> machine_busy_seconds, machine_seconds;  // Over all cores.
  std::optional<double> disk_busy_seconds, io_stall_seconds;
};

// Adds what one engine says; `engine` tells its workers apart (empty: the only one), `input` is the
// topic whose lag counts.
void AddMetrics(std::string_view exposition, std::string_view engine, std::string_view input,
                Snapshot* sample);
// /proc/stat, in hundredths of a second; /proc/diskstats of the device `major:minor`;
// /proc/pressure/io. Text that is not as expected adds nothing.
void AddMachine(std::string_view stat, Snapshot* sample);
void AddDisk(std::string_view diskstats, unsigned major, unsigned minor, Snapshot* sample);
void AddPressure(std::string_view pressure, Snapshot* sample);

// What happened between the two: fills workers, stages, engine_cores, machine, disk, lag, commits,
// scored. Counters that went down (an engine that started again) give nothing.
void Compare(const Snapshot& from, const Snapshot& to, Measurements* measured);

}  // namespace bongsu::loadtest
