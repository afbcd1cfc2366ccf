// The greatest value of a number field over the matching events of a sliding window: the largest
// export of the day. NaN while there are none. The current event counts in its own value, and order
// does not matter. Runs in the profile stage, on the thread of the shard. Memory a person: 264
// bytes.
#pragma once

#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct MaxOptions {
  Located<std::string> name;
  Located<std::string> max;
  FilterOptions where;
  Duration window{};
  std::string description, label, label_ko;
  static const FieldTable<MaxOptions>& Fields();
};

OperatorSpec MaxSpec();

}  // namespace bongsu
