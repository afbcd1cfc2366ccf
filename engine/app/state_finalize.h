// `bongsu state finalize`: a partition keeps the format of state it was made with, so that the
// release before can take over again; this ends that. The changelog's last meta is written anew in
// the format of this release; stores follow at their next opening, wherever they are
// (score_factory.cc reads the end of the changelog when a store is of an older format). Without a
// broker the metas in the one database are written. One thread.
#pragma once

#include <optional>

#include "engine/app/engine_config.h"
#include "engine/app/state_changelog.h"
#include "engine/core/clock.h"

namespace bongsu {

struct Finalized {
  int32_t raised = 0, already = 0, empty = 0;  // Partitions; the empty ones have no state yet.
};

// What to write after `end`; nullopt: nothing. kInvalid when the changelog is not whole.
Result<std::optional<Meta>> PlanFinalize(const ChangelogEnd& end, uint64_t cluster, Timestamp now);

// kUnavailable while the group has members.
Result<Finalized> FinalizeState(const EngineConfig& config, const Clock& clock);

}  // namespace bongsu
