#include "engine/decode/rejection.h"

namespace bongsu {

std::string_view ReasonName(RejectReason reason) {
  static constexpr std::array<std::string_view, static_cast<size_t>(RejectReason::kCount)> kNames =
      {"json",  "utf8", "number", "duplicate", "limit",     "missing", "type",
       "range", "time", "text",   "format",    "unmatched", "mapping"};
  return kNames[static_cast<size_t>(reason)];
}

Rejection Reject(RejectReason reason, std::string_view field, std::string message) {
  return {std::string(ReasonName(reason)), std::string(field), std::move(message)};
}

Rejection RejectJson(const JsonReader& reader) {
  RejectReason reason = RejectReason::kJson;
  switch (reader.fault()) {
    case JsonFault::kUtf8:
      reason = RejectReason::kUtf8;
      break;
    case JsonFault::kNumber:
      reason = RejectReason::kNumber;
      break;
    case JsonFault::kDepth:
    case JsonFault::kSize:
      reason = RejectReason::kLimit;
      break;
    case JsonFault::kDuplicate:
      reason = RejectReason::kDuplicate;
      break;
    default:
      break;
  }
  return Reject(reason, "", reader.message());
}

}  // namespace bongsu
