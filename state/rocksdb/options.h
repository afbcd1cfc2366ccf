// What a user may set about the state on disk. The budgets are of the whole process, shared by all
// partitions, so that memory does not grow with their number.
#pragma once

#include "engine/core/fields.h"

namespace bongsu {

struct RocksDbOptions {
  ByteSize block_cache{64ull << 20};
  ByteSize write_buffer{64ull << 20};

  static const FieldTable<RocksDbOptions>& Fields();
};

}  // namespace bongsu
