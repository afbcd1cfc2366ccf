// The members of canonical text in the order of design section 3, and what their values may be.
// For the two that read it: canonical_rules.h in any order, canonical_text.h as we write it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/core/event.h"

namespace bongsu {

inline constexpr std::string_view kTimeName = "time";
inline constexpr std::string_view kAttributesName = "attributes";

// Ids of members: of a field that field, of the others these.
inline constexpr size_t kTimeMember = kCanonicalFields;
inline constexpr size_t kAttributesMember = kCanonicalFields + 1;
inline constexpr size_t kMembers = kCanonicalFields + 2;

struct MemberName {
  std::string_view name;
  size_t id;
};

constexpr std::array<MemberName, kMembers> MakeMemberOrder() {
  std::array<MemberName, kMembers> order{};
  order[0] = {kFieldNames[kEventId], kEventId};
  order[1] = {kTimeName, kTimeMember};
  for (size_t i = 1; i < kCanonicalFields; ++i) order[i + 1] = {kFieldNames[i], i};
  order[kMembers - 1] = {kAttributesName, kAttributesMember};
  return order;
}
inline constexpr std::array<MemberName, kMembers> kMemberOrder = MakeMemberOrder();

// Event times before 1990 or from 2100 on are mistakes of unit (seconds for milliseconds) or of a
// clock.
inline constexpr int64_t kEarliestMillis = 631'152'000'000;
inline constexpr int64_t kLatestMillis = 4'102'444'800'000;

// Characters, not bytes.
inline constexpr size_t kMaxAttributeName = 128;
constexpr size_t MaxLength(size_t field) {
  switch (field) {
    case kEventId:
    case kAction:
      return 128;
    case kResourceId:
      return 2048;  // Paths, addresses and ARNs.
    case kReason:
      return 4096;  // What a person wrote.
    default:
      return 256;
  }
}

inline bool IsUpperSnake(std::string_view text) {
  if (text.empty() || text.front() < 'A' || text.front() > 'Z' || text.back() == '_') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

inline bool IsResult(std::string_view text) {
  return text == "SUCCESS" || text == "FAIL" || text == "DENY";
}

inline constexpr double kMaxSensitivity = 10;

}  // namespace bongsu
