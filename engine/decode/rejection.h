// The reasons for which engine/decode refuses bytes: a small fixed set, because each is a metric
// label
// (`dead_letters_total{reason}`) and a header of dead letters. Any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "engine/core/codec.h"
#include "engine/json/reader.h"

namespace bongsu {

enum class RejectReason {
  kJson,       // Not one JSON value: cut off, syntax, something after it, a byte order mark.
  kUtf8,       // Invalid UTF-8, or half a surrogate pair.
  kNumber,     // A number that is malformed or that no double or 64-bit integer holds.
  kDuplicate,  // The same member twice.
  kLimit,      // Over a limit: bytes, depth, attributes, length of a text.
  kMissing,    // A required member is absent, null or empty.
  kType,       // A member of the wrong JSON type.
  kRange,      // A number outside of what its field allows.
  kTime,       // Not a time, or not a plausible one.
  kText,       // Control characters where they have no business.
  kFormat,     // A text outside of its vocabulary (action, result).
  kUnmatched,  // The mapping's `when` says that it is not for this record.
  kMapping,    // A value that the mapping could not convert (`on_error: reject`).
  kCount
};

std::string_view ReasonName(RejectReason reason);
Rejection Reject(RejectReason reason, std::string_view field, std::string message);
// What a reader that failed says, as a rejection of the whole text.
Rejection RejectJson(const JsonReader& reader);

}  // namespace bongsu
