// Time in an aggregate, two ways. A window slides in event time in steps of 1/32 of its length: it
// holds the current step and the 31 before, so it sees between 31/32 and the whole of its length. A
// decayed aggregate halves every `half_life`.
//
// These structs are what lies in a person's slot: plain data, all zero at first, host byte order
// (x86-64). Changing a layout means raising kLayout, which is part of every identity.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "engine/core/operator.h"
#include "engine/core/spec.h"

namespace bongsu {

inline constexpr size_t kBuckets = 32;
inline constexpr int kLayout = 1;

// What lies in a slot, in place.
template <typename T>
T& InSlot(std::span<std::byte> slot) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= kSlotAlignment);
  BONGSU_CHECK(slot.size() == sizeof(T));
  return *std::launder(reinterpret_cast<T*>(slot.data()));
}

// A part of a slot whose size depends on options.
template <typename T>
T LoadAt(std::span<const std::byte> slot, size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, slot.data() + offset, sizeof(T));
  return value;
}

template <typename T>
void StoreAt(const T& value, std::span<std::byte> slot, size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(slot.data() + offset, &value, sizeof(T));
}

// Order-preserving, so that memory of zeros means "long before any event". Differences stay the
// same.
constexpr uint64_t Biased(int64_t ticks) {
  return static_cast<uint64_t>(ticks) ^ (1ull << 63);
}

// The step of event time in which `time` lies.
class Steps final {
 public:
  explicit Steps(Duration window)
      : width_(std::max<int64_t>(1, window.count() / int64_t{kBuckets})) {}
  uint64_t Of(Timestamp time) const {
    const int64_t ticks = time.time_since_epoch().count();
    return Biased(ticks / width_ - (ticks % width_ < 0 ? 1 : 0));
  }

 private:
  int64_t width_;
};

// `T` per step. 8 + 32 × sizeof(T) bytes.
template <typename T>
struct Ring {
  uint64_t newest = 0;  // The newest step seen.
  std::array<T, kBuckets> buckets{};

  // Moves on to `step`, forgetting what leaves the window.
  void Advance(uint64_t step) {
    if (step <= newest) return;
    if (step - newest >= kBuckets) {
      buckets.fill(T{});
    } else {
      for (uint64_t s = newest + 1; s <= step; ++s) buckets[s % kBuckets] = T{};
    }
    newest = step;
  }
  // Where an event of `step` counts; null when that has left the window. After Advance.
  T* Bucket(uint64_t step) {
    return newest - step < kBuckets ? &buckets[step % kBuckets] : nullptr;
  }
};

// A sum in which each part halves every half-life. A late part counts as what is left of it at the
// newest time, as if it had come in time (equal up to rounding). 16 bytes.
struct Decayed {
  uint64_t newest = 0;  // Time of the newest part, biased microseconds.
  double sum = 0;       // At `newest`.

  void Add(Timestamp time, double part, double half_life);
  double At(Timestamp time, double half_life) const;  // Not before `newest`.
};

// Two such sums at the same time, so that their quotient needs no decay. 24 bytes.
struct DecayedPair {
  uint64_t newest = 0;
  double first = 0, second = 0;

  void Add(Timestamp time, double first_part, double second_part, double half_life);
};

// What is left after `age` microseconds.
double Decay(uint64_t age, double half_life);

// `window` or `half_life`, as configured.
struct Span {
  std::optional<Duration> window, half_life;
  std::string Describe() const;  // "window=1h"; part of identities.
  std::string Words() const;     // "in the last 1h", "fading by half every 6h"
};

// nullopt, with the problem reported, unless exactly one of the two is there.
std::optional<Span> MakeSpan(const std::optional<Duration>& window,
                             const std::optional<Duration>& half_life, BuildContext& context);

}  // namespace bongsu
