// What follows from who is in a consumer group: who would own a partition if others were lost, and
// which partitions nobody owns. Pure functions. The assignment is that of the `range` assignor:
// members in the order of their ids, each with an equal run of partitions (KIP-345: the id of a
// static member is its name, a dash and something random).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/log.h"

namespace bongsu {

// The partitions of each of `members`, in their order.
std::vector<std::set<int32_t>> RangeAssignment(std::vector<std::string> members,
                                               int32_t partitions);

// The process of a worker: "host.score-3" is of "host".
std::string_view InstanceOf(std::string_view member);

// The partitions that `instance` does not own but would if any `failures` (0 to 2) other instances
// were lost: those it stands by for.
std::set<int32_t> StandbyPlan(const GroupView& group, std::string_view instance,
                              const std::string& topic, int32_t partitions, int failures);

std::set<int32_t> WithoutOwner(const GroupView& group, const std::string& topic,
                               int32_t partitions);

}  // namespace bongsu
