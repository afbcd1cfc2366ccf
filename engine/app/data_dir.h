// What lies in a data_dir and where: the lock of the process that holds it, the name of this
// instance, the stores.
#pragma once

#include <string>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/base/status.h"
#include "engine/core/log.h"

namespace bongsu {

// One process for a data directory. A second one would take over the first one's place in the
// group, and its state with it. Held as long as the object lives; any thread.
class DirectoryLock final {
 public:
  DirectoryLock() = default;
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  // Makes the directory when it is not there. kInvalid with the remedy when it is not writable, or
  // held by another process.
  Status Take(const std::string& directory);

 private:
  int fd_ = -1;
};

// `kafka.instance`, or a name made once that stays over restarts: static membership and
// transactional ids need one. kInvalid when the directory is not writable.
Result<std::string> InstanceName(const EngineConfig& config);

// Without a broker log and state are one database, in which a partition's state has a prefix.
std::string EmbeddedPath(const EngineConfig& config);
std::string StorePath(const EngineConfig& config, int32_t partition);
std::string StorePrefix(const EngineConfig& config, int32_t partition);
// Of which an earlier run has left a store here.
std::vector<TopicPartition> StoredPartitions(const EngineConfig& config);

}  // namespace bongsu
