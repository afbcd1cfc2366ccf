// How many events match `of` for each that matches `to`: the share of log-ins that are off hours.
// NaN while nothing matched `to`, unless `smooth` says to begin at 0. The current event counts in
// its own value. Runs in the profile stage, on the thread of the shard. Memory a person: 264 bytes
// (window) or 24 (half_life).
#pragma once

#include <optional>
#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct RatioParts {
  FilterOptions of, to;
  static const FieldTable<RatioParts>& Fields();
};

struct RatioOptions {
  Located<std::string> name;
  RatioParts ratio;
  std::optional<Duration> window, half_life;
  double smooth = 0;
  std::string description, label, label_ko;
  static const FieldTable<RatioOptions>& Fields();
};

OperatorSpec RatioSpec();

}  // namespace bongsu
