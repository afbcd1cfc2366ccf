#include "engine/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <sstream>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/strings.h"
#include "engine/telemetry/process_stats.h"

namespace bongsu {
namespace {

class CounterHandle final : public Metrics::Counter {
 public:
  explicit CounterHandle(prometheus::Counter* counter) : counter_(counter) {}
  void Add(double delta) override {
    BONGSU_CHECK(delta >= 0);
    counter_->Increment(delta);
  }

 private:
  prometheus::Counter* counter_;
};

class GaugeHandle final : public Metrics::Gauge {
 public:
  explicit GaugeHandle(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void Set(double value) override { gauge_->Set(value); }

 private:
  prometheus::Gauge* gauge_;
};

class HistogramHandle final : public Metrics::Histogram {
 public:
  HistogramHandle(prometheus::Histogram* histogram, std::span<const double> buckets)
      : histogram_(histogram), buckets_(buckets) {}
  void Observe(double value) override { histogram_->Observe(value); }
  void ObserveMany(std::span<const double> counts, double sum) override {
    BONGSU_CHECK(counts.size() == buckets_.size() + 1);
    histogram_->ObserveMultiple({counts.begin(), counts.end()}, sum);
  }
  std::span<const double> buckets() const override { return buckets_; }

 private:
  prometheus::Histogram* histogram_;
  std::span<const double> buckets_;
};

[[noreturn]] void Undeclared(std::string_view name, std::string_view what) {
  const std::string message =
      StrCat("metric \"", name, "\" ", what, "; declare it in engine/telemetry/metric_table.cc");
  CheckFailed(__FILE__, __LINE__, message.c_str());
}

prometheus::MetricFamily OneValue(std::string name, std::string help, prometheus::MetricType type,
                                  double value) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  prometheus::ClientMetric metric;
  metric.counter.value = value;
  metric.gauge.value = value;
  family.metric.push_back(std::move(metric));
  return family;
}

void AddProcess(std::vector<prometheus::MetricFamily>* families) {
  using prometheus::MetricType;
  const ProcessStats stats = ReadProcessStats();
  const auto add = [families](const char* name, const char* help, MetricType type, double value) {
    if (!std::isnan(value)) families->push_back(OneValue(name, help, type, value));
  };
  add("process_cpu_seconds_total", "Processor time spent, user and system.", MetricType::Counter,
      stats.cpu_seconds);
  add("process_resident_memory_bytes", "Memory held.", MetricType::Gauge, stats.resident_bytes);
  add("process_memory_limit_bytes",
      "Memory that the process may hold: the least limit of its control groups, else the "
      "machine's.",
      MetricType::Gauge, stats.memory_limit_bytes);
  add("process_open_fds", "File descriptors open.", MetricType::Gauge, stats.open_fds);
  add("process_max_fds", "File descriptors allowed.", MetricType::Gauge, stats.max_fds);
  add("process_start_time_seconds", "When the process started, since the epoch.", MetricType::Gauge,
      stats.start_time_seconds);
}

}  // namespace

struct PrometheusMetrics::Impl {
  struct Entry {
    const MetricSpec* spec;
    prometheus::Family<prometheus::Counter>* counters = nullptr;
    prometheus::Family<prometheus::Gauge>* gauges = nullptr;
    prometheus::Family<prometheus::Histogram>* histograms = nullptr;
  };

  Impl();
  const Entry& Find(std::string_view name, MetricKind kind, Metrics::Labels labels) const;

  prometheus::Registry registry;
  std::map<std::string_view, Entry> entries;
  std::mutex mutex;  // Guards the handles.
  std::map<prometheus::Counter*, CounterHandle> counters;
  std::map<prometheus::Gauge*, GaugeHandle> gauges;
  std::map<prometheus::Histogram*, HistogramHandle> histograms;
};

PrometheusMetrics::Impl::Impl() {
  for (const MetricSpec& spec : MetricTable()) {
    Entry entry{&spec};
    const std::string name = StrCat("bongsu_", spec.name), help(spec.help);
    if (spec.kind == MetricKind::kCounter) {
      entry.counters = &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    } else if (spec.kind == MetricKind::kGauge) {
      entry.gauges = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    } else {
      entry.histograms = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
    }
    BONGSU_CHECK(entries.emplace(spec.name, entry).second);
  }
}

const PrometheusMetrics::Impl::Entry& PrometheusMetrics::Impl::Find(std::string_view name,
                                                                    MetricKind kind,
                                                                    Metrics::Labels labels) const {
  const auto found = entries.find(name);
  if (found == entries.end()) Undeclared(name, "is not in the table");
  const MetricSpec& spec = *found->second.spec;
  if (spec.kind != kind) Undeclared(name, "is of another kind");
  if (labels.size() != spec.labels.size()) Undeclared(name, "has other labels");
  for (const auto& [label, value] : labels) {
    if (std::find(spec.labels.begin(), spec.labels.end(), label) == spec.labels.end()) {
      Undeclared(name, StrCat("has no label \"", label, '"'));
    }
  }
  return found->second;
}

namespace {
prometheus::Labels Copy(Metrics::Labels labels) {
  prometheus::Labels copy;
  for (const auto& [name, value] : labels) copy.emplace(name, value);
  return copy;
}
}  // namespace

PrometheusMetrics::PrometheusMetrics(std::string_view version) : impl_(std::make_unique<Impl>()) {
  // What counts is there from the start, at zero, as far as its labels are known: a rate needs a
  // first value. A gauge at zero would say something that nobody has looked at.
  for (const MetricSpec& spec : MetricTable()) {
    for (const std::string_view value : spec.values)
      GetCounter(spec.name, {{spec.labels[0], value}});
    if (!spec.labels.empty()) continue;
    if (spec.kind == MetricKind::kCounter) GetCounter(spec.name);
    if (spec.kind == MetricKind::kHistogram) GetHistogram(spec.name);
  }
  GetGauge("build_info", {{"version", version}, {"compiler", "g++ " __VERSION__}}).Set(1);
}

PrometheusMetrics::~PrometheusMetrics() = default;

Metrics::Counter& PrometheusMetrics::GetCounter(std::string_view name, Labels labels) {
  auto* counter = &impl_->Find(name, MetricKind::kCounter, labels).counters->Add(Copy(labels));
  const std::lock_guard lock(impl_->mutex);
  return impl_->counters.try_emplace(counter, counter).first->second;
}

Metrics::Gauge& PrometheusMetrics::GetGauge(std::string_view name, Labels labels) {
  auto* gauge = &impl_->Find(name, MetricKind::kGauge, labels).gauges->Add(Copy(labels));
  const std::lock_guard lock(impl_->mutex);
  return impl_->gauges.try_emplace(gauge, gauge).first->second;
}

Metrics::Histogram& PrometheusMetrics::GetHistogram(std::string_view name, Labels labels) {
  const Impl::Entry& entry = impl_->Find(name, MetricKind::kHistogram, labels);
  const std::span<const double> buckets = entry.spec->buckets;
  auto* histogram =
      &entry.histograms->Add(Copy(labels), std::vector<double>(buckets.begin(), buckets.end()));
  const std::lock_guard lock(impl_->mutex);
  return impl_->histograms.try_emplace(histogram, histogram, buckets).first->second;
}

std::string PrometheusMetrics::Serialize() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  for (prometheus::MetricFamily& family : families) {
    if (family.type != prometheus::MetricType::Gauge) continue;
    std::erase_if(family.metric, [](const prometheus::ClientMetric& metric) {
      return std::isnan(metric.gauge.value);
    });
  }
  std::erase_if(families,
                [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  AddProcess(&families);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace bongsu
