// Whether state can be written: a worker whose disk is full must not take part in its group, or
// partitions would come and go with it.
#pragma once

#include <string>

#include "engine/base/status.h"

namespace bongsu {

// Writes a MiB to `directory` and takes it away again. kUnavailable with the reason and the remedy.
Status ProbeDisk(const std::string& directory);

}  // namespace bongsu
