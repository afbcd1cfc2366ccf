// The value of a derived field that says yes or no. Any thread.
#pragma once

#include "engine/core/event.h"

namespace bongsu {

inline Value Flag(bool on) {
  return on ? Value{"true", 1} : Value{"false", 0};
}

}  // namespace bongsu
