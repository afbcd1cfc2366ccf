// Seconds since the last matching event before this one: the pause before a log-in, dormant
// accounts. NaN at first. A late event changes the memory only when it is the newest match, and has
// no value when a newer match is known, because what lay before it has been forgotten. Runs in the
// profile stage, on the thread of the shard. Memory a person: 8 bytes.
#pragma once

#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct TimeSinceOptions {
  Located<std::string> name;
  FilterOptions time_since;
  std::string description, label, label_ko;
  static const FieldTable<TimeSinceOptions>& Fields();
};

OperatorSpec TimeSinceSpec();

}  // namespace bongsu
