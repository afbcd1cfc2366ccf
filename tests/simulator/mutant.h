// Known-wrong variants of the protocol, each made from outside of the engine: by a log, a store or
// a shard that does what an engine with that mistake would do. The simulator must catch every one.
#pragma once

#include <memory>
#include <string_view>

#include "engine/pipeline/shard.h"

namespace bongsu::sim {

enum class Mutant {
  kNone,
  kStoreFirst,         // The store is written before the commit.
  kMetaFirst,          // `meta` stands before the records it is about.
  kNoOffsetGuard,      // What a stale fetch brings again is processed again.
  kNoneIsZero,         // "No position" is read as position 0.
  kNoneIsNew,          // "No position" is taken for a new partition.
  kRestoreStopsEarly,  // A restore ends before the end.
  kTornStoreWrite,     // State and position are not in one write.
  kEndsLivingOwners,   // Every owner is taken for gone.
  kUnknownIsAborted,   // A commit without answer is done again.
  kKeepsProducer,      // After a commit that was asked for twice the producer goes on.
  kKeepsLost,          // A partition that was lost and came back goes on as it was.
  kAbortDropsOutputs,  // What was sent in an aborted transaction is not sent again.
  kNoStaleGuard,       // However old a store is, it is brought forward.
  kNoDigest,           // What `meta` says of its transaction is not looked at.
  kNextPosition,       // A batch is committed with what the next one has read meanwhile.
  kCount
};
std::string_view MutantName(Mutant mutant);

// Shards with the mistake; `inner` outlives what is made.
std::unique_ptr<ShardFactory> MutateShards(Mutant mutant, ShardFactory& inner);
// A store with the mistake.
std::unique_ptr<KeyValueStore> MutateDisk(Mutant mutant, std::unique_ptr<KeyValueStore> inner);

}  // namespace bongsu::sim
