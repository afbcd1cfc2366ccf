// The last stage: an event whose risk reaches `threshold` becomes an alert. One instance a shard.
//
// The first one creates an alert and opens a fold for `cooldown` of event time. Further ones of the
// person are folded into it: counted, the one with the highest risk kept as evidence. An update
// goes out at once when the severity band rises, and once when the cool-down ends if anything was
// folded since. After that the next one is a new alert with a uid of its own. Every revision but
// the first is an update of the same cause; revision numbers go up by one. A closed fold stays
// closed: an event that comes late, from within its time, is counted as suppressed
// ("late") unless its severity is higher than the fold's ever was; then it is an alert of its own.
#pragma once

#include "engine/core/spec.h"

namespace bongsu {

OperatorSpec DecideSpec();

}  // namespace bongsu
