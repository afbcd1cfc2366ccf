// State on disk: opens one RocksDB a partition (one for all, embedded), all of them within one
// budget of block cache and write buffers. Writes go to the write-ahead log without fsync: they
// survive the death of the process, and after a power cut a prefix of them does, which the
// changelog rolls forward. The only user of RocksDB. Thread-safe, as are the stores it opens; a
// store may outlive its factory.
#pragma once

#include <memory>
#include <string>

#include "engine/core/state.h"
#include "state/rocksdb/options.h"

namespace bongsu {

class RocksDbFactory final {
 public:
  explicit RocksDbFactory(const RocksDbOptions& options = {});
  ~RocksDbFactory();

  // Makes the directory (0700, missing parents too) when it is not there. kUnavailable: another
  // process holds it, or the disk is full. kInvalid: not ours to read or write. kCorrupt: SetAside,
  // then restore.
  Result<std::unique_ptr<KeyValueStore>> Open(const std::string& path);

  // To look at it and change nothing, as it is at this moment: also while another process holds it.
  // kNotFound: there is none. Writes to it fail.
  Result<std::unique_ptr<KeyValueStore>> OpenReadOnly(const std::string& path);

  // Renames the closed store to `<path>.corrupt-<n>` and returns that name, so that it can be
  // looked at and the path is free for a new one.
  static Result<std::string> SetAside(const std::string& path);

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace bongsu
