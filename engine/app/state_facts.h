// What is known of one partition's state before anything opens it, and what an opening would make
// of it (engine/pipeline/score_factory.cc does it). Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "engine/app/state_changelog.h"
#include "engine/core/log.h"
#include "engine/core/state.h"

namespace bongsu {

struct PartitionFacts {
  int32_t partition = 0;
  CommittedPosition group;  // Of the scoring group.
  LogOffsets input;
  ChangelogEnd changelog;
  std::optional<Meta> local;  // Of the store in this data_dir.
  std::string store_problem;  // Why that can't be read; empty: it can, or there is none.
};

struct ExpectedOpening {
  enum class Kind { kStart, kRestore, kRefused };
  Kind kind = Kind::kRefused;
  int64_t records = 0;  // At most so many are read from the changelog.
  std::string text;     // A sentence, with the remedy where there is one.
};

std::string_view OpeningName(ExpectedOpening::Kind kind);
ExpectedOpening JudgeOpening(const PartitionFacts& facts, uint64_t cluster, Timestamp now);

}  // namespace bongsu
