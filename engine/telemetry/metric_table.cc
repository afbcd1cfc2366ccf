#include <array>

#include "engine/telemetry/metrics.h"

namespace bongsu {
namespace {

using Label = std::string_view;
constexpr Label kSource[] = {"source"};
constexpr Label kKind[] = {"kind"};
constexpr Label kReason[] = {"reason"};
constexpr Label kSeverityDetector[] = {"severity", "detector"};
constexpr Label kTopicPartition[] = {"topic", "partition"};
constexpr Label kPartition[] = {"partition"};
constexpr Label kOutcome[] = {"outcome"};
constexpr Label kStage[] = {"stage"};
constexpr Label kWorkerActivity[] = {"worker", "activity"};
constexpr Label kModelVersion[] = {"model", "version"};
constexpr Label kRouteMethodCode[] = {"route", "method", "code"};
constexpr Label kModelPartition[] = {"model", "partition"};
constexpr Label kVersionCompiler[] = {"version", "compiler"};
constexpr Label kWorker[] = {"worker"};

// What fixed labels can say.
constexpr Label kControlKinds[] = {"baseline", "decision", "tick", "version"};
constexpr Label kRebalances[] = {"gained", "lost"};
constexpr Label kOutcomes[] = {"aborted", "committed", "fenced", "unknown"};
constexpr Label kSuppressed[] = {"budget", "cooldown", "late"};
constexpr Label kRejections[] = {"control", "duplicate", "format", "future",    "json",   "limit",
                                 "mapping", "missing",   "number", "operator",  "origin", "range",
                                 "text",    "time",      "type",   "unmatched", "utf8"};

constexpr double kLatency[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                               0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
// A stage works for microseconds: finer than what a person waits for.
constexpr double kStageTime[] = {0.0000005, 0.000001, 0.0000025, 0.000005, 0.00001, 0.000025,
                                 0.00005,   0.0001,   0.00025,   0.0005,   0.001,   0.0025,
                                 0.005,     0.01,     0.025,     0.1};
constexpr double kRisk[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100};

constexpr MetricSpec Counter(std::string_view name, std::string_view help,
                             std::span<const Label> labels = {},
                             std::span<const Label> values = {}) {
  return {name, MetricKind::kCounter, help, labels, {}, values};
}
constexpr MetricSpec Gauge(std::string_view name, std::string_view help,
                           std::span<const Label> labels = {}) {
  return {name, MetricKind::kGauge, help, labels, {}, {}};
}
constexpr MetricSpec Histogram(std::string_view name, std::string_view help,
                               std::span<const double> buckets,
                               std::span<const Label> labels = {}) {
  return {name, MetricKind::kHistogram, help, labels, buckets, {}};
}

constexpr std::array kTable = {
    Counter("events_consumed_total", "Records read from a source.", kSource),
    Counter("events_ingested_total", "Events of a source written to the event log.", kSource),
    Counter("unknown_members_total", "Members without a field of their own, kept under attributes.",
            kSource),
    Counter("events_scored_total", "Events that passed every stage."),
    Counter("events_late_total", "Events that came after their watermark."),
    Counter("events_duplicate_total", "Events dropped because their id was seen before."),
    Counter("control_events_total", "Decisions, versions, baselines and ticks applied.", kKind,
            kControlKinds),
    Counter("dead_letters_total", "Records refused, by reason.", kReason, kRejections),
    Counter("alerts_emitted_total", "Alerts created or updated.", kSeverityDetector),
    Counter("alerts_suppressed_total", "Alerts folded, excepted or below the budget.", kReason,
            kSuppressed),
    Gauge("consumer_lag_events", "Records between our position and the end of a partition.",
          kTopicPartition),
    Gauge("watermark_timestamp_seconds", "Event time up to which a partition is complete.",
          kPartition),
    Histogram("commit_duration_seconds", "Time to commit a batch.", kLatency),
    Counter("commits_total", "Batches by how their commit ended.", kOutcome, kOutcomes),
    Histogram("event_latency_seconds",
              "Of each event scored, from the broker's timestamp to the committed result.",
              kLatency),
    Histogram("stage_duration_seconds",
              "Time of one event in one part of its way, of one event in 64.", kStageTime, kStage),
    Counter("worker_seconds_total",
            "Where a worker's time goes: poll, process, wait, idle, throttle; beside them commit, "
            "store.",
            kWorkerActivity),
    Gauge("catching_up", "1 while so much waits that a worker commits larger batches.", kWorker),
    Counter("state_cache_hits_total", "Profiles found in the cache."),
    Counter("state_cache_misses_total", "Profiles read from the store."),
    Gauge("state_size_bytes", "Size of a partition's store on disk.", kPartition),
    Counter("state_bytes_written_total", "Bytes of state written to the store."),
    Counter("restore_records_total", "Changelog records applied while restoring."),
    Counter("state_set_aside_total", "Stores that lied or were stale, set aside and restored."),
    Gauge("state_writable", "0 while the disk of the state is full or cannot be written.", {}),
    Gauge("ready", "1 while /readyz says that this process can work, else 0.", {}),
    Gauge("partitions_opening", "Partitions that a worker has been given and does not work on yet.",
          kWorker),
    Gauge("standby_partitions", "Partitions whose changelog is followed for a takeover.", {}),
    Gauge("partitions_without_owner", "Input partitions that no member of the group owns.", {}),
    Counter("state_migrations_total", "Profiles rewritten from an older layout."),
    Counter("rebalances_total", "Partitions gained or lost.", kKind, kRebalances),
    Histogram("user_risk_score", "Risk of a person after an event that moved it, 0 to 100.", kRisk),
    Gauge("model_info", "Models in force, by version of the configuration; the value is 1.",
          kModelVersion),
    Gauge("model_maturity", "How much a partition's model has learned, 0 (cold) to 1 (ready).",
          kModelPartition),
    Histogram("http_request_duration_seconds", "Time to answer an HTTP request.", kLatency,
              kRouteMethodCode),
    Gauge("config_last_reload_successful",
          "1 when the last reload was taken over, 0 when it was refused.", {}),
    Counter("log_errors_total", "Log lines at level error and above."),
    Gauge("build_info", "What runs; the value is 1.", kVersionCompiler),
};

}  // namespace

std::span<const MetricSpec> MetricTable() {
  return kTable;
}

}  // namespace bongsu
