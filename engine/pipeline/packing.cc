#include "engine/pipeline/packing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace bongsu {
namespace {

constexpr size_t kWord = sizeof(uint64_t);
static_assert(std::endian::native == std::endian::little);

void Remember(uint8_t column, uint64_t word, WordReferences* references) {
  (*references)[column] = column < kColumns ? word : 0;
}

// Bit i: byte i is not zero.
unsigned MaskOf(uint64_t word) {
  constexpr uint64_t kLow = 0x7F7F7F7F7F7F7F7F;
  const uint64_t high = (((word & kLow) + kLow) | word) & ~kLow;  // The high bit of such bytes.
  return static_cast<unsigned>((high >> 7) * 0x0102040810204080 >> 56);
}

// By mask; std::popcount is a call on the oldest x86-64.
constexpr auto kCounts = [] {
  std::array<uint8_t, 256> counts{};
  for (size_t mask = 1; mask < counts.size(); ++mask) {
    counts[mask] = static_cast<uint8_t>(counts[mask / 2] + mask % 2);
  }
  return counts;
}();

// The bytes of a mask are next to each other: so they are in most words.
bool Together(unsigned mask) {
  const unsigned low = mask >> std::countr_zero(mask);
  return (low & (low + 1)) == 0;
}

bool TakeBytes(std::string_view* in, unsigned mask, uint64_t* difference) {
  const size_t size = kCounts[mask];
  if (in->size() < size) return false;
  if (in->size() >= kWord && Together(mask)) {
    std::memcpy(difference, in->data(), kWord);
    *difference &= ~uint64_t{0} >> 8 * (kWord - size);
    *difference <<= 8 * std::countr_zero(mask);
  } else {
    const char* next = in->data();
    *difference = 0;
    for (; mask != 0; mask &= mask - 1) {
      *difference |= uint64_t{static_cast<unsigned char>(*next++)} << 8 * std::countr_zero(mask);
    }
  }
  in->remove_prefix(size);
  return true;
}

}  // namespace

char* WordPacker::Room() {
  constexpr size_t kLongest = 11, kChunk = 1024;  // What one call writes; what is added.
  if (out_.size() - size_ < kLongest) out_.resize(size_ + kChunk);
  return out_.data() + size_;
}

void WordPacker::PutRun(size_t words, bool equal) {
  char* next = Room();
  *next++ = '\0';
  uint64_t rest = words << 1 | (equal ? 1 : 0);
  for (; rest >= 0x80; rest >>= 7) *next++ = static_cast<char>(rest | 0x80);
  *next++ = static_cast<char>(rest);
  size_ = static_cast<size_t>(next - out_.data());
}

void WordPacker::PutBytes(uint64_t difference) {
  const unsigned mask = MaskOf(difference);
  char* next = Room();
  *next++ = static_cast<char>(mask);
  if (Together(mask)) {
    const uint64_t low = difference >> 8 * std::countr_zero(mask);
    std::memcpy(next, &low, kWord);
  } else {
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
      *next++ = static_cast<char>(difference >> 8 * std::countr_zero(rest));
    }
  }
  size_ += 1 + size_t{kCounts[mask]};
}

void WordPacker::Add(std::span<const std::byte> words, std::span<const uint8_t> columns) {
  const auto word_at = [&](size_t at) {
    uint64_t word;
    std::memcpy(&word, words.data() + at * kWord, kWord);
    return word;
  };
  // Most words are zero, in long runs.
  const auto after_zeros = [&](size_t at) {
    while (at + 4 <= columns.size() &&
           (word_at(at) | word_at(at + 1) | word_at(at + 2) | word_at(at + 3)) == 0)
      at += 4;
    while (at < columns.size() && word_at(at) == 0) ++at;
    return at;
  };
  for (size_t at = 0; at < columns.size();) {
    size_t end = after_zeros(at);
    zeros_ += end - at;
    if (end == columns.size()) return;
    if (zeros_ > 0) PutRun(std::exchange(zeros_, 0), false);
    const auto is_equal = [&](size_t i) {
      return word_at(i) != 0 && word_at(i) == references_[columns[i]];
    };
    for (at = end; end < columns.size() && is_equal(end);) ++end;
    if (end > at) PutRun(end - at, true);
    for (at = end; at < columns.size(); ++at) {
      const uint64_t word = word_at(at), difference = word ^ references_[columns[at]];
      if (word == 0 || difference == 0) break;
      PutBytes(difference);
      Remember(columns[at], word, &references_);
    }
  }
}

bool UnpackWords(std::string_view packed, std::span<const uint8_t> columns,
                 std::span<std::byte> words) {
  WordReferences references{};
  std::fill(words.begin(), words.end(), std::byte{0});
  const auto put = [&](size_t at, uint64_t word) {
    std::memcpy(words.data() + at * kWord, &word, kWord);
  };
  size_t at = 0;
  while (!packed.empty()) {
    const auto mask = static_cast<unsigned char>(packed.front());
    packed.remove_prefix(1);
    if (mask != 0) {
      uint64_t difference;
      if (at == columns.size() || !TakeBytes(&packed, mask, &difference)) return false;
      const uint64_t word = difference ^ references[columns[at]];
      put(at, word);
      Remember(columns[at], word, &references);
      ++at;
      continue;
    }
    uint64_t run;
    if (!TakeVarint(&packed, &run) || run >> 1 > columns.size() - at) return false;
    const size_t end = at + (run >> 1);
    if ((run & 1) == 0) at = end;
    for (; at < end; ++at) put(at, references[columns[at]]);
  }
  return true;
}

bool TakeVarint(std::string_view* in, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !in->empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace bongsu
