#include "engine/app/partition_stores.h"

#include <utility>

#include "engine/app/data_dir.h"
#include "state/ahead/read_ahead.h"

namespace bongsu {
namespace {

constexpr Duration kKeepOpen = std::chrono::minutes(5);  // A store that this process lost.
// Of the budget of what is not yet in files. A start after a kill makes up for as much: seconds.
constexpr size_t kBehindShare = 4;
constexpr Duration kBehind = std::chrono::seconds(2);
constexpr Duration kLook = std::chrono::milliseconds(50);

RocksDbOptions WithoutShare(RocksDbOptions options) {
  options.write_buffer.bytes -= options.write_buffer.bytes / kBehindShare;
  return options;
}

}  // namespace

PartitionStores::PartitionStores(const EngineConfig& config, const Clock& clock)
    : config_(config),
      rocksdb_(WithoutShare(config.state.rocksdb)),
      keeper_(KeeperEnvironment(), kKeepOpen, clock),
      behind_({config.state.rocksdb.write_buffer.bytes / kBehindShare, kBehind}, clock),
      writer_([this, &clock](const std::stop_token& stop) {
        for (; !stop.stop_requested(); clock.SleepFor(kLook)) behind_.Tend();
      }) {}

StoreKeeper::Environment PartitionStores::KeeperEnvironment() {
  StoreKeeper::Environment environment;
  environment.open = [this](const TopicPartition& from) {
    return rocksdb_.Open(StorePath(config_, from.partition));
  };
  environment.set_aside = [this](const TopicPartition& from) {
    return RocksDbFactory::SetAside(StorePath(config_, from.partition)).status();
  };
  return environment;
}

Result<std::unique_ptr<KeyValueStore>> PartitionStores::Take(const TopicPartition& from) {
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<KeyValueStore> store, keeper_.Take(from));
  return store ? MakeReadAhead(behind_.Before(std::move(store))) : nullptr;
}

void PartitionStores::Warm() {
  keeper_.Warm(StoredPartitions(config_));
}

}  // namespace bongsu
