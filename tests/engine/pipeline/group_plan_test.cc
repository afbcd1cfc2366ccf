// Who would own what, by the rules of the range assignor.
#include "engine/pipeline/group_plan.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

using Set = std::set<int32_t>;

// A group as the assignor would have left it.
GroupView Group(const std::vector<std::string>& members, int32_t partitions) {
  GroupView group;
  group.stable = true;
  const auto assignment = RangeAssignment(members, partitions);
  for (size_t i = 0; i < members.size(); ++i) {
    GroupMember member{members[i], {}};
    for (const int32_t p : assignment[i]) member.owns.push_back({"in", p});
    group.members.push_back(std::move(member));
  }
  return group;
}

TEST_CASE("a range is shared out in the order of the members' ids, the first get one more") {
  const auto shares = RangeAssignment({"b.score-0", "a.score-10", "a.score-1"}, 7);
  CHECK(shares[0] == Set{5, 6});
  CHECK(shares[1] == Set{3, 4});
  CHECK(shares[2] == Set{0, 1, 2});
  CHECK(RangeAssignment({}, 3).empty());
  CHECK(RangeAssignment({"a", "b"}, 1)[1].empty());
}

TEST_CASE("of two instances each stands by for all of the other") {
  const GroupView group = Group({"a.score-0", "b.score-0"}, 4);
  CHECK(StandbyPlan(group, "a", "in", 4, 1) == Set{2, 3});
  CHECK(StandbyPlan(group, "b", "in", 4, 1) == Set{0, 1});
  CHECK(StandbyPlan(group, "a", "in", 4, 0).empty());
}

TEST_CASE("an instance stands by for what any loss would move to it, not for its own workers") {
  const GroupView group = Group({"a.score-0", "a.score-1", "b.score-0", "c.score-0"}, 8);
  // Without c, b gets 6 and 7 beside its 4 and 5, and gives none; without a it would begin at 0.
  CHECK(StandbyPlan(group, "b", "in", 8, 1) == Set{0, 1, 2, 3, 6, 7});
  CHECK(StandbyPlan(group, "a", "in", 8, 1) == Set{4, 5});
  CHECK(StandbyPlan(group, "a", "in", 8, 2) == Set{4, 5, 6, 7});
}

TEST_CASE("whatever instance is lost, those who take over stood by") {
  const int32_t partitions = GENERATE(1, 4, 16, 17);
  const int instances = GENERATE(2, 3, 5);
  std::vector<std::string> members;
  for (int i = 0; i < instances; ++i) {
    members.push_back(StrCat("host", i, ".score-0"));
    members.push_back(StrCat("host", i, ".score-1"));
  }
  const GroupView before = Group(members, partitions);
  for (int lost = 0; lost < instances; ++lost) {
    std::vector<std::string> left;
    for (const std::string& member : members) {
      if (InstanceOf(member) != StrCat("host", lost)) left.push_back(member);
    }
    for (const GroupMember& after : Group(left, partitions).members) {
      const std::string instance(InstanceOf(after.name));
      const Set ready = StandbyPlan(before, instance, "in", partitions, 1);
      for (const TopicPartition& from : after.owns) {
        bool had = false;
        for (const GroupMember& member : before.members) {
          if (InstanceOf(member.name) != instance) continue;
          had |= std::find(member.owns.begin(), member.owns.end(), from) != member.owns.end();
        }
        CHECK((had || ready.contains(from.partition)));
      }
    }
  }
}

TEST_CASE("what no member owns is without an owner") {
  GroupView group = Group({"a.score-0", "b.score-0"}, 4);
  CHECK(WithoutOwner(group, "in", 4).empty());
  group.members.pop_back();
  CHECK(WithoutOwner(group, "in", 4) == Set{2, 3});
  CHECK(WithoutOwner(group, "other", 2) == Set{0, 1});
}

}  // namespace
}  // namespace bongsu
