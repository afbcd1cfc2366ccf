// Counters as the data path sees them. Every family (name, help, type, labels, buckets) is declared
// once, in engine/telemetry/metric_table.cc. The data path counts in plain integers and adds them
// here once a batch.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

namespace bongsu {

class Metrics {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  // Handles are cheap, thread-safe, and live as long as the Metrics.
  class Counter {
   public:
    virtual ~Counter() = default;
    virtual void Add(double delta) = 0;
  };
  class Gauge {
   public:
    virtual ~Gauge() = default;
    virtual void Set(double value) = 0;
  };
  class Histogram {
   public:
    virtual ~Histogram() = default;
    virtual void Observe(double value) = 0;
    // Many at once: counts by bucket of buckets(), the last one for +Inf, and the sum of the
    // values.
    virtual void ObserveMany(std::span<const double> counts, double sum) = 0;
    virtual std::span<const double> buckets() const = 0;
  };
  virtual ~Metrics() = default;
  // Name without the prefix `bongsu_`. A name or label that the table does not have is a broken
  // promise.
  virtual Counter& GetCounter(std::string_view name, Labels labels = {}) = 0;
  virtual Gauge& GetGauge(std::string_view name, Labels labels = {}) = 0;
  virtual Histogram& GetHistogram(std::string_view name, Labels labels = {}) = 0;
};

}  // namespace bongsu
