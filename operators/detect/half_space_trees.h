// The detector of unusual behaviour: half-space trees over chosen features, calibrated to a tail
// probability. A stage of the pipeline between profile and score; one instance a shard. Its vector
// is the features in the order of the configuration; heavy-tailed ones (units events, points, rows,
// bytes, values, seconds) go through log(1 + |v|) with the sign kept, so that a hundred times the
// usual is a few steps away. The range of a feature is that of its unit (a ratio up to 1, rows up
// to ten million), so that far above everybody is another place than a little above; without a
// known unit it is found in the first window. Less than usual is not strange unless asked for.
//
// What it learns, in Learn, after the whole verdict is known:
// - the calibrator learns the raw score of every event once the trees can score;
// - the trees learn every event at first, and then every so-manieth: a window is spread over a
//   quarter of all events seen, up to `reach`, so that the quiet hours and the busy ones are in it;
// - `learn: below_threshold`: of events whose risk is `learn_below` or more, both learn only those
//   whose number is a multiple of window / learn_cap, rounded up. So a burst neither becomes the
//   model nor makes the next burst look usual; a poisoner teaches at most learn_cap in `window`;
//   and when everything has become strange, the trees have changed over after window^2 / learn_cap
//   of the events they look at. Above learn_below a calibrated rarity is up to window / learn_cap
//   times too rare while such events go on.
// Both models are registered as `<name>.trees` and `<name>.tail`; the pipeline keeps them.
#pragma once

#include "engine/core/spec.h"

namespace bongsu {

OperatorSpec HalfSpaceTreesSpec();

}  // namespace bongsu
