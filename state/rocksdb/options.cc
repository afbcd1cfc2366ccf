#include "state/rocksdb/options.h"

namespace bongsu {

const FieldTable<RocksDbOptions>& RocksDbOptions::Fields() {
  static const auto table =
      FieldTable<RocksDbOptions>()
          .Field("block_cache", &RocksDbOptions::block_cache,
                 "Memory for blocks read from disk, shared by all partitions.")
          .Min(1 << 20)
          .Field("write_buffer", &RocksDbOptions::write_buffer,
                 "Memory for writes that are not yet in files, shared by all partitions.")
          .Min(1 << 20);
  return table;
}

}  // namespace bongsu
