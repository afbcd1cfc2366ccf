// A set of 64-bit keys that are hashes already: one table, open addressing with linear probing, and
// deletion that moves back what follows (Knuth, The Art of Computer Programming 3, 6.4, algorithm
// R). It allocates once. One thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/prefetch.h"

namespace bongsu {

class KeySet {
 public:
  // For at most `most` keys at a time.
  explicit KeySet(size_t most)
      : slots_(std::bit_ceil(std::max<size_t>(most, 1) * 2)), mask_(slots_.size() - 1) {}
  bool contains(uint64_t key) const { return slots_[Find(key)] != kEmpty; }
  void Prefetch(uint64_t key) const { bongsu::Prefetch(&slots_[Stored(key) & mask_]); }
  void insert(uint64_t key) { slots_[Find(key)] = Stored(key); }
  void erase(uint64_t key) {
    size_t hole = Find(key);
    if (slots_[hole] == kEmpty) return;
    for (size_t at = Next(hole); slots_[at] != kEmpty; at = Next(at)) {
      const size_t home = slots_[at] & mask_;
      if (((at - home) & mask_) < ((at - hole) & mask_))
        continue;  // It would come before its home.
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = kEmpty;
  }

 private:
  static constexpr uint64_t kEmpty = 0;
  static uint64_t Stored(uint64_t key) { return key == kEmpty ? 1 : key; }
  size_t Next(size_t at) const { return (at + 1) & mask_; }
  // Where it is, or would be.
  size_t Find(uint64_t key) const {
    const uint64_t stored = Stored(key);
    size_t at = stored & mask_;
    while (slots_[at] != kEmpty && slots_[at] != stored) at = Next(at);
    return at;
  }

  std::vector<uint64_t> slots_;
  size_t mask_;
};

}  // namespace bongsu
