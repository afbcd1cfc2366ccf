// Memory that will be needed soon, on its way to the processor's cache meanwhile.
#pragma once

#include <cstddef>
#include <span>

namespace bongsu {

inline constexpr size_t kCacheLine = 64;

inline void Prefetch(const void* at) {
  __builtin_prefetch(at);
  // GCC 12 takes a function of nothing but prefetches for one without effects and drops its calls.
  asm volatile("");
}

inline void Prefetch(std::span<const std::byte> bytes) {
  for (size_t at = 0; at < bytes.size(); at += kCacheLine) Prefetch(&bytes[at]);
  if (!bytes.empty()) Prefetch(&bytes.back());
}

}  // namespace bongsu
