// A KeyValueStore in memory, for tests, replays and demos: the same meaning as RocksDB, nothing on
// disk. Thread-safe. A visitor of Scan must not call the store: it runs under the store's lock.
#pragma once

#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "engine/core/state.h"

namespace bongsu {

class MemoryKeyValueStore final : public KeyValueStore {
 public:
  Result<bool> Get(std::string_view key, std::string* value) override;
  Status Write(const WriteBatch& batch, bool sync = false) override;
  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override;
  Status DeleteRange(std::string_view from, std::string_view to) override;
  uint64_t ApproximateSize() override;

 private:
  using Map = std::map<std::string, std::string, std::less<>>;
  // The end of [from, to) where an empty `to` means no end.
  Map::iterator EndOf(std::string_view from, std::string_view to);

  std::shared_mutex mutex_;
  Map map_;
  uint64_t bytes_ = 0;
};

}  // namespace bongsu
