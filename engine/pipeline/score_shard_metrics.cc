// What a score shard tells of itself after a commit.
#include <limits>
#include <utility>

#include "engine/base/strings.h"
#include "engine/pipeline/score_shard.h"

namespace bongsu {
namespace {

constexpr double kGone = std::numeric_limits<double>::quiet_NaN();  // Of a gauge.

}  // namespace

ScoreShard::~ScoreShard() {
  SetPartitionGauge("watermark_timestamp_seconds", kGone);
  SetPartitionGauge("state_size_bytes", kGone);
  SetMaturities(false);
}

void ScoreShard::Publish() {
  prepared_.counts.Publish(metrics_);
  times_.Publish(metrics_);
  if (const auto watermark = event_time_.watermark()) {
    SetPartitionGauge("watermark_timestamp_seconds",
                      static_cast<double>(ToMillis(*watermark)) / 1000);
  }
  PublishProfiles();
  PublishModels(true);
  if (meta_.sequence % 64 == 1 || !std::exchange(size_known_, true)) {
    SetPartitionGauge("state_size_bytes", static_cast<double>(parts_.store->ApproximateSize()));
  }
  if (const std::string note = parts_.pipeline->TakeMigrationNote();
      !note.empty() && options_.notify) {
    options_.notify(StrCat("profiles of ", Name(), " move to a new layout; ", note));
  }
}

void ScoreShard::SetPartitionGauge(std::string_view name, double value) {
  metrics_.GetGauge(name, {{"partition", StrCat(options_.from.partition)}}).Set(value);
}

// The other partitions of this process say again what is in force there.
void ScoreShard::PublishModels(bool in_force) {
  const std::string_view version = std::string_view(options_.config_digest_hex).substr(0, 16);
  for (const PipelineSchema::ModelEntry& model : parts_.pipeline->schema().models()) {
    metrics_.GetGauge("model_info", {{"model", model.name}, {"version", version}})
        .Set(in_force ? 1 : kGone);
  }
  SetMaturities(in_force);
}

void ScoreShard::SetMaturities(bool in_force) {
  const std::string partition = StrCat(options_.from.partition);
  for (const PipelineSchema::ModelEntry& model : parts_.pipeline->schema().models()) {
    metrics_.GetGauge("model_maturity", {{"model", model.name}, {"partition", partition}})
        .Set(in_force ? model.model->Maturity() : kGone);
  }
}

void ScoreShard::PublishProfiles() {
  const Profiles::Counters& profiles = parts_.pipeline->profile_counters();
  metrics_.GetCounter("state_cache_hits_total")
      .Add(static_cast<double>(profiles.hits - published_profiles_.hits));
  metrics_.GetCounter("state_cache_misses_total")
      .Add(static_cast<double>(profiles.misses - published_profiles_.misses));
  metrics_.GetCounter("state_migrations_total")
      .Add(static_cast<double>(profiles.migrated - published_profiles_.migrated));
  published_profiles_ = profiles;
}

}  // namespace bongsu
