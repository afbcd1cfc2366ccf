// What a load test found, and how it is said: a line of JSON, a page of text, a page of HTML. Pure;
// any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/loadtest/recorder.h"
#include "engine/loadtest/snapshot.h"
#include "engine/loadtest/verdict.h"

namespace bongsu::loadtest {

struct Run {
  explicit Run(const Schedule& schedule) : record(schedule) {}
  Recorder record;
  std::vector<Snapshot> samples;  // In order of time, over the measured time; may be empty.
  Measurements measured;
  Histogram alerts;     // From when an event was due to when its alert could be read.
  double round_ms = 0;  // Between two questions to the broker: the resolution of latencies. Median.
  std::string stopped;  // Why it ended early; empty: it did not.
};

// A run of the search for headroom.
struct Probe {
  double rate = 0, achieved = 0, p99_ms = 0;
  bool met = false;
};

struct LoadResult {
  explicit LoadResult(Run first) : run(std::move(first)), decisive(run.measured) {}
  std::vector<std::pair<std::string, std::string>> plan;  // What was announced before: name, value.
  std::string started;                                    // RFC 3339.
  Run run;
  std::vector<Probe> probes;
  std::optional<double> headroom_percent;  // Of the target; nullopt: not looked for.
  bool headroom_at_bound = false;          // There may be more.
  Measurements decisive;  // Of the lowest rate that missed the goal; else of the run.

  bool valid() const { return !run.measured.loader_limited; }
  bool passed() const { return valid() && run.measured.met && run.stopped.empty(); }
};

// One object on one line, without its end. Numbers that are not known are null.
std::string ResultJson(const LoadResult& result);
// For the terminal.
std::string ResultText(const LoadResult& result);
// One file that needs no other: style and graphs are inside.
std::string ResultHtml(const LoadResult& result, Language language);

}  // namespace bongsu::loadtest
