// The databases that every store test runs over, by name.
#pragma once

#include <memory>
#include <string>

#include "state/ahead/read_ahead.h"
#include "state/behind/write_behind.h"
#include "state/memory/memory_store.h"
#include "state/rocksdb/rocksdb_store.h"
#include "tests/support/temp_dir.h"

namespace bongsu {

class AnyDatabase final {
 public:
  explicit AnyDatabase(const std::string& kind) {
    if (kind == "memory") {
      store_ = std::make_unique<MemoryKeyValueStore>();
    } else if (kind == "behind") {  // Some writes wait and some do not.
      store_ = WriteBehind({.bytes = 256, .age = std::chrono::hours(1)}, clock_)
                   .Before(std::make_unique<MemoryKeyValueStore>());
    } else if (kind == "ahead") {
      store_ = MakeReadAhead(std::make_unique<MemoryKeyValueStore>());
    } else {
      auto opened = RocksDbFactory().Open(dir_.File("db"));
      BONGSU_CHECK(opened.ok());
      store_ = *std::move(opened);
    }
  }
  KeyValueStore& operator*() { return *store_; }
  KeyValueStore* operator->() { return store_.get(); }

 private:
  TempDir dir_;
  SystemClock clock_;
  std::unique_ptr<KeyValueStore> store_;
};

}  // namespace bongsu
