#include "operators/profile/distinct_sketch.h"

#include <algorithm>
#include <bit>

namespace bongsu {
namespace {

// A register is up to three sights of 10 bits: a rank from 1 to 25 and the step modulo 32. From the
// newest to the oldest their ranks grow, so the last is the register's; 0 ends the list.
constexpr size_t kSights = 3;
constexpr uint32_t kRankBits = 5, kSightBits = 10;

struct Sight {
  uint32_t rank = 0, step = 0;
};

struct Sights {
  std::array<Sight, kSights + 1> list;
  size_t size = 0;
};

Sights Unpack(uint32_t packed) {
  Sights sights;
  for (; packed != 0; packed >>= kSightBits) {
    sights.list[sights.size++] = {packed & 31, packed >> kRankBits & 31};
  }
  return sights;
}

uint32_t Pack(const Sights& sights) {
  uint32_t packed = 0;
  for (size_t i = sights.size; i-- > 0;) {
    packed = packed << kSightBits | sights.list[i].step << kRankBits | sights.list[i].rank;
  }
  return packed;
}

uint32_t RankOf(uint32_t packed) {
  uint32_t rank = 0;
  for (; packed != 0; packed >>= kSightBits) rank = packed & 31;
  return rank;
}

// 2^-rank, and nothing for an empty register.
double PowerOf(uint32_t packed) {
  const uint32_t rank = RankOf(packed);
  return rank == 0 ? 0 : std::bit_cast<double>(uint64_t{1023 - rank} << 52);
}

// Ertl's sigma: x + sum over k of x^(2^k) 2^(k-1), x < 1.
double Sigma(double x) {
  double sum = x, term = 1, before = 0;
  while (sum != before) {
    x *= x;
    before = sum;
    sum += x * term;
    term += term;
  }
  return sum;
}

}  // namespace

void DistinctSketch::Advance(uint64_t step, DistinctRegisters* registers) {
  if (step <= newest) return;
  const uint64_t moved = step - newest;
  if (moved >= kBuckets) {
    if (lost != 0) *registers = {};
    *this = {};
    newest = step;
    return;
  }
  // Steps that leave: those whose place modulo 32 the new steps take over.
  uint32_t leaving = 0;
  for (uint64_t s = newest + 1; s <= step; ++s) leaving |= 1u << (s % kBuckets);
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
  if (lost == 0) return;
  if (step - lost >= kBuckets) {
    lost = 0;
    filled = 0;
    powers = 0;
    *registers = {};
    return;
  }
  for (uint32_t& packed : registers->sights) {
    Sights sights = Unpack(packed);
    const size_t before = sights.size;
    while (sights.size > 0 && (leaving >> sights.list[sights.size - 1].step & 1) != 0) {
      --sights.size;
    }
    if (sights.size != before) SetRegister(Pack(sights), &packed);
  }
}

void DistinctSketch::Add(uint64_t step, uint64_t hash, DistinctRegisters* registers) {
  if (newest - step >= kBuckets) return;
  const auto age = static_cast<uint32_t>(newest - step);
  const auto short_hash = static_cast<uint32_t>(hash >> 32);
  const bool complete = lost == 0;
  if (AddToTable(age, short_hash, registers)) AddToRegisters(age, short_hash, registers);
  if (complete && lost != 0) {
    for (size_t i = 0; i < size; ++i) AddToRegisters(AgeOf(steps[i]), hashes[i], registers);
  }
}

// True when the value has to be in the registers too.
bool DistinctSketch::AddToTable(uint32_t age, uint32_t hash, DistinctRegisters* registers) {
  const auto bucket = static_cast<uint8_t>((newest - age) % kBuckets);
  const auto used = hashes.begin() + static_cast<std::ptrdiff_t>(size);
  const auto found = std::find(hashes.begin(), used, hash);
  if (found != used) {
    uint8_t& known = steps[static_cast<size_t>(found - hashes.begin())];
    if (age >= AgeOf(known)) return false;  // Of two sights the later counts.
    known = bucket;
    return lost != 0;
  }
  if (size < kExact) {
    hashes[size] = hash;
    steps[size] = bucket;
    ++size;
    return lost != 0;
  }
  // The oldest gives way; of several, the smallest, so that order does not matter.
  size_t oldest = 0;
  for (size_t i = 1; i < kExact; ++i) {
    const uint32_t a = AgeOf(steps[i]), b = AgeOf(steps[oldest]);
    if (a > b || (a == b && hashes[i] < hashes[oldest])) oldest = i;
  }
  const uint32_t oldest_age = AgeOf(steps[oldest]);
  if (age > oldest_age || (age == oldest_age && hash < hashes[oldest])) {
    lost = std::max(lost, newest - age);
    return true;
  }
  AddToRegisters(oldest_age, hashes[oldest], registers);
  lost = std::max(lost, newest - oldest_age);
  hashes[oldest] = hash;
  steps[oldest] = bucket;
  return true;
}

void DistinctSketch::AddToRegisters(uint32_t age, uint32_t hash, DistinctRegisters* registers) {
  uint32_t& packed = registers->sights[hash % DistinctRegisters::kCount];
  const auto rank = static_cast<uint32_t>(std::countl_zero(hash | 0xFF)) + 1;
  const Sights before = Unpack(packed);
  Sights after;
  bool placed = false;
  for (size_t i = 0; i < before.size; ++i) {
    const Sight sight = before.list[i];
    const uint32_t sight_age = AgeOf(sight.step);
    if (sight_age <= age && sight.rank >= rank) return;  // It would never be the highest.
    if (sight_age >= age && !placed) {
      after.list[after.size++] = {rank, static_cast<uint32_t>(newest - age) % uint32_t{kBuckets}};
      placed = true;
    }
    if (sight_age < age || sight.rank > rank) after.list[after.size++] = sight;
  }
  if (!placed) {
    after.list[after.size++] = {rank, static_cast<uint32_t>(newest - age) % uint32_t{kBuckets}};
  }
  if (after.size > kSights) {
    // The second newest: it matters least for the newest comes soon after it, and the two highest
    // are the register now and when the older of them leaves.
    after.list[1] = after.list[2];
    after.list[2] = after.list[3];
    after.size = kSights;
  }
  SetRegister(Pack(after), &packed);
}

void DistinctSketch::SetRegister(uint32_t to, uint32_t* sights) {
  filled += (to != 0 ? 1u : 0u) - (*sights != 0 ? 1u : 0u);
  powers += PowerOf(to) - PowerOf(*sights);
  *sights = to;
}

double DistinctSketch::Estimate() const {
  const auto exact = static_cast<double>(size);
  if (lost == 0) return exact;
  constexpr double kCount = DistinctRegisters::kCount;
  constexpr double kAlpha = 0.72134752044448170368;  // 1 / (2 ln 2)
  const double empty = (kCount - static_cast<double>(filled)) / kCount;
  const double estimate = kAlpha * kCount * kCount / (kCount * Sigma(empty) + powers);
  return std::max(exact, estimate);
}

}  // namespace bongsu
