// The bytes of a text eight at a time, for questions about any of them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace bongsu {

inline constexpr uint64_t kEachByte = 0x0101010101010101;  // Times a byte: a word of it.

// Bytes of a word below 0x20, and those that are `byte`: the top bit of each is set. Of others too,
// but only above one that is (Hacker's Delight, 6-1: there a borrow comes from).
inline uint64_t BelowSpace(uint64_t word) {
  return (word - 0x20 * kEachByte) & ~word;
}
inline uint64_t EqualTo(uint64_t word, unsigned char byte) {
  const uint64_t zero = word ^ byte * kEachByte;
  return (zero - kEachByte) & ~zero;
}

// Whether `found(word)` has a top bit of a byte set for any word of `text`. A byte may be asked
// about twice.
template <typename F>
bool AnyByte(std::string_view text, F found) {
  const auto load = [&](size_t at) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof(word));
    return word;
  };
  const size_t size = text.size();
  uint64_t any = 0;
  if (size >= 8) {
    for (size_t at = 0; at + 8 < size; at += 8) any |= found(load(at));
    any |= found(load(size - 8));
  } else if (size >= 4) {
    uint32_t begin, end;
    std::memcpy(&begin, text.data(), 4);
    std::memcpy(&end, text.data() + size - 4, 4);
    any = found(begin | uint64_t{end} << 32);
  } else if (size > 0) {
    const auto byte = [&](size_t at) -> uint64_t { return static_cast<unsigned char>(text[at]); };
    any = found(byte(0) * (kEachByte << 16) | byte(size / 2) << 8 | byte(size - 1));
  }
  return (any & 0x80 * kEachByte) != 0;
}

}  // namespace bongsu
