// The explicit list of every operator in the program. Nothing registers itself: what is not listed
// in all.cc does not exist for configuration, help, schema, reference page and conformance tests.
#pragma once

#include <vector>

#include "engine/core/spec.h"

namespace bongsu {

// In the order of the stages; never changes while the program runs. Any thread.
const std::vector<OperatorSpec>& AllOperators();

}  // namespace bongsu
