// The changelog of one partition as the state commands read it: what its end says, without the
// whole of it. Committed records only. One thread.
#pragma once

#include <optional>
#include <string>

#include "engine/core/log.h"
#include "engine/core/state.h"

namespace bongsu {

struct ChangelogEnd {
  LogOffsets offsets;
  std::optional<Meta> meta;           // The last one; nullopt: no state was ever written.
  std::optional<int32_t> partitions;  // Of the input, as the writer of that meta knew it.
  bool whole = true;                  // The transaction of that meta has all its records.
  Timestamp written() const { return Timestamp(Duration(meta ? meta->written : 0)); }
};

// Reads backwards until the last batch is known. kUnavailable when the broker does not answer.
Result<ChangelogEnd> ReadChangelogEnd(Log& log, const TopicPartition& changelog, Timestamp now);

// kInvalid with the remedy when the state was made with another number of input partitions: people
// would change partition, and their state would not.
Status CheckCountUnchanged(Log& log, const std::string& changelog, const std::string& input,
                           int32_t partitions);

// What follows `last` when nothing but the meta itself is written.
Meta NextMeta(const Meta& last, Timestamp now, uint64_t cluster);

}  // namespace bongsu
