// How many different values of a field the matching events had in a sliding window: resources
// touched today. Exact up to 64 values, estimated beyond (see distinct_sketch.h). The current event
// counts in its own value. Runs in the profile stage, on the thread of the shard. Memory a person:
// 352 bytes, and 1,024 more for who had 64 values at once.
#pragma once

#include <optional>
#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct DistinctOptions {
  Located<std::string> name;
  Located<std::string> distinct;
  FilterOptions where;
  Duration window{};
  std::string description, label, label_ko;
  static const FieldTable<DistinctOptions>& Fields();
};

OperatorSpec DistinctSpec();

}  // namespace bongsu
