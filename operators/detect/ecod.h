// Detector: how far out is each feature of this event on its own, in terms of what all people of
// the partition show? See operators/models/ecod.h. Detect stage, on the thread of the shard.
#pragma once

#include "engine/core/spec.h"

namespace bongsu {

OperatorSpec EcodSpec();

}  // namespace bongsu
