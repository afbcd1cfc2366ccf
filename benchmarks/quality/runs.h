// The trials of bench_quality: for each seed a generated bank, or a log with insiders planted in
// it, through the whole engine with the configuration under test, judged by what was planted. The
// same options give the same alerts, however many jobs run at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/app/trial.h"
#include "engine/base/status.h"
#include "engine/generate/bank.h"
#include "engine/generate/labels.h"

namespace bongsu::benchmarks {

struct QualityOptions {
  std::string config, budget = "3/day";
  uint64_t first_seed = 1, last_seed = 10;
  int jobs = 1;
  BankOptions bank{.people = 1000, .days = 60, .effects = {3, 5, 10}};  // As `bongsu demo`.
  // Plant in these files of canonical events instead of a bank; of `bank` count insiders and
  // effects.
  std::vector<std::string> inject;
  std::string tables;         // Of the log; empty: those that the configuration names.
  std::vector<Label> of_log;  // Whom the log itself has, besides those planted.
};

struct Run {
  uint64_t seed = 0;
  Trial trial;                       // Without the texts of the alerts.
  std::vector<std::string> missing;  // What could not be planted and why, a line each.
};

// By seed; the first error ends it.
Result<std::vector<Run>> RunSeeds(const QualityOptions& options);

}  // namespace bongsu::benchmarks
