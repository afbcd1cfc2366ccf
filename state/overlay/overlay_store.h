// The one StateStore: an overlay of this batch's writes before any KeyValueStore. Stands between
// the pipeline of a shard and the database; owned by the shard's thread.
//
// Reads see the overlay first. Mark and Rollback undo the writes of one event. Seal copies the
// overlay into a batch for the database; Write may run on another thread while the shard goes on
// with the next events, because Applied forgets only what the last Seal has copied. Values are
// sealed with a checksum here: callers of Get and Put see payloads, Visit and Restore carry sealed
// bytes.
#pragma once

#include <memory>
#include <string>

#include "engine/core/state.h"

namespace bongsu {

// Every key lies under `prefix` in `database`, so that shards (and the embedded log) can share one.
std::unique_ptr<StateStore> MakeStateStore(KeyValueStore& database, std::string prefix);
// The same, owning its database.
std::unique_ptr<StateStore> MakeStateStore(std::unique_ptr<KeyValueStore> database,
                                           std::string prefix = "");

}  // namespace bongsu
