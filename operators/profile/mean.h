// The mean of a number field over the matching events that have it, in a sliding window or decayed:
// rows of an ordinary query. NaN while there are none. The current event counts in its own value.
// Runs in the profile stage, on the thread of the shard. Memory a person: 400 bytes (window) or 24
// (half_life).
//
// In a window, parts are rounded to a millionth, so that the mean does not depend on the order of
// events.
#pragma once

#include <optional>
#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct MeanOptions {
  Located<std::string> name;
  Located<std::string> mean;
  FilterOptions where;
  std::optional<Duration> window, half_life;
  std::string description, label, label_ko;
  static const FieldTable<MeanOptions>& Fields();
};

OperatorSpec MeanSpec();

}  // namespace bongsu
