// What the Kafka workloads share: topics of their own for one run, the engine on them, a clock, and
// waiting for the engine to get somewhere.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/end_to_end/kafka_client.h"
#include "benchmarks/end_to_end/program.h"
#include "benchmarks/end_to_end/workloads.h"
#include "benchmarks/support/scratch_dir.h"

namespace bongsu::benchmarks {

inline constexpr double kLongest = 300;  // Seconds without progress.

int64_t NowNanos();  // Monotonic.
void SleepMicros(int64_t micros);
double Since(int64_t nanos);  // Seconds.

// Of values in order; at least one.
double Quantile(const std::vector<double>& sorted, double q);

struct Stage {
  std::unique_ptr<ScratchDir> dir;
  Variables variables;
  EngineConfig config;
  std::string prefix;

  // `more` come on top of `variables`; the log is <instance>.log in `dir`.
  Result<std::unique_ptr<Program>> StartEngine(const Options& options, const Variables& more = {},
                                               const std::string& instance = "engine") const;
  Result<std::unique_ptr<PositionWatcher>> Watch(const Options& options) const;
};

Result<Stage> SetStage(const Options& options, double threshold);

// Waits until the engine stands at `wanted`.
Status WaitFor(PositionWatcher& watcher, Program& engine, int64_t wanted);

}  // namespace bongsu::benchmarks
