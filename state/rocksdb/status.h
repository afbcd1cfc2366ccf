// What went wrong in RocksDB, in our words: the thing, the cause, the remedy. Never with a key in
// it.
#pragma once

#include <rocksdb/status.h>

#include <string_view>

#include "engine/base/status.h"

namespace bongsu {

// `doing` is what was tried ("open", "write", …), `path` the directory of the store.
Status FromRocksDb(const rocksdb::Status& status, std::string_view doing, std::string_view path);

}  // namespace bongsu
