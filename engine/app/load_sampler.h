// Samples of the engines' /metrics and of this machine. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "engine/app/load_site.h"
#include "engine/loadtest/snapshot.h"

namespace bongsu {

class LoadSampler final {
 public:
  explicit LoadSampler(const LoadSite& site);
  // kUnavailable when an engine does not answer.
  Result<loadtest::Snapshot> Take(int64_t at) const;
  // Of the machine of the engine; 0 when it is not this one.
  int cores() const { return local_ ? cores_ : 0; }

 private:
  const LoadSite& site_;
  bool local_ = false, has_disk_ = false;
  int cores_ = 0;
  unsigned major_ = 0, minor_ = 0;  // Of the disk of data_dir.
};

}  // namespace bongsu
