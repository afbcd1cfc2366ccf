// State on disk where there is a broker: a database for each partition, written to later, as the
// changelog has what the death of the process takes, and read ahead. All within the budgets of
// `state`, but for what is read ahead: 1,024 values a partition at most. Thread-safe.
#pragma once

#include <memory>
#include <thread>

#include "engine/app/engine_config.h"
#include "engine/core/clock.h"
#include "engine/pipeline/store_keeper.h"
#include "state/behind/write_behind.h"
#include "state/rocksdb/rocksdb_store.h"

namespace bongsu {

class PartitionStores final {
 public:
  // `config` and `clock` outlive it, and it what it hands out.
  PartitionStores(const EngineConfig& config, const Clock& clock);

  // As StoreKeeper::Take. What waits is written when the store is given back.
  Result<std::unique_ptr<KeyValueStore>> Take(const TopicPartition& from);
  StoreKeeper& keeper() { return keeper_; }
  // Opens what this data_dir has, in the background.
  void Warm();
  // Closes what nobody has wanted for long. Now and then.
  void Tend() { keeper_.Tend(); }

 private:
  StoreKeeper::Environment KeeperEnvironment();

  const EngineConfig& config_;
  RocksDbFactory rocksdb_;
  StoreKeeper keeper_;
  WriteBehind behind_;
  std::jthread writer_;  // Of what waits. Last: ends first.
};

}  // namespace bongsu
