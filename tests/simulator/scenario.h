// What a seed decides before anything runs: the shape of the bank, how workers cut batches, and
// which kinds of trouble happen how often.
#pragma once

#include <set>

#include "tests/simulator/mutant.h"
#include "tests/simulator/world.h"

namespace bongsu::sim {

enum class Trouble {
  kCrash,        // At some await; perhaps with a damaged disk, perhaps long away.
  kFreeze,       // At some await; perhaps past the session.
  kRefusal,      // A call fails.
  kCommit,       // A commit without answer.
  kLeave,        // A process ends in order and comes back.
  kTwin,         // A frozen process is replaced by one of the same name.
  kBroker,       // Away for a while.
  kSlowMarkers,  // The ends of transactions take their time.
  kExpel,        // A healthy member is thrown out of the group.
  kRefetch,      // Records come again.
  kDiskFull,
  kRot,      // A value on a disk changes.
  kCompact,  // The changelog is compacted; input that was read is deleted.
  kQuiet,    // Minutes to days pass.
  kClock,    // A machine's clock jumps, up to an hour either way.
  kOrphan,   // The coordinator gives a member that comes back less than it had.
  kDenied,   // The coordinator says that there is no position.
  kCount
};

struct Scenario {
  // `like`: what that mutant needs to show itself happens often.
  static Scenario Draw(Mutant like, bool torn, World& world);

  int32_t partitions = 2, alert_partitions = 2;
  int processes = 2, score_threads = 1, standby = 0;
  bool ingest = false;
  bool at_least_once = false;  // Outputs may be published again, and state may not.
  int64_t events = 200;        // At least so many lines.
  Duration faults{};           // How long there is trouble.
  Duration between{};          // Troubles, on average.
  std::set<Trouble> kinds;
  size_t max_records = 100, cached_people = 10, dedup_window = 128;
  int64_t people = 10;
  Duration idle_wait{};
  Duration commit_time{};  // At most so long before a commit, and after.
  size_t behind = 0;       // Bytes that wait for the disk.
};

}  // namespace bongsu::sim
