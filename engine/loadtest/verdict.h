// What holds the engine back: one name, the figures that show it, and what to change. A pure
// function of what was measured, so that each case is a unit test. Any thread.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bongsu::loadtest {

enum class Language { kEnglish, kKorean };

enum class Bottleneck {
  kNone,          // The goal was met, and nowhere was it missed.
  kLoader,        // The load test itself could not keep up: the result is not valid.
  kBroker,        // Waiting for the broker to take or commit.
  kDisk,          // Waiting for the disk of data_dir.
  kThreads,       // More scoring threads would help, and there are cores and partitions for them.
  kCpu,           // Every core that scoring could use is used.
  kHotPartition,  // One partition gets more than the one thread that may score it can do.
  kFeatures,      // An event costs so much that no thread more would be enough.
  kLimit,         // events_per_second, of the process or of a source.
  kUnknown,       // The goal was missed and no figure says why.
};
std::string_view Name(Bottleneck bottleneck);  // "hot_partition"

// How a worker spent its time: shares of it. Beside its thread (poll, process, idle, throttle)
// batches are committed and stored.
struct WorkerShare {
  std::string name;  // "score-0", "ingest-0"
  double poll = 0, process = 0, commit = 0, store = 0, idle = 0, throttle = 0;
  double busy() const { return std::max(poll + process, commit + store); }
};

struct StageTime {
  std::string name;
  double micros = 0;  // The mean of one event.
};

struct Measurements {
  double target = 0;  // Events a second that were asked for.
  // Events a second whose results were committed: of a run that met its goal all that were due, of
  // one that missed it those within the measured time.
  double achieved = 0;
  double p99_ms = 0, goal_ms = 0;
  bool met = false;  // Target and goal.
  // Of the load test itself.
  double late_ms = 0;           // How late it sent: the 99th percentile.
  bool loader_limited = false;  // Too late for the result to be valid.
  bool pushed_back = false;     // The broker took less than was sent.
  double ack_ms = 0;            // From sending to the broker's answer: the median.
  double hot_share = 0;         // Of the events that are one person's.
  // Of the engine; empty when it does not say.
  std::vector<WorkerShare> workers;
  std::vector<StageTime> stages;
  std::vector<double> arrivals;  // Events a second, by partition of the input of scoring.
  std::vector<double> lag;       // Events, at the end.
  double scored = 0;             // Events a second, by its own count.
  double event_seconds = 0;      // Of a scoring thread that one event takes; 0: not known.
  double commit_ms = 0;          // The mean.
  double engine_cores = 0;       // CPU seconds a second.
  double state_bytes_per_second = 0;
  // Of its machine; 0 and nullopt when it is another one.
  int cores = 0;
  std::optional<double> machine_busy;            // Of all cores, 0 … 1.
  std::optional<double> disk_busy, io_pressure;  // Share of the time.
};

struct Verdict {
  Bottleneck bottleneck = Bottleneck::kNone;
  std::vector<std::string> evidence, advice;  // Sentences; advice names settings by their path.
};

// A worker that scores, by its name: "score-0", where others ingest.
bool Scores(const WorkerShare& worker);

Verdict Judge(const Measurements& measured, Language language = Language::kEnglish);

}  // namespace bongsu::loadtest
