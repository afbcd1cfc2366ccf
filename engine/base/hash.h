// Hashes whose values are part of stored data or of partitioning: they never change.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace bongsu {

// Finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes all bits.
constexpr uint64_t Mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// 64-bit hash of bytes (MurmurHash64A by Austin Appleby, public domain). Not for hostile
// collisions.
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

// Kafka's default partitioner: murmur2 of the key, sign bit cleared, modulo `partitions` (> 0).
int32_t PartitionOf(std::string_view key, int32_t partitions);

}  // namespace bongsu
