// The only way to learn the time of day. Detection never asks it: event time comes from the event.
#pragma once

#include "engine/core/time.h"

namespace bongsu {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
  // For how long something takes or is due: goes on evenly when the time of day is set anew, and is
  // no time of day.
  virtual Timestamp Steady() const { return Now(); }
  // Steady, for what takes less than a microsecond.
  virtual std::chrono::nanoseconds Fine() const { return Steady().time_since_epoch(); }
  virtual void SleepFor(Duration d) const = 0;
};

// The machine's clock; used by the composition root and by benchmarks only.
class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
  Timestamp Steady() const override;
  std::chrono::nanoseconds Fine() const override;
  void SleepFor(Duration d) const override;
};

// A source of randomness for names, jitter and samples that must differ between processes. What
// must be the same on replay comes from a seed in the configuration instead (engine/base/random.h).
class Rng {
 public:
  virtual ~Rng() = default;
  virtual uint64_t Next() = 0;
};

class SystemRng final : public Rng {
 public:
  uint64_t Next() override;
};

}  // namespace bongsu
