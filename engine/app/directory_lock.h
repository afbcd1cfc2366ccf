// One process for a data directory. A second one would take over the first one's place in the
// group, and its state with it. Held as long as the object lives; any thread.
#pragma once

#include <string>

#include "engine/base/status.h"

namespace bongsu {

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

}  // namespace bongsu
