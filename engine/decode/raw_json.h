// Finds parts of a JSON text as bytes, so that a dead letter can keep an element of `Records`
// exactly as it came. Only for texts that the reader has accepted. Any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace bongsu {

// The value of the member `key` of an object; nullopt when there is none or keys hide behind
// escapes.
std::optional<std::string_view> RawMember(std::string_view object, std::string_view key);
// The elements of a list in order.
void RawItems(std::string_view list, std::vector<std::string_view>* items);

}  // namespace bongsu
