#include "engine/pipeline/group_plan.h"

#include <algorithm>
#include <numeric>

namespace bongsu {
namespace {

// What the members of `instance` get when the instances in `lost` are gone.
void AddGained(const GroupView& group, std::string_view instance,
               const std::vector<std::string>& lost, int32_t partitions, std::set<int32_t>* out) {
  std::vector<std::string> left;
  for (const GroupMember& member : group.members) {
    const std::string_view of = InstanceOf(member.name);
    if (std::find(lost.begin(), lost.end(), of) == lost.end()) left.push_back(member.name);
  }
  const auto assignment = RangeAssignment(left, partitions);
  for (size_t i = 0; i < left.size(); ++i) {
    if (InstanceOf(left[i]) == instance) out->insert(assignment[i].begin(), assignment[i].end());
  }
}

}  // namespace

std::vector<std::set<int32_t>> RangeAssignment(std::vector<std::string> members,
                                               int32_t partitions) {
  std::vector<size_t> order(members.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return members[a] + "-" < members[b] + "-"; });
  std::vector<std::set<int32_t>> assignment(members.size());
  int32_t next = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const auto count = static_cast<int32_t>(members.size());
    const int32_t run = partitions / count + (static_cast<int32_t>(i) < partitions % count ? 1 : 0);
    for (int32_t p = 0; p < run; ++p) assignment[order[i]].insert(next++);
  }
  return assignment;
}

std::string_view InstanceOf(std::string_view member) {
  return member.substr(0, member.rfind('.'));
}

std::set<int32_t> StandbyPlan(const GroupView& group, std::string_view instance,
                              const std::string& topic, int32_t partitions, int failures) {
  std::set<std::string> others;
  std::set<int32_t> owned;
  for (const GroupMember& member : group.members) {
    if (InstanceOf(member.name) != instance) {
      others.emplace(InstanceOf(member.name));
      continue;
    }
    for (const TopicPartition& from : member.owns) {
      if (from.topic == topic) owned.insert(from.partition);
    }
  }
  std::set<int32_t> gained;
  for (const std::string& first : others) {
    if (failures >= 1) AddGained(group, instance, {first}, partitions, &gained);
    for (const std::string& second : others) {
      if (failures >= 2 && first < second)
        AddGained(group, instance, {first, second}, partitions, &gained);
    }
  }
  std::erase_if(gained, [&](int32_t p) { return owned.contains(p); });
  return gained;
}

std::set<int32_t> WithoutOwner(const GroupView& group, const std::string& topic,
                               int32_t partitions) {
  std::set<int32_t> orphans;
  for (int32_t p = 0; p < partitions; ++p) orphans.insert(p);
  for (const GroupMember& member : group.members) {
    for (const TopicPartition& from : member.owns) {
      if (from.topic == topic) orphans.erase(from.partition);
    }
  }
  return orphans;
}

}  // namespace bongsu
