#include "engine/base/hash.h"

namespace bongsu {

namespace {

// The first `count` bytes (1 to 7) from `p` on, the first lowest: a copy of a length that is known
// only now would be a call.
uint64_t FewBytes(const char* p, size_t count) {
  if (count >= 4) {
    uint32_t begin, end;
    std::memcpy(&begin, p, 4);
    std::memcpy(&end, p + count - 4, 4);
    return begin | uint64_t{end} << (8 * (count - 4));
  }
  const auto byte = [p](size_t at) {
    return uint64_t{static_cast<unsigned char>(p[at])} << (8 * at);
  };
  return byte(0) | byte(count / 2) | byte(count - 1);
}

}  // namespace

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
    h = (h ^ FewBytes(p, left)) * kM;
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
