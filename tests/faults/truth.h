// What a campaign should have come to: the committed records of bongsu.events through one shard a
// partition, on one thread, over a map in memory, without Kafka and without faults; and the
// committed records of the sources through their decoder.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/base/status.h"
#include "engine/core/state.h"
#include "tests/support/kafka_broker.h"

namespace bongsu::faults {

// A record as far as it must be the same in every run: not who wrote it; of a dead letter its
// position, bytes, reason and field.
std::string PrintOf(const TestRecord& record);

// The state of a partition, without what depends on how the stream was cut into batches.
struct StateView {
  int64_t next = 0, time = 0;
  std::map<std::string, std::string> values;  // But `meta` and models' logs.
  std::vector<std::string> models;            // As Model::Save says once they are loaded.
  // What differs, in a few words; empty: nothing.
  std::string Difference(const StateView& other) const;
};
// Reads a whole store; kNotFound when it has no meta.
Result<StateView> ViewOf(const EngineConfig& config, StateStore& store);

using Prints = std::vector<std::vector<std::string>>;  // By partition, in order.

struct ScoreTruth {
  std::map<std::string, Prints> outputs;             // By topic.
  std::map<std::string, std::string> risk;           // The latest of a person; tombstones left out.
  std::vector<std::map<int64_t, StateView>> states;  // By partition and position.
};
// Scores the records before `ends[p]` of each partition p; keeps its state at each of `at[p]`.
Result<ScoreTruth> ComputeScore(const EngineConfig& config, const std::vector<TestRecord>& events,
                                const std::vector<int64_t>& ends,
                                const std::vector<std::set<int64_t>>& at);

struct IngestTruth {
  std::vector<std::string> events, dead_letters;  // Prints.
};
Result<IngestTruth> ComputeIngest(const EngineConfig& config,
                                  const std::vector<TestRecord>& source);

}  // namespace bongsu::faults
