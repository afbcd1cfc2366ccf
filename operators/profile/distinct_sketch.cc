#include "operators/profile/distinct_sketch.h"

#include <algorithm>

namespace bongsu {

void DistinctSketch::Advance(uint64_t step) {
  if (step <= newest) return;
  const uint64_t moved = step - newest;
  if (moved >= kBuckets) {
    *this = {};
    newest = step;
    return;
  }
  // Steps that leave: those whose place modulo 32 the new steps take over.
  uint32_t leaving = 0;
  for (uint64_t s = newest + 1; s <= step; ++s) {
    leaving |= 1u << (s % kBuckets);
    dropped[s % kBuckets] = 0;
  }
  newest = step;
  for (size_t i = 0; i < size;) {
    if ((leaving >> steps[i] & 1) == 0) {
      ++i;
      continue;
    }
    --size;
    hashes[i] = hashes[size];
    steps[i] = steps[size];
    hashes[size] = 0;
    steps[size] = 0;
  }
}

void DistinctSketch::Add(uint64_t step, uint64_t hash) {
  const uint64_t age = newest - step;
  if (age >= kBuckets) return;
  const auto bucket = static_cast<uint8_t>(step % kBuckets);
  const auto used = hashes.begin() + static_cast<std::ptrdiff_t>(size);
  const auto found = std::find(hashes.begin(), used, hash);
  const auto index = static_cast<size_t>(found - hashes.begin());
  if (found != used) {
    // Of two sights the later counts; ages, because steps are kept modulo 32.
    const uint64_t known_age = (newest - steps[index]) % kBuckets;
    if (age < known_age) steps[index] = bucket;
    return;
  }
  if (size < kExact) {
    hashes[size] = hash;
    steps[size] = bucket;
    ++size;
    return;
  }
  const auto largest =
      static_cast<size_t>(std::max_element(hashes.begin(), hashes.end()) - hashes.begin());
  if (hash > hashes[largest]) {
    Drop(hash, bucket);
    return;
  }
  Drop(hashes[largest], steps[largest]);
  hashes[largest] = hash;
  steps[largest] = bucket;
}

void DistinctSketch::Drop(uint64_t hash, size_t bucket) {
  dropped[bucket] = std::max(dropped[bucket], ~static_cast<uint32_t>(hash >> 32));
}

double DistinctSketch::Estimate() const {
  const uint32_t lowest = ~*std::max_element(dropped.begin(), dropped.end());
  if (lowest == ~uint32_t{0}) return static_cast<double>(size);
  const uint64_t bound = uint64_t{lowest} << 32;
  uint64_t sample = 0;
  for (size_t i = 0; i < size; ++i) sample += hashes[i] < bound ? 1 : 0;
  if (lowest == 0) return static_cast<double>(size);
  return std::max(static_cast<double>(size),
                  static_cast<double>(sample) * 0x1p32 / static_cast<double>(lowest));
}

}  // namespace bongsu
