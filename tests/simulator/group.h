// The group coordinator of the broker model, for one consumer group: static and dynamic members,
// session time-outs, eager range assignment, generations, and the group's positions with those of
// open transactions beside them (KIP-447: refused by generation, and not settled until the end).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/core/log.h"
#include "tests/simulator/world.h"

namespace bongsu::sim {

class Group final {
 public:
  struct Member {
    std::string instance;  // Empty: a dynamic member.
    int64_t id = 0;
    const Host* host = nullptr;
    std::vector<std::string> topics;
    Timestamp since;                  // When it came.
    bool rejoined = true;             // In the rebalance under way.
    Timestamp notice_at;              // When a heartbeat tells it of the rebalance.
    Timestamp sync_at;                // When it gets its assignment.
    std::optional<Timestamp> closed;  // A static member that is away.
    std::vector<TopicPartition> assigned;
  };
  enum class Refusal { kNone, kUnknownMember, kFencedInstance, kIllegalGeneration };
  using CountPartitions = std::function<int32_t(const std::string& topic)>;

  Group(World& world, std::string name, Duration session, CountPartitions partitions)
      : world_(world), name_(std::move(name)), session_(session), partitions_(partitions) {}

  // A new member, or a static one that comes back: then the group does not rebalance for it. The
  // member's id.
  int64_t Join(const Host& host, std::string instance, std::vector<std::string> topics);
  // The member has given up what it had, for the rebalance under way.
  void Rejoin(int64_t id);
  void Close(int64_t id);
  void Expel(const Member& member);
  // The next static member that comes back gets a partition less than it had.
  void Orphan() { orphan_ = true; }
  Timestamp orphaned_at() const { return orphaned_at_; }
  // Expels whose session has ended. `since`: when the coordinator came up last.
  void Sweep(Timestamp since);

  const Member* Find(int64_t id) const;
  const Member* FindInstance(std::string_view instance) const;
  const std::vector<Member>& members() const { return members_; }
  bool stable() const { return !preparing_; }
  int generation() const { return generation_; }

  // Positions.
  Refusal Check(int64_t id, const std::string& instance, int generation) const;
  void Pend(int64_t producer, const TopicPartition& of, int64_t next) {
    pending_[producer][of] = next;
  }
  void EndPositions(int64_t producer, bool commit);
  bool Settled(const TopicPartition& of) const;
  std::optional<int64_t> Position(const TopicPartition& of) const;

 private:
  void Prepare();
  void TryComplete();
  void Assign();

  World& world_;
  const std::string name_;
  const Duration session_;
  const CountPartitions partitions_;
  std::vector<Member> members_;
  int64_t last_id_ = 0;
  int generation_ = 0;
  bool preparing_ = false, orphan_ = false;
  Timestamp orphaned_at_;
  std::map<TopicPartition, int64_t> positions_;
  std::map<int64_t, std::map<TopicPartition, int64_t>> pending_;  // By producer.
};

}  // namespace bongsu::sim
