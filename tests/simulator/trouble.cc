// The part of the simulation that disturbs it.
#include <algorithm>
#include <array>

#include "tests/simulator/oracle.h"
#include "tests/simulator/simulation.h"
#include "tests/simulator/topics.h"

namespace bongsu::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

void Simulation::ScheduleTrouble() {
  if (troubles_left_ == 0) return;
  world_.After(world_.Between(Duration(0), 2 * scenario_.between), [this] {
    auto kind = scenario_.kinds.begin();
    std::advance(kind, world_.Index(scenario_.kinds.size()));
    --troubles_left_;
    Disturb(*kind);
    ScheduleTrouble();
  });
}

Simulation::Slot* Simulation::AnySlot() {
  std::vector<Slot*> running;
  for (Slot& slot : slots_) {
    if (slot.process != nullptr && slot.process->healthy()) running.push_back(&slot);
  }
  return running.empty() ? nullptr : running[world_.Index(running.size())];
}

void Simulation::Disturb(Trouble trouble) {
  switch (trouble) {
    case Trouble::kBroker:
      return broker_.Down(world_.Between(milliseconds(100), seconds(world_.Chance(0.3) ? 9 : 2)));
    case Trouble::kSlowMarkers:
      return broker_.SlowMarkers(world_.Between(seconds(1), seconds(8)));
    case Trouble::kCompact:
      return Compact();
    case Trouble::kQuiet:
      return Quiet();
    default:
      break;
  }
  Slot* const slot = AnySlot();
  if (slot == nullptr) return;
  Process* const process = slot->process;
  trouble_at_ = world_.now();
  switch (trouble) {
    case Trouble::kLeave:
      return process->Stop();
    case Trouble::kTwin:
      return Twin(*slot);
    case Trouble::kExpel: {
      Group& group = broker_.group("bank.score");
      if (group.members().empty() || !broker_.up()) return;
      return group.Expel(group.members()[world_.Index(group.members().size())]);
    }
    case Trouble::kClock:
      process->host().skew = world_.Between(-hours(1), hours(1));
      return world_.Trace("the clock of ", process->name(), " is off by ",
                          ToSeconds(process->host().skew), " s");
    case Trouble::kOrphan:
      broker_.group("bank.score").Orphan();
      return process->Kill();
    case Trouble::kRefetch:
      process->log().refetch = true;
      return;
    case Trouble::kDiskFull: {
      Machine& machine = process->machine();
      machine.full = true;
      world_.Trace("the disk of ", machine.name, " is full");
      return world_.After(world_.Between(milliseconds(100), seconds(8)),
                          [&machine] { machine.full = false; });
    }
    case Trouble::kRot:
      return process->machine()
          .disks[{kEvents, static_cast<int32_t>(world_.Between(0, scenario_.partitions - 1))}]
          .Rot(world_);
    case Trouble::kDenied: {
      const TopicPartition of{kEvents,
                              static_cast<int32_t>(world_.Between(0, scenario_.partitions - 1))};
      // It denies what it has known for long; and a takeover asks it.
      const PartitionLog& changelog = broker_.log({kChangelog, of.partition});
      if (changelog.FirstOpen() != nullptr || changelog.entries().empty()) return;
      broker_.Deny(of);
      process->Kill();
      if (world_.Chance(0.5)) slot->lost_disk = false;
      return;
    }
    default:
      return ArmSomewhere(*slot, trouble);
  }
}

Armed Simulation::Draw(Trouble trouble) {
  Armed armed;
  switch (trouble) {
    case Trouble::kCrash:
      armed.action = Action::kCrash;
      break;
    case Trouble::kFreeze:
      armed.action = Action::kFreeze;
      armed.duration = world_.Chance(0.4) ? world_.Between(milliseconds(50), seconds(5))
                                          : world_.Between(seconds(6), seconds(20));
      break;
    case Trouble::kRefusal:
      armed.action = Action::kFail;
      break;
    default: {
      constexpr std::array kEnds = {Action::kUnknownDone, Action::kUnknownLost,
                                    Action::kUnknownLate, Action::kResent};
      armed.action = kEnds[world_.Index(kEnds.size())];
      armed.duration = world_.Between(milliseconds(1), seconds(world_.Chance(0.5) ? 1 : 8));
    }
  }
  return armed;
}

// A third at any call, a third on the way of a commit, a third while partitions are opened: these
// are short or rare among all the calls.
void Simulation::ArmSomewhere(Slot& slot, Trouble trouble) {
  constexpr std::array kCommitPoints = {
      Point::kBegin,  Point::kAppend,      Point::kSend,       Point::kPositions,
      Point::kCommit, Point::kAfterCommit, Point::kStoreWrite, Point::kAfterStoreWrite};
  Armed armed = Draw(trouble);
  if (trouble == Trouble::kCommit) return slot.process->awaits().Arm(armed);
  const auto where = world_.Between(0, 2);
  if (where == 2) return ArmNext(slot, armed);
  armed.point = where == 1 ? kCommitPoints[world_.Index(kCommitPoints.size())]
                           : static_cast<Point>(world_.Index(kPoints));
  const bool often = armed.point == Point::kAppend || armed.point == Point::kSend ||
                     armed.point == Point::kStoreRead;
  armed.count = static_cast<int>(world_.Between(1, often ? 40 : 4));
  slot.process->awaits().Arm(armed);
  if (armed.point != Point::kAbort) return;
  Group& group = broker_.group("bank.score");
  for (const Group::Member& member : group.members()) {
    if (member.host == &slot.process->host()) return group.Expel(member);
  }
}

