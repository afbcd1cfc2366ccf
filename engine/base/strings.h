// Small helpers for text. Any thread.
#pragma once

#include <charconv>
#include <concepts>
#include <span>
#include <string>
#include <string_view>

namespace bongsu {

namespace strings_internal {
inline void Append(std::string* out, std::string_view text) {
  out->append(text);
}
inline void Append(std::string* out, char c) {
  out->push_back(c);
}
template <std::integral T>
void Append(std::string* out, T number) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), number);
  out->append(buffer, end.ptr);
}
void Append(std::string* out, double number);
void Append(std::string* out, float number) = delete;
}  // namespace strings_internal

// Joins text and numbers; a floating-point number is written shortest, so that it reads back equal.
template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  std::string out;
  (strings_internal::Append(&out, parts), ...);
  return out;
}

std::string Join(std::span<const std::string> parts, std::string_view separator);

// Insertions, deletions, substitutions and swaps of neighbours between `a` and `b`.
size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, or empty when none is near enough to be what was meant.
std::string_view DidYouMean(std::string_view word, std::span<const std::string> candidates);

// "; did you mean \"x\"?" or nothing.
std::string DidYouMeanHint(std::string_view word, std::span<const std::string> candidates);

bool IsValidUtf8(std::string_view text);

std::string HexEncode(std::string_view bytes);

}  // namespace bongsu
