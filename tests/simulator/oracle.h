// What must come out: the same pipeline over the committed sequence of the input, in one go, in
// memory, without workers, transactions, restores or faults. And what did come out.
#pragma once

#include <string>
#include <vector>

#include "tests/simulator/broker.h"
#include "tests/simulator/disk.h"
#include "tests/simulator/scenario.h"

namespace bongsu::sim {

// Empty when everything is as it must be; else the first difference.
std::string Judge(Broker& broker, const Scenario& scenario, const std::vector<Machine*>& machines);

// Where the group must stand in a partition of the input: after its last committed record.
std::optional<int64_t> EndOf(const PartitionLog& input);

}  // namespace bongsu::sim
