// The sum of a number field over the matching events, in a sliding window or decayed: bytes of the
// last day, sensitivity of what was touched lately. The current event counts in its own value. Runs
// in the profile stage, on the thread of the shard. Memory a person: 264 bytes (window) or 16
// (half_life).
//
// In a window, parts are rounded to a millionth, so that the sum does not depend on the order of
// events.
#pragma once

#include <optional>
#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct SumOptions {
  Located<std::string> name;
  Located<std::string> sum;
  FilterOptions where;
  std::optional<Duration> window, half_life;
  std::string description, label, label_ko;
  static const FieldTable<SumOptions>& Fields();
};

OperatorSpec SumSpec();

}  // namespace bongsu
