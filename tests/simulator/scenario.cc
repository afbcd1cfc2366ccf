#include "tests/simulator/scenario.h"

#include <algorithm>

namespace bongsu::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What a mutant needs to show itself.
void Suit(Mutant like, Scenario* s) {
  switch (like) {
    case Mutant::kNone:
      return;
    case Mutant::kNoOffsetGuard:
      s->kinds.insert(Trouble::kRefetch);
      break;
    case Mutant::kNoneIsZero:
    case Mutant::kNoneIsNew:
      s->kinds.insert({Trouble::kDenied, Trouble::kCrash});
      break;
    case Mutant::kUnknownIsAborted:
      s->kinds.insert(Trouble::kCommit);
      break;
    case Mutant::kKeepsProducer:  // Late requests, and owners that die in the next transaction.
      s->kinds = {Trouble::kCommit, Trouble::kCrash, Trouble::kRefusal};
      s->between = s->faults / 60;
      break;
    case Mutant::kKeepsLost:  // Few lines: an owner that is idle when it is thrown out.
      s->kinds = {Trouble::kFreeze, Trouble::kExpel};
      s->processes = std::max(s->processes, 2);
      s->events = 60;
      s->between = s->faults / 30;
      break;
    case Mutant::kAbortDropsOutputs:
      s->kinds.insert({Trouble::kRefusal, Trouble::kBroker});
      break;
    case Mutant::kNoStaleGuard:
      s->kinds = {Trouble::kCrash, Trouble::kQuiet};
      s->partitions = s->alert_partitions = 1;
      s->processes = 2;
      s->standby = 0;
      s->between = s->faults / 40;
      break;
    case Mutant::kNextPosition:
      s->kinds.insert({Trouble::kCrash, Trouble::kFreeze, Trouble::kRefusal});
      s->between = s->faults / 60;
      s->events = std::min<int64_t>(s->events, 250);  // Each commit is slow.
      break;
    case Mutant::kEndsLivingOwners:
      s->kinds = {Trouble::kExpel, Trouble::kSlowMarkers};
      s->processes = std::max(s->processes, 2);
      s->alert_partitions = 1;
      break;
    default:
      s->kinds.insert(Trouble::kCrash);
  }
}

}  // namespace

Scenario Scenario::Draw(Mutant like, bool torn, World& world) {
  Scenario s;
  s.partitions = static_cast<int32_t>(world.Between(1, 4));
  s.alert_partitions = world.Chance(0.7) ? s.partitions : 1;
  s.processes = static_cast<int>(world.Between(1, 3));
  s.score_threads = world.Chance(0.3) ? 2 : 1;
  s.standby = world.Chance(0.4) ? 1 : 0;
  s.ingest = world.Chance(0.2);
  s.at_least_once = like == Mutant::kNone && world.Chance(0.1);
  s.events = world.Between(60, 250);
  if (world.Chance(0.03)) s.events = 2500, s.partitions = s.alert_partitions = 1;
  s.faults = world.Between(seconds(15), seconds(50));
  s.between = world.Between(milliseconds(300), seconds(5));
  for (int kind = 0; kind < static_cast<int>(Trouble::kCount); ++kind) {
    if (world.Chance(0.5)) s.kinds.insert(static_cast<Trouble>(kind));
  }
  if (s.kinds.empty()) s.kinds.insert(Trouble::kCrash);
  if (like != Mutant::kNone) s.kinds.erase(Trouble::kOrphan);  // It is slow to be noticed.
  Suit(like, &s);
  if (torn) s.kinds.erase(Trouble::kQuiet);  // What is old may have been compacted.
  s.max_records = static_cast<size_t>(world.Chance(0.3) ? world.Between(1, 5) : 200);
  s.cached_people = static_cast<size_t>(world.Between(1, 12));
  s.people = world.Between(2, 12);
  s.idle_wait = milliseconds(world.Between(50, 400));
  if (s.events < 1000 && world.Chance(0.5)) s.commit_time = milliseconds(world.Between(1, 60));
  if (like == Mutant::kNextPosition) s.commit_time = milliseconds(60);
  if (world.Chance(0.7)) s.behind = static_cast<size_t>(world.Between(100, 50'000));
  return s;
}

}  // namespace bongsu::sim
