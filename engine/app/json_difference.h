// What differs between two JSON texts, member by member.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bongsu {

// `path: <value> went out, <value> was made`, at most `max` of them; empty when the bytes are
// equal.
std::vector<std::string> JsonDifferences(std::string_view went_out, std::string_view made,
                                         size_t max = 20);

}  // namespace bongsu
