#include "engine/base/hash.h"

namespace bongsu {

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kM = 0xC6A4A7935BD1E995ull;
  uint64_t h = seed ^ (bytes.size() * kM);
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    uint64_t k;
    std::memcpy(&k, p, 8);
    k *= kM;
    k ^= k >> 47;
    h = (h ^ (k * kM)) * kM;
  }
  if (left > 0) {
    uint64_t k = 0;
    std::memcpy(&k, p, left);
    h = (h ^ k) * kM;
  }
  h ^= h >> 47;
  h *= kM;
  return h ^ (h >> 47);
}

int32_t PartitionOf(std::string_view key, int32_t partitions) {
  constexpr uint32_t kM = 0x5BD1E995u;
  uint32_t h = 0x9747B28Cu ^ static_cast<uint32_t>(key.size());
  const char* p = key.data();
  size_t left = key.size();
  for (; left >= 4; p += 4, left -= 4) {
    uint32_t k;
    std::memcpy(&k, p, 4);
    k *= kM;
    k ^= k >> 24;
    h = (h * kM) ^ (k * kM);
  }
  if (left > 0) {
    uint32_t k = 0;
    std::memcpy(&k, p, left);
    h = (h ^ k) * kM;
  }
  h ^= h >> 13;
  h *= kM;
  h ^= h >> 15;
  return static_cast<int32_t>((h & 0x7FFFFFFFu) % static_cast<uint32_t>(partitions));
}

}  // namespace bongsu
