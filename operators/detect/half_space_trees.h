// The detector of unusual behaviour: half-space trees over chosen features, calibrated to a tail
// probability. A stage of the pipeline between profile and score; one instance a shard. Its vector
// is the features in the order of the configuration; heavy-tailed ones (units events, points,
// bytes, values, seconds) go through log(1 + |v|) with the sign kept, so that a hundred times the
// usual is a few steps away.
//
// What it learns, in Learn, after the whole verdict is known:
// - the calibrator learns the raw score of every event once the trees can score;
// - the trees learn every event (`learn: all`), or (`below_threshold`) every event whose risk is
// under
//   `learn_below`, and of the others those whose number among the scored events is a multiple of
//   window / learn_cap, rounded up. So never more than learn_cap in `window` successive events,
//   which bounds what a poisoner can teach; and when everything has become strange, the trees have
//   changed over after about window^2 / learn_cap events, which bounds how long they can be wrong.
// Both models are registered as `<name>.trees` and `<name>.tail`; the pipeline keeps them.
#pragma once

#include "engine/core/spec.h"

namespace bongsu {

OperatorSpec HalfSpaceTreesSpec();

}  // namespace bongsu