// The process dies, in the middle of a commit if it comes to one soon, and something happens to the
// next one while it starts.
void Simulation::ArmNext(Slot& slot, Armed armed) {
  constexpr std::array kOpeningPoints = {
      Point::kNewProducer, Point::kInitialising, Point::kNewConsumer, Point::kCommitted,
      Point::kAssign,      Point::kNewReader,    Point::kReaderPoll,  Point::kOffsets,
      Point::kStoreOpen,   Point::kStoreRead,    Point::kStoreWrite,  Point::kAfterStoreWrite,
      Point::kSetAside,    Point::kDescribe,     Point::kFindOpen};
  armed.point = kOpeningPoints[world_.Index(kOpeningPoints.size())];
  armed.count = static_cast<int>(world_.Between(1, armed.point == Point::kStoreRead ? 20 : 3));
  slot.arms.push_back(armed);
  slot.process->awaits().Arm({Point::kCommit, 1, Action::kCrash, {}});
  Process* const process = slot.process;
  world_.After(world_.Between(milliseconds(10), seconds(2)), [process] { process->Kill(); });
  if (world_.Chance(0.5)) slot.lost_disk = armed.point == Point::kSetAside || world_.Chance(0.5);
}

// What may be with a disk when a process starts on it again.
void Simulation::Damage(Slot& slot) {
  Machine& machine = *slot.machine;
  if (const std::optional<bool> lost = std::exchange(slot.lost_disk, std::nullopt)) {
    for (auto& [of, disk] : machine.disks) {
      if (!*lost) disk.Wipe();
      disk.unreadable = *lost;
    }
    return;
  }
  for (auto& [of, disk] : machine.disks) {
    const auto chance = world_.Between(0, 99);
    if (chance < 8) {
      disk.LosePower(static_cast<size_t>(world_.Between(1, 10)));
    } else if (chance < 16) {
      world_.Trace("store ", of.partition, " on ", machine.name, " is wiped");
      disk.Wipe();
    } else if (chance < 24 && machine.copies.contains(of)) {
      world_.Trace("store ", of.partition, " on ", machine.name, " is an old copy");
      disk = machine.copies[of];
    } else if (chance < 27) {
      disk.Rot(world_);
    } else if (chance < 29) {
      disk.unreadable = true;
    } else if (chance < 50) {
      machine.copies[of] = disk;
    }
  }
}

// A process stands still, and another of its name starts on another machine.
void Simulation::Twin(Slot& slot) {
  world_.Trace("process ", slot.name, " stands still and is replaced");
  slot.process->awaits().Freeze(world_.Between(seconds(2), seconds(20)));
  slot.process = nullptr;
  slot.machine = &NewMachine(slot.name);
  slot.start_at = world_.now() + world_.Between(milliseconds(100), seconds(9));
}

void Simulation::Quiet() {
  // Nobody stands still for days.
  for (const auto& process : processes_) {
    if (!process->ended() && !process->healthy()) return;
  }
  if (!broker_.up()) return;
  constexpr std::array<Duration, 5> kTimes = {minutes(6), minutes(20), hours(26), hours(24 * 4),
                                              hours(24 * 9)};
  world_.Jump(kTimes[world_.Index(kTimes.size())]);
  trouble_at_ = world_.now();
  for (auto& [of, since] : unowned_since_) since = std::max(since, trouble_at_);
  Compact();
  Retain();
}

void Simulation::Compact() {
  for (int32_t p = 0; p < scenario_.partitions; ++p) {
    PartitionLog& changelog = broker_.log({kChangelog, p});
    const size_t gone = changelog.Compact(world_.now(), kCompactionLag, kTombstonesStay);
    if (gone > 0) world_.Trace("compaction takes ", gone, " entries of changelog ", p);
  }
  (void)broker_.log({kIngestState, 0}).Compact(world_.now(), kCompactionLag, kTombstonesStay);
}

// Input goes when it is old and was read before the quiet time before: nobody is so late.
void Simulation::Retain() {
  for (int32_t p = 0; p < scenario_.partitions; ++p) {
    const TopicPartition of{kEvents, p};
    PartitionLog& input = broker_.log(of);
    const int64_t position = broker_.group("bank.score").Position(of).value_or(0);
    const size_t read = input.IndexOf(std::exchange(read_[of], position));
    for (size_t i = input.IndexOf(input.start()); i < read; ++i) {
      if (world_.now() - input.entries()[i].time < hours(1)) break;
      input.Truncate(input.entries()[i].offset + 1);
    }
  }
}

bool Simulation::Tear() {
  for (int32_t p = 0; p < scenario_.partitions; ++p) {
    if (!broker_.log({kChangelog, p}).TearLast(kMetaKey)) continue;
    world_.Trace("the last transaction of changelog ", p, " is torn");
    torn_ = TopicPartition{kEvents, p};
    for (Slot& slot : slots_) {
      slot.process->Kill();
      for (auto& [of, disk] : slot.machine->disks) disk.Wipe();
    }
    return true;
  }
  return false;
}

void Simulation::Heal() {
  calm_ = true;
  trouble_at_ = world_.now();
  broker_.Deny(std::nullopt);
  for (const auto& machine : machines_) machine->full = false;
  for (const auto& process : processes_) process->awaits().Disarm();
}

}  // namespace bongsu::sim
