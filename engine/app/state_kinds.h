// What the entries of a shard's state are (state/README.md has the list): for people who look at
// it, and for moving those that belong to a person. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace bongsu {

// What stands before the first slash: "u", "t", "schema"; the whole key where there is none.
std::string_view KindOf(std::string_view key);
// "profiles" for "u"; "memory of operators" for a letter that is nobody's own.
std::string_view KindWords(std::string_view kind);
// Whose entry it is; nullopt: the shard's own.
std::optional<std::string_view> PersonOf(std::string_view key);

struct KindCount {
  int64_t entries = 0, bytes = 0;  // Keys and values.
};
using KindCounts = std::map<std::string, KindCount, std::less<>>;
void Count(std::string_view key, size_t value_bytes, KindCounts* counts);

}  // namespace bongsu
