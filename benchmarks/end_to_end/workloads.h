// The workloads of the end-to-end driver. Each runs the whole engine, or the whole of a role, on
// prepared data and gives its figures by name; main.cc lists them, repeats them and prints them.
// One thread unless it says otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/support/events.h"
#include "engine/app/engine_config.h"

namespace bongsu::benchmarks {

struct Options {
  std::string config;  // peers.yaml unless named.
  std::string input,
      format = "canonical";  // A file of events instead of made ones, and what they are.
  int64_t events = 200'000;
  int people = 100'000;
  uint64_t seed = 1;
  std::string shape = "many_people";
  std::string brokers;  // For the Kafka workloads.
  int partitions = 1, threads = 1;
  int batch = 10'000;    // Events a commit, where the workload commits itself; 0: no commits.
  double rate = 20'000;  // Events a second of `steady`, `burst` and `memory`, …
  double seconds = 10, warm_seconds = 3;  // … for so long, of which the first are not counted.
  int restarts = 20;                      // Of each kind, of `restart`.
  double threshold = 20;                  // Of timed alerts: a risk of 20 is every tenth event.
  // What a workload is about:
  bool everybody = false;  // All people are in state before the clock starts.
  size_t bad_every = 0;    // One of so many events is none.
  double burst = 1;        // So many times the rate in the middle fifth.
};

using Figures = std::vector<std::pair<std::string, double>>;

// File -> ingest -> embedded log -> score -> alerts, on RocksDB in a temporary directory: `bongsu
// replay`.
Result<Figures> InProcess(const Options& options);
// Canonical events -> ScoreShard, changelog records made and thrown away. State in memory, or in
// RocksDB.
Result<Figures> ScoreInMemory(const Options& options);
Result<Figures> ScoreOnDisk(const Options& options);
// A full `<prefix>.events` -> `bongsu run --roles score` -> committed positions at its end, exactly
// once.
Result<Figures> CatchUp(const Options& options);
// Events at a steady rate; from when an event was due to when a read_committed reader has its
// alert.
Result<Figures> Steady(const Options& options);

// How long it takes to be back: after a clean stop, after kill -9 under load, with a wiped disk,
// and for a warm standby to take over.
Result<Figures> Restart(const Options& options);

// Resident memory of the engine with everybody in state, over `seconds` of load at `rate`: medians
// and maxima of each quarter.
Result<Figures> Memory(const Options& options);

// The configuration of `options`, with variables besides those of the process.
using Variables = std::vector<std::pair<std::string, std::string>>;
Result<EngineConfig> LoadConfigOf(const Options& options, const Variables& variables);
// Canonical events as `options` say: made, or read from `input` through the decoder of its format.
Result<EventList> LoadEvents(const Options& options, const EngineConfig& config);

}  // namespace bongsu::benchmarks
