#include "engine/pipeline/stage_times.h"

#include <algorithm>

namespace bongsu {
namespace {

constexpr std::string_view kNames[] = {"decode", "timers",  "state",  "normalize",
                                       "enrich", "profile", "detect", "score",
                                       "decide", "learn",   "emit"};

}  // namespace

void StageTimes::Start() {
  spent_.fill(0);
  part_.reset();
}

void StageTimes::Switch(size_t part) {
  const std::chrono::nanoseconds now = clock_.Fine();
  if (part_) spent_[*part_] += std::chrono::duration<double>(now - since_).count();
  part_ = part;
  since_ = now;
}

void StageTimes::Finish() {
  Switch(0);
  following_ = false;
  for (size_t part = 0; part < kParts; ++part) {
    if (spent_[part] > 0) seen_[part].push_back(spent_[part]);
  }
}

void StageTimes::Publish(Metrics& metrics) {
  static_assert(std::size(kNames) == kParts);
  for (size_t part = 0; part < kParts; ++part) {
    if (seen_[part].empty()) continue;
    Metrics::Histogram& histogram =
        metrics.GetHistogram("stage_duration_seconds", {{"stage", kNames[part]}});
    for (const double seconds : seen_[part]) histogram.Observe(seconds);
    seen_[part].clear();
  }
}

}  // namespace bongsu
