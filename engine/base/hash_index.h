// From 64-bit hashes to the numbers of entries that somebody else holds: one table, open addressing
// with linear probing, and deletion that moves back what follows (Knuth, The Art of Computer
// Programming 3, 6.4, algorithm R). It grows by doubling and allocates only then. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/prefetch.h"

namespace bongsu {

class HashIndex {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;  // No number of an entry.

  HashIndex() : slots_(16) {}
  // The entry with this hash for which `is_it(number)` holds; kNone when there is none.
  template <typename IsIt>
  uint32_t Find(uint64_t hash, IsIt is_it) const {
    const auto tag = static_cast<uint32_t>(hash);
    for (size_t at = tag & mask(); slots_[at].number != kNone; at = (at + 1) & mask()) {
      if (slots_[at].tag == tag && is_it(slots_[at].number)) return slots_[at].number;
    }
    return kNone;
  }
  // Find will be asked soon.
  void Prefetch(uint64_t hash) const {
    bongsu::Prefetch(&slots_[static_cast<uint32_t>(hash) & mask()]);
  }
  // `number` is not in it yet.
  void Insert(uint64_t hash, uint32_t number) {
    if (2 * ++size_ > slots_.size()) Grow();
    Place({static_cast<uint32_t>(hash), number});
  }
  // `number` is in it, under this hash.
  void Erase(uint64_t hash, uint32_t number) {
    size_t hole = static_cast<uint32_t>(hash) & mask();
    while (slots_[hole].number != number) hole = (hole + 1) & mask();
    for (size_t at = (hole + 1) & mask(); slots_[at].number != kNone; at = (at + 1) & mask()) {
      const size_t home = slots_[at].tag & mask();
      if (((at - home) & mask()) < ((at - hole) & mask()))
        continue;  // It would come before its home.
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = Slot();
    --size_;
  }
  void Clear() {
    std::fill(slots_.begin(), slots_.end(), Slot());
    size_ = 0;
  }
  size_t size() const { return size_; }

 private:
  struct Slot {
    uint32_t tag = 0;  // The low half of the hash.
    uint32_t number = kNone;
  };
  size_t mask() const { return slots_.size() - 1; }
  void Place(Slot slot) {
    size_t at = slot.tag & mask();
    while (slots_[at].number != kNone) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void Grow() {
    const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
    for (const Slot& slot : old) {
      if (slot.number != kNone) Place(slot);
    }
  }

  std::vector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace bongsu
