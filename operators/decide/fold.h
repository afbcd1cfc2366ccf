// What the decide stage remembers of a person's last alert, as it lies in the state under kind 'f':
// a version byte, then the members in order (little endian; see fold.cc). Release N reads what N-1
// wrote.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/alert.h"

namespace bongsu {

struct Fold {
  bool open = true;
  Timestamp closes;      // When the cool-down ends.
  int64_t unsent = 0;    // Folded since the last revision went out.
  double sent_risk = 0;  // Of that revision.
  Alert alert;  // As its next revision would be; `user` is the key and not stored. Empty but for
                // `start` and `risk` once the fold is closed.
};

std::string EncodeFold(const Fold& fold);
// kCorrupt when the bytes are not a fold; kInvalid when a later release wrote them.
Result<Fold> DecodeFold(std::string_view bytes);

}  // namespace bongsu
