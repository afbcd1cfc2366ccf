// Counts the different values of a sliding window in fixed memory, by their hashes. Up to 64 in the
// window the count is exact; beyond, it is an estimate. Measured standard errors: 4 % at 100
// values, 5 % at 1,000 and 6 % at 10,000 that come in one window; when a window stays as crowded as
// that for long, 4, 6 and 8 % (then 5 % too low), and up to a quarter too low while thousands of
// values leave it.
//
// Exact: a table of the 64 values seen last, each with the step of its last sight. When one has to
// give way, its step is noted (`lost`): as long as that is in the window the table is not complete.
//
// Estimated: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) of 256 registers, read with the
// improved estimator of Ertl (2017, "New cardinality estimation algorithms for HyperLogLog
// sketches", algorithm 6), which needs no corrections for small numbers and never falls when a
// value is added. It is filled from the table when that overflows, fed while the table is not
// complete, and empty again after. For the window to slide, a register keeps not only its highest
// rank but those that will be the highest when older ones leave (sliding HyperLogLog: Chabchoub,
// Hébrail 2010), at most three; of four, the second newest gives way, which is where the errors
// beyond those of HyperLogLog come from.
//
// Plain data in a person's slot: 352 bytes, all zero at first; the registers, 1,024 more, are its
// rest, which nobody has who never reaches 64.
#pragma once

#include <array>
#include <cstdint>

#include "operators/profile/window.h"

namespace bongsu {

struct DistinctRegisters {
  static constexpr size_t kCount = 256;
  std::array<uint32_t, kCount> sights{};
};

struct DistinctSketch {
  static constexpr size_t kExact = 64;
  static constexpr int kVersion = 2;  // Of the layout.

  uint64_t newest = 0;  // The newest step seen.
  uint64_t lost = 0;    // The newest step of a value that gave way; 0: the table is complete.
  uint32_t size = 0;    // Used members of the table.
  uint32_t filled = 0;  // Registers in use.
  double powers = 0;    // The sum of 2^-rank over them: exact, for all are multiples of 2^-25.
  std::array<uint32_t, kExact> hashes{};
  std::array<uint8_t, kExact> steps{};  // Last sight, modulo 32.

  // Whether Advance and Add need registers; else they may be null.
  bool Crowded() const { return lost != 0 || size == kExact; }
  void Advance(uint64_t step, DistinctRegisters* registers);
  // After Advance. Ignored when `step` has left the window.
  void Add(uint64_t step, uint64_t hash, DistinctRegisters* registers);
  double Estimate() const;

 private:
  bool AddToTable(uint32_t age, uint32_t hash, DistinctRegisters* registers);
  void AddToRegisters(uint32_t age, uint32_t hash, DistinctRegisters* registers);
  void SetRegister(uint32_t to, uint32_t* sights);
  uint32_t AgeOf(uint32_t step) const {
    return (static_cast<uint32_t>(newest) - step) % uint32_t{kBuckets};
  }
};
static_assert(sizeof(DistinctSketch) == 352 && sizeof(DistinctRegisters) == 1024);

}  // namespace bongsu
