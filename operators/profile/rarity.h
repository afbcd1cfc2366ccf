// How rare the event's value of a field is in this person's own past, in bits: -log2 of its share.
// 0 is what they always do, 1 every second time, 10 once in a thousand. The event itself is not yet
// counted. NaN without the field and where `where` does not match.
//
// The share is estimated as by Krichevsky and Trofimov (1981, "The performance of universal
// encoding") over the values known and one more for "something else", each begun with half a
// sight:
//
//   share = (count + 1/2) / (total + (known + 1) / 2)
//
// so that little history says little: a new value has 0 bits as the first event, 2 after one other
// event, 3.6 after five like one another, 7.7 after a hundred. Counts halve every `half_life`
// (forward decay, Cormode et al. 2009: weights grow within a half-life and all are scaled by an
// exact power of two at its end).
//
// The `remember` most frequent values are counted (SpaceSaving: Metwally, Agrawal, El Abbadi 2005);
// a newcomer to a full table takes the place and the count of the least. Counts are exact while no
// more than `remember` values are about; beyond, they are never too low, so a value is never called
// rarer than it is. A value is forgotten ten half-lives after a single sight.
//
// Runs in the profile stage, on the thread of the shard. Memory a person: 8 + 8 × `remember` bytes,
// 136 by default.
#pragma once

#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct RarityOptions {
  Located<std::string> name;
  Located<std::string> rarity;
  FilterOptions where;
  Duration half_life{};
  int remember = 16;
  std::string description, label, label_ko;
  static const FieldTable<RarityOptions>& Fields();
};

OperatorSpec RaritySpec();

}  // namespace bongsu
