// `bongsu state reshard`: when the partition count changes, a person's events go to another
// partition, and so must what is known of them. Offline: reads the old changelog and writes a new
// one, with the person's entries where PartitionOf(user, count) will look for them. One thread.
//
// - Entries of a person (profiles, risky events, risks, folded alerts, timers, memory of operators)
//   move byte by byte, in their order: of one person all were in one partition.
// - Layouts of profiles go to every new partition.
// - Windows of duplicates say nothing of persons: every new partition gets the newest events of all
//   old ones, evenly, up to its window. So an event that comes again is still dropped, and since
//   the window holds source and id of events, none is dropped wrongly.
// - Event time and watermark are the furthest of all.
// - Models are of the partition's people together: they start cold.
//
// The group's positions in the new input, and the metas by which it counts as state, come last and
// together; what an interrupted run has left is no state, and is refused.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>

#include "engine/app/state_changelog.h"
#include "engine/core/log.h"

namespace bongsu {

struct ReshardPlan {
  struct Side {
    std::string changelog, user_risk, artifacts, ingest_state;  // Topics.
    int32_t partitions = 0;                                     // Of the changelog.
  };
  Side from, to;
  std::string input;  // The new one; read from its start.
  std::string transactional_id;
  size_t dedup_window = 0;
  uint64_t cluster = 0;
  Timestamp now;
  // The positions of the scoring group, as part of the last transaction.
  std::function<Status(Transaction&, std::span<const Position>)> save_positions;
  std::function<void(int64_t records)> progress = [](int64_t) {};
};

struct Resharded {
  int64_t records = 0;  // Of persons.
  int64_t risks = 0;    // Of bongsu.user-risk.
  std::set<std::string> cold_models;
};

// The new topics are empty; every old partition's state ends whole, at the group's position.
Result<Resharded> Reshard(Log& log, const ReshardPlan& plan);

}  // namespace bongsu
