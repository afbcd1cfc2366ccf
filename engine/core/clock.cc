#include "engine/core/clock.h"

#include <random>
#include <thread>

namespace bongsu {

Timestamp SystemClock::Now() const {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}
Timestamp SystemClock::Steady() const {
  return Timestamp(
      std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}
std::chrono::nanoseconds SystemClock::Fine() const {
  return std::chrono::steady_clock::now().time_since_epoch();
}
void SystemClock::SleepFor(Duration d) const {
  std::this_thread::sleep_for(d);
}

uint64_t SystemRng::Next() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

}  // namespace bongsu
