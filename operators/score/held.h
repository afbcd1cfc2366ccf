// A change of a person's risk that waits for its second to pass, as it lies in the state under kind
// 'r': the details of the event that moved it. A version byte, then the members in order (see
// held.cc).
#pragma once

#include <string>
#include <string_view>

#include "engine/core/alert.h"

namespace bongsu {

// Of `risk`: contributions, features and cause; the rest is made anew when it is sent.
std::string EncodeHeldRisk(const UserRisk& risk);
// kCorrupt when the bytes are not such a change; kInvalid when a later release wrote them.
Result<UserRisk> DecodeHeldRisk(std::string_view bytes);

// The risky events of a person that UserRisk tells of, under kind 'e'. Errors as above.
std::string EncodeRecent(const std::vector<RiskyEvent>& events);
Result<std::vector<RiskyEvent>> DecodeRecent(std::string_view bytes);

}  // namespace bongsu
