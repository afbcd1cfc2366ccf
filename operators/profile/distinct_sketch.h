// Counts the different values of a sliding window in fixed memory. Holds the 64-bit hashes of up to
// 64 values, each with the step in which it was last seen. As long as no more than 64 are in the
// window at once, the count is exact, whatever the order of events.
//
// Beyond, the largest hash is dropped and the smallest dropped hash is noted with the step it
// belonged to. Below the smallest hash noted in the window (`bound`) nothing is missing: the kept
// hashes there are an even sample, and their number divided by the sampled share is the estimate
// (after Bar-Yossef et al. 2002, "Counting distinct elements in a data stream"). Standard
// error 12.5 % while the window is crowded evenly; it grows when a burst is about to leave the
// window. Adding values never lowers the estimate; it sinks only because values leave the window.
// When the crowded steps have left, the count is exact again.
//
// Plain data in a person's slot: 720 bytes, all zero at first.
#pragma once

#include <array>
#include <cstdint>

#include "operators/profile/window.h"

namespace bongsu {

struct DistinctSketch {
  static constexpr size_t kExact = 64;

  uint64_t newest = 0;  // The newest step seen.
  uint64_t size = 0;    // Used members of the two arrays below.
  std::array<uint64_t, kExact> hashes{};
  std::array<uint8_t, kExact> steps{};  // Last sight, modulo 32.
  std::array<uint32_t, kBuckets>
      dropped{};  // ~(smallest hash dropped of that step >> 32); 0 = none.

  void Advance(uint64_t step);
  // After Advance. Ignored when `step` has left the window.
  void Add(uint64_t step, uint64_t hash);
  double Estimate() const;

 private:
  void Drop(uint64_t hash, size_t bucket);
};

}  // namespace bongsu
