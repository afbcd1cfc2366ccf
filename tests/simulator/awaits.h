// Every call that leaves a process (to the broker, to the disk) is a point where it may die, stand
// still or be refused. The simulation arms a fault for such a point; the next calls of that kind
// count it down. A process that has died there gets errors from then on, and nothing it does has an
// effect.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "tests/simulator/world.h"

namespace bongsu::sim {

enum class Point {
  kNewProducer,
  kInitialising,  // The transaction of the holder before is being ended.
  kNewConsumer,
  kPollAssignment,
  kCommitted,
  kAssign,
  kPoll,
  kBegin,
  kAppend,
  kSavePositions,
  kSend,       // Each record, before it reaches the broker.
  kPositions,  // All sent, positions not.
  kCommit,     // Positions sent.
  kAfterCommit,
  kAbort,
  kNewReader,
  kReaderPoll,
  kOffsets,
  kFindOpen,
  kDescribe,
  kStoreOpen,
  kStoreRead,
  kStoreWrite,
  kAfterStoreWrite,
  kSetAside,
  kCount
};
inline constexpr auto kPoints = static_cast<size_t>(Point::kCount);
std::string_view PointName(Point point);

enum class Action {
  kCrash,
  kFreeze,
  kFail,  // The call is refused and does nothing.
  // At kCommit:
  kUnknownDone,
  kUnknownLost,
  kUnknownLate,  // Done later, if the producer's epoch is still the same then.
  kResent        // The client asks again by itself, and is answered; the first request is late.
};

struct Armed {
  Point point = Point::kCommit;
  int count = 1;  // The nth call from now.
  Action action = Action::kCrash;
  Duration duration{};  // Of a freeze, or until what is late arrives.
};

// Hits by point and action, over many seeds.
struct Coverage {
  std::array<std::array<int64_t, 8>, kPoints> hits{};
  int64_t At(Point point, Action action) const {
    return hits[static_cast<size_t>(point)][static_cast<size_t>(action)];
  }
};

class Awaits final {
 public:
  Awaits(World& world, Host& host, Coverage& coverage)
      : world_(world), host_(host), coverage_(coverage) {}

  void Arm(const Armed& armed) { armed_.push_back(armed); }
  void Disarm() { armed_.clear(); }

  // Not Ok: the call must end here, without an effect. `may_wait` false where a lock is held.
  Status Before(Point point, bool may_wait = true);
  // The effect has happened; who asked may not live to see the answer.
  Status After(Point point) { return Before(point); }
  // What is to become of the commit whose kCommit has just passed.
  std::optional<Armed> TakeCommitFault();

  bool dead() const { return host_.dead; }
  World& world() { return world_; }
  const Host& host() const { return host_; }
  void Die();
  void Freeze(Duration how_long);

 private:
  std::optional<Armed> Take(Point point);
  static Status Dead();

  World& world_;
  Host& host_;
  Coverage& coverage_;
  std::vector<Armed> armed_;
  std::optional<Armed> commit_fault_;
};

}  // namespace bongsu::sim
