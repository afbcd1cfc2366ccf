// How many events match a filter, in a sliding window or decayed: failed log-ins of the last hour.
// The current event counts in its own value. Runs in the profile stage, on the thread of the shard.
// Memory a person: 136 bytes (window) or 16 (half_life).
#pragma once

#include <optional>
#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct CountOptions {
  Located<std::string> name;
  FilterOptions count;
  std::optional<Duration> window, half_life;
  std::string description, label, label_ko;
  static const FieldTable<CountOptions>& Fields();
};

OperatorSpec CountSpec();

}  // namespace bongsu
