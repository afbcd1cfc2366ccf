// Metrics over prometheus-cpp: its registry and text format, never its HTTP server. One object a
// process, made by the composition root; any thread may add or scrape. The families are in
// metric_table.cc.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/metrics.h"

namespace bongsu {

enum class MetricKind { kCounter, kGauge, kHistogram };

// One family: everything that a user of the metric may rely on.
struct MetricSpec {
  std::string_view name;  // Without the prefix `bongsu_`.
  MetricKind kind;
  std::string_view help;
  std::span<const std::string_view> labels;
  std::span<const double> buckets;  // Of histograms.
  // Of the one label of a counter, where they are fixed: there from the start, at zero.
  std::span<const std::string_view> values;
};
std::span<const MetricSpec> MetricTable();

class PrometheusMetrics final : public Metrics {
 public:
  explicit PrometheusMetrics(std::string_view version);  // For build_info.
  ~PrometheusMetrics() override;

  Counter& GetCounter(std::string_view name, Labels labels = {}) override;
  // A gauge is left out of the scrape until it is set, and again when it is set to NaN: a partition
  // that moved away.
  Gauge& GetGauge(std::string_view name, Labels labels = {}) override;
  Histogram& GetHistogram(std::string_view name, Labels labels = {}) override;

  // Every family in Prometheus text format 0.0.4, with process_* read from /proc now.
  std::string Serialize() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bongsu
