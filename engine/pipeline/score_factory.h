// Opens the score role's shards. Opening a partition is recovery: local state that stands at the
// group's committed offset is used as it is; state that is behind, missing or set aside is brought
// forward from the changelog until its `meta` reaches that offset (design section 6, point 4).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/core/clock.h"
#include "engine/core/metrics.h"
#include "engine/pipeline/score_shard.h"
#include "engine/pipeline/shard.h"

namespace bongsu {

// What the composition root provides.
struct ScoreEnvironment {
  std::function<Result<std::unique_ptr<StateStore>>(const TopicPartition&)> open_store;
  // Moves the partition's store out of the way, so that open_store makes an empty one.
  std::function<Status(const TopicPartition&)> set_aside;
  // Pipeline, decoder and encoder for one shard.
  std::function<Result<ScoreParts>()> make_parts;
  std::function<void(std::string_view message)>
      notify;  // For the log: restores, migrations, cold models.
};

class ScoreFactory final : public ShardFactory {
 public:
  // `base.from` is filled for each shard; `base.changelog` is false where log and state share a
  // database.
  ScoreFactory(ScoreShardOptions base, ScoreEnvironment environment, Log& log, Metrics& metrics,
               const Clock& clock);
  Result<Opened> Open(const TopicPartition& from, Consumer& consumer) override;
  Status OnCorrupt(const TopicPartition& from, const Status& found) override;

 private:
  Result<std::unique_ptr<StateStore>> OpenStore(const TopicPartition& from);
  // Brings `store` to `committed`; its meta then.
  Result<Meta> Recover(const TopicPartition& from, StateStore& store, const Meta* local,
                       int64_t committed);
  Result<Meta> ReadChangelog(const TopicPartition& from, StateStore& store, int64_t first,
                             int64_t committed);

  const ScoreShardOptions base_;
  ScoreEnvironment environment_;
  Log& log_;
  Metrics& metrics_;
  const Clock& clock_;
};

}  // namespace bongsu
