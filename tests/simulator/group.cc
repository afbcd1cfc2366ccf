#include "tests/simulator/group.h"

#include <algorithm>
#include <tuple>

namespace bongsu::sim {
namespace {

constexpr Duration kHeartbeat = std::chrono::milliseconds(1500);
constexpr Duration kSync = std::chrono::milliseconds(30);

}  // namespace

int64_t Group::Join(const Host& host, std::string instance, std::vector<std::string> topics) {
  const int64_t id = ++last_id_;
  const auto known = std::find_if(members_.begin(), members_.end(), [&](const Member& m) {
    return !instance.empty() && m.instance == instance;
  });
  world_.Stir();
  if (known != members_.end()) {
    world_.Trace("group ", name_, ": ", instance, " is back as member ", id);
    known->id = id;
    known->host = &host;
    known->since = world_.now();
    known->closed.reset();
    known->sync_at = world_.now() + world_.Between(Duration(0), kSync);
    known->rejoined = true;
    if (!preparing_ && !known->assigned.empty() && std::exchange(orphan_, false)) {
      world_.Trace("group ", name_, ": partition ", known->assigned.back().partition,
                   " belongs to nobody");
      known->assigned.pop_back();
      orphaned_at_ = world_.now();
    }
    if (preparing_) TryComplete();
    return id;
  }
  world_.Trace("group ", name_, ": ", instance, " joins as member ", id);
  Member member;
  member.instance = std::move(instance);
  member.id = id;
  member.host = &host;
  member.since = world_.now();
  member.topics = std::move(topics);
  members_.push_back(std::move(member));
  Prepare();
  members_.back().rejoined = true;
  TryComplete();
  return id;
}

void Group::Prepare() {
  if (!std::exchange(preparing_, true)) {
    world_.Trace("group ", name_, ": rebalance");
    for (Member& member : members_) {
      member.rejoined = false;
      member.notice_at = world_.now() + world_.Between(Duration(0), kHeartbeat);
    }
  }
  world_.Stir();
}

void Group::Rejoin(int64_t id) {
  for (Member& member : members_) {
    if (member.id == id) member.rejoined = true;
  }
  TryComplete();
}

void Group::TryComplete() {
  if (!preparing_) return;
  for (const Member& member : members_) {
    if (!member.rejoined) return;
  }
  preparing_ = false;
  ++generation_;
  Assign();
  world_.Stir();
}

// The range assignor: of each topic, neighbours to the members in the order of their names.
void Group::Assign() {
  std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) {
    return std::tie(a.instance, a.id) < std::tie(b.instance, b.id);
  });
  std::set<std::string> topics;
  for (Member& member : members_) {
    member.assigned.clear();
    member.sync_at = world_.now() + world_.Between(Duration(0), kSync);
    topics.insert(member.topics.begin(), member.topics.end());
  }
  const auto count = static_cast<int32_t>(members_.size());
  for (const std::string& topic : topics) {
    const int32_t partitions = partitions_(topic);
    for (int32_t i = 0, next = 0; i < count; ++i) {
      const int32_t share = partitions / count + (i < partitions % count ? 1 : 0);
      for (int32_t n = 0; n < share; ++n) {
        members_[static_cast<size_t>(i)].assigned.push_back({topic, next++});
      }
    }
  }
  for (const Member& member : members_) {
    world_.Trace("group ", name_, " generation ", generation_, ": ", member.instance, " has ",
                 member.assigned.size());
  }
}

void Group::Close(int64_t id) {
  for (Member& member : members_) {
    if (member.id != id) continue;
    if (member.instance.empty()) return Expel(member);
    member.closed = world_.now();
    if (preparing_) member.rejoined = false;  // Its session is waited for.
    return;
  }
}

void Group::Expel(const Member& member) {
  world_.Trace("group ", name_, ": ", member.instance, " is out");
  const int64_t id = member.id;
  std::erase_if(members_, [&](const Member& m) { return m.id == id; });
  Prepare();
  TryComplete();
}

void Group::Sweep(Timestamp since) {
  for (bool again = true; again;) {
    again = false;
    for (const Member& member : members_) {
      const bool still = member.host->dead || member.host->frozen_until > world_.now();
      if (!still && !member.closed) continue;
      Timestamp silent = still ? member.host->silent_since : *member.closed;
      if (still && member.closed) silent = std::min(silent, *member.closed);
      if (world_.now() - std::max(silent, since) < session_) continue;
      Expel(member);
      again = true;
      break;
    }
  }
}

const Group::Member* Group::Find(int64_t id) const {
  for (const Member& member : members_) {
    if (member.id == id) return &member;
  }
  return nullptr;
}

const Group::Member* Group::FindInstance(std::string_view instance) const {
  for (const Member& member : members_) {
    if (!instance.empty() && member.instance == instance) return &member;
  }
  return nullptr;
}

Group::Refusal Group::Check(int64_t id, const std::string& instance, int generation) const {
  if (Find(id) == nullptr) {
    return FindInstance(instance) ? Refusal::kFencedInstance : Refusal::kUnknownMember;
  }
  return generation == generation_ ? Refusal::kNone : Refusal::kIllegalGeneration;
}

void Group::EndPositions(int64_t producer, bool commit) {
  if (commit) {
    for (const auto& [of, next] : pending_[producer]) positions_[of] = next;
  }
  pending_.erase(producer);
}

bool Group::Settled(const TopicPartition& of) const {
  return std::none_of(pending_.begin(), pending_.end(),
                      [&](const auto& entry) { return entry.second.contains(of); });
}

std::optional<int64_t> Group::Position(const TopicPartition& of) const {
  const auto position = positions_.find(of);
  return position == positions_.end() ? std::nullopt : std::optional(position->second);
}

}  // namespace bongsu::sim
