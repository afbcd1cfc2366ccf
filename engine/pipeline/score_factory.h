// Opens the score role's shards. Opening a partition is recovery: local state that stands at the
// group's committed offset is used as it is; state that is behind, missing, stale or set aside is
// brought forward from the changelog until its `meta` reaches that offset (design section 6, point
// 4).
//
//   take the store -> look at its meta -> read the changelog -> pipeline over it
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/metrics.h"
#include "engine/pipeline/score_shard.h"
#include "engine/pipeline/shard.h"
#include "engine/pipeline/stray_transactions.h"

namespace bongsu {

// What the composition root provides.
struct ScoreEnvironment {
  // nullptr while another worker of this process still holds it: asked for again.
  std::function<Result<std::unique_ptr<StateStore>>(const TopicPartition&)> open_store;
  // Moves the partition's store out of the way, so that open_store makes an empty one.
  std::function<Status(const TopicPartition&)> set_aside;
  // Pipeline, decoder and encoder for one shard.
  std::function<Result<ScoreParts>()> make_parts;
  std::function<void(std::string_view message)>
      notify;  // For the log: restores, migrations, cold models.
  // Ok when state can be written: else the worker does not take part.
  std::function<Status()> check_disk = [] { return Status::Ok(); };
};

class ScoreFactory final : public ShardFactory {
 public:
  // `base.from` is filled for each shard; `base.changelog` is false where log and state share a
  // database.
  ScoreFactory(ScoreShardOptions base, ScoreEnvironment environment,
               StrayTransactions::Options stray, Log& log, Metrics& metrics, const Clock& clock);
  Result<std::unique_ptr<Opening>> Open(const TopicPartition& from,
                                        std::optional<int64_t> committed) override;
  Status Ready() override;
  Status OnUnsettled(const TopicPartition& from) override;
  void OnTurn(Timestamp now, Outputs* outputs) override;
  Status OnCorrupt(const TopicPartition& from, const Status& found) override;

 private:
  class ScoreOpening;
  TopicPartition Changelog(const TopicPartition& from) const {
    return {base_.topics.changelog, from.partition};
  }
  TopicPartition Alerts(const TopicPartition& from) const {
    return {base_.topics.alerts, from.partition % base_.alert_partitions};
  }
  Status Refuse(const TopicPartition& from, std::string why);

  const ScoreShardOptions base_;
  ScoreEnvironment environment_;
  StrayTransactions stray_;
  Log& log_;
  Metrics& metrics_;
  const Clock& clock_;
  std::map<TopicPartition, Timestamp> refused_;
};

}  // namespace bongsu
