// A campaign of faults against a real broker: the engine's processes under load, one fault after
// the other from the table (faults.h), and in the end the question whether the promises held. By
// the seed the same faults come in the same order; what the machine makes of them is its own.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "tests/faults/fleet.h"
#include "tests/faults/verify.h"
#include "tests/faults/watch.h"

namespace bongsu::faults {

struct CampaignOptions {
  std::string program;              // The engine with crash points.
  std::string clock_library;        // For clock/jump.
  std::vector<std::string> faults;  // Names or groups; empty: all.
  int cycles = 0;                   // Faults; 0: as many as there is time.
  double minutes = 0;               // 0: until the cycles are done.
  bool once = false;                // Each fault once, crash points until they are hit.
  bool brief = false;               // The shortest of every span.
  uint64_t seed = 1;
  int brokers = 1;
  int partitions = 4;
  int members = 3;
  int64_t history = 20'000;  // Events that are there before the processes start.
  int64_t rate = 1000;       // Events a second from then on.
  std::string kafka = "4.1.1";
  std::string roles = "ingest,score";
  std::string keep;  // The folder to work in, kept; empty: a temporary one.
};

struct Report {
  CampaignOptions options;
  std::map<std::string, int64_t> done;  // Fault -> times.
  std::vector<std::string> skipped;     // Faults that cannot be had here, and why.
  Fleet::Facts facts;
  Watch::Stillness stillness;
  int64_t sent = 0, aborted = 0;  // Events; transactions.
  double seconds = 0;             // Of faults.
  double to_lag_zero = -1;        // Seconds from the last fault; below 0: never.
  Verdict verdict;
  std::vector<std::string> broken;  // Promises, in words.
};

// Runs it, telling `progress` what it does. Fails where it could not be run.
Result<Report> RunCampaign(const CampaignOptions& options, std::ostream& progress);

std::string FormatText(const Report& report);
std::string FormatJson(const Report& report);

}  // namespace bongsu::faults
