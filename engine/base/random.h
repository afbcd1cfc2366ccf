// Seeded pseudo-random numbers for models and generators: the same seed gives the same numbers
// everywhere.
#pragma once

#include <cstdint>

#include "engine/base/hash.h"

namespace bongsu {

// SplitMix64 (Steele, Lea, Flood 2014). Small, fast, splittable by seed; not for secrets.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}
  uint64_t Next() { return Mix64(state_ += 0x9E3779B97F4A7C15ull); }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }  // In [0, 1).
  // In [0, bound), 0 < bound <= 2^32.
  uint64_t Below(uint64_t bound) { return ((Next() >> 32) * bound) >> 32; }

 private:
  uint64_t state_;
};

}  // namespace bongsu
