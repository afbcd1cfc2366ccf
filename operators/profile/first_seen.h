// Whether the event's value of a field is new for this person: a country, a device, an application
// not seen from them within `within`. 1 new, 0 known; it stays 1 for events with that value for
// `stays` after the first sight, because what is done from a new place counts, not the first click
// alone. NaN without the field, where `where` does not match, and in the first `learning` of a
// person, when everything would be new; what was first seen then is not new afterwards either.
//
// Remembered are the `remember` values seen last, as 32-bit hashes with the minutes of their first
// and last sight; when the table is full, the value seen longest ago gives way, and is new when it
// comes back. A sight after a pause of `within` is a first one again. A late event never makes a
// known value unknown: it can only move a first sight or the beginning of `learning` back.
//
// Runs in the profile stage, on the thread of the shard. Memory a person: 8 + 12 × `remember`
// bytes, 392 by default; the places not yet used are zero.
#pragma once

#include <string>

#include "engine/core/spec.h"
#include "operators/profile/filter.h"

namespace bongsu {

struct FirstSeenOptions {
  Located<std::string> name;
  Located<std::string> first_seen;
  FilterOptions where;
  Duration within{};
  Duration stays = std::chrono::days(1);
  Duration learning = std::chrono::days(7);
  int remember = 32;
  std::string description, label, label_ko;
  static const FieldTable<FirstSeenOptions>& Fields();
};

OperatorSpec FirstSeenSpec();

}  // namespace bongsu
