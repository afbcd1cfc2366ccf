// What a score shard counts between commits, in plain integers: added to the registry once a batch.
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/metrics.h"
#include "engine/core/time.h"

namespace bongsu {

struct ScoreCounts {
  int64_t scored = 0, late = 0, duplicates = 0, state_bytes = 0;
  std::map<std::string, int64_t> dead_letters, suppressed, control;
  std::map<std::pair<std::string, std::string>, int64_t> alerts;  // By severity and detector.

  // Alerts of these detectors are counted from zero.
  static void Begin(std::span<const std::string> detectors, Metrics& metrics);
  void AddRisk(double score, Metrics& metrics);
  // Of events that came at these times and are committed `now`.
  void AddLatencies(std::span<const Timestamp> came, Timestamp now, Metrics& metrics);
  // And begins anew.
  void Publish(Metrics& metrics);

 private:
  struct Observations {
    std::vector<double> counts;  // Of the histogram's buckets.
    double sum = 0;
    void Add(double value, Metrics::Histogram& histogram);
  };
  Observations risk_, latency_;
};

}  // namespace bongsu
