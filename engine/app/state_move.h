// The whole of `bongsu state reshard` on a broker: refuses unless the old topics are at rest and
// the new ones fit and are empty, then moves (state_reshard.h). The operator's steps around it are
// in README.md. One thread.
#pragma once

#include <functional>
#include <string>

#include "engine/app/engine_config.h"
#include "engine/app/state_reshard.h"
#include "engine/core/clock.h"

namespace bongsu {

struct MoveOptions {
  int32_t partitions = 0;
  std::string prefix;  // Of the new topics.
  std::string input;   // What score.input will be; empty: the prefix's own events.
  std::function<void(int64_t records)> progress = [](int64_t) {};
};

// kInvalid or kUnavailable with the remedy when something is not ready for it.
Result<Resharded> MoveState(const EngineConfig& config, const MoveOptions& options,
                            const Clock& clock);

}  // namespace bongsu
