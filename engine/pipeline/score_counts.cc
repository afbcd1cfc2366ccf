#include "engine/pipeline/score_counts.h"

#include <algorithm>

#include "engine/core/alert.h"

namespace bongsu {
namespace {

constexpr std::string_view kRisk = "user_risk_score", kLatency = "event_latency_seconds";

}  // namespace

void ScoreCounts::Observations::Add(double value, Metrics::Histogram& histogram) {
  const std::span<const double> buckets = histogram.buckets();
  counts.resize(buckets.size() + 1);
  const auto bucket = std::lower_bound(buckets.begin(), buckets.end(), value) - buckets.begin();
  counts[static_cast<size_t>(bucket)] += 1;
  sum += value;
}

void ScoreCounts::Begin(std::span<const std::string> detectors, Metrics& metrics) {
  for (const std::string& detector : detectors) {
    for (const Severity severity : {Severity::kInformational, Severity::kLow, Severity::kMedium,
                                    Severity::kHigh, Severity::kCritical}) {
      metrics.GetCounter("alerts_emitted_total",
                         {{"severity", SeverityName(severity)}, {"detector", detector}});
    }
  }
}

void ScoreCounts::AddRisk(double score, Metrics& metrics) {
  risk_.Add(score, metrics.GetHistogram(kRisk));
}

void ScoreCounts::AddLatencies(std::span<const Timestamp> came, Timestamp now, Metrics& metrics) {
  Metrics::Histogram& histogram = metrics.GetHistogram(kLatency);
  for (const Timestamp t : came) latency_.Add(std::max(0.0, ToSeconds(now - t)), histogram);
}

void ScoreCounts::Publish(Metrics& metrics) {
  const auto add = [&](std::string_view name, int64_t count, Metrics::Labels labels = {}) {
    if (count > 0) metrics.GetCounter(name, labels).Add(static_cast<double>(count));
  };
  add("events_scored_total", scored);
  add("events_late_total", late);
  add("events_duplicate_total", duplicates);
  add("state_bytes_written_total", state_bytes);
  for (const auto& [reason, count] : dead_letters)
    add("dead_letters_total", count, {{"reason", reason}});
  for (const auto& [reason, count] : suppressed)
    add("alerts_suppressed_total", count, {{"reason", reason}});
  for (const auto& [kind, count] : control) add("control_events_total", count, {{"kind", kind}});
  for (const auto& [labels, count] : alerts) {
    add("alerts_emitted_total", count, {{"severity", labels.first}, {"detector", labels.second}});
  }
  if (!risk_.counts.empty()) metrics.GetHistogram(kRisk).ObserveMany(risk_.counts, risk_.sum);
  if (!latency_.counts.empty())
    metrics.GetHistogram(kLatency).ObserveMany(latency_.counts, latency_.sum);
  *this = ScoreCounts();
}

}  // namespace bongsu
