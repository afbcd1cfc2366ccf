// `bongsu state inspect`: what is there of each partition's state, and what opening it would do.
// Reads the stores in this data_dir, of an engine that is stopped or runs, or the changelog alone;
// changes nothing. Contents of a person's entries are shown only when asked for. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/app/state_facts.h"
#include "engine/app/state_kinds.h"
#include "engine/core/clock.h"

namespace bongsu {

struct InspectOptions {
  std::optional<int32_t> partition = {};  // Only this one.
  std::string user = {};                  // Also the entries of this person.
  bool raw = false;                       // With their contents.
  bool from_changelog = false;
};

struct PersonEntry {
  std::string key, value;  // The value without its seal.
};

struct PartitionState {
  PartitionFacts facts;
  std::optional<Meta> meta;  // Of what was looked into: the store, or the changelog.
  int64_t lag = 0;           // Of the group; records where few offsets are left, else offsets.
  bool lag_counted = true;
  KindCounts kinds;
  std::vector<PersonEntry> person;
  ExpectedOpening opening;
};

struct Inspection {
  std::string group, input;
  bool broker = false;  // Else facts hold no positions.
  bool from_changelog = false;
  Timestamp now;
  std::vector<PartitionState> partitions;
};

Result<Inspection> Inspect(const EngineConfig& config, const InspectOptions& options,
                           const Clock& clock);
std::string InspectionText(const Inspection& inspection, const InspectOptions& options);
std::string InspectionJson(const Inspection& inspection, const InspectOptions& options);

}  // namespace bongsu
