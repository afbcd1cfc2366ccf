#include "engine/base/fault.h"

#ifdef BONGSU_FAULTS

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

namespace bongsu::fault {
namespace {

struct Plan {
  std::string point;
  int nth = 1;
  int delay_us = -1;  // Below 0: at once.
};

Plan ReadPlan() {
  const char* const text = std::getenv("BONGSU_FAULT");
  Plan plan;
  if (text == nullptr) return plan;
  const std::string_view all(text);
  const size_t colon = all.find(':'), plus = all.find('+');
  plan.point = all.substr(0, std::min(colon, plus));
  const auto number = [&](size_t at, int* out) {
    if (at != std::string_view::npos)
      std::from_chars(all.data() + at + 1, all.data() + all.size(), *out);
  };
  number(colon, &plan.nth);
  number(plus, &plan.delay_us);
  return plan;
}

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

}  // namespace

void At(std::string_view point) {
  static const Plan plan = ReadPlan();
  static std::atomic<int> seen{0};
  if (point != plan.point || ++seen != plan.nth) return;
  if (plan.delay_us < 0) Die();
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::microseconds(plan.delay_us));
    Die();
  }).detach();
}

}  // namespace bongsu::fault

#endif
