#include "engine/base/affinity.h"

#include <sched.h>

#include <catch2/catch.hpp>
#include <thread>

namespace bongsu {
namespace {

int CoresOfThisThread() {
  cpu_set_t cores;
  REQUIRE(sched_getaffinity(0, sizeof(cores), &cores) == 0);
  return CPU_COUNT(&cores);
}

int CoresOfANewThread() {
  int cores = 0;
  std::thread([&] { cores = CoresOfThisThread(); }).join();
  return cores;
}

TEST_CASE("a pinned thread stays on a core, and what it starts unpinned does not") {
  const int all = CoresOfThisThread();
  std::thread([&] {
    for (size_t number = 0; number < 5; ++number) {
      REQUIRE(PinThread(number).ok());
      CHECK(CoresOfThisThread() == 1);
      CHECK(CoresOfANewThread() == 1);
      {
        const Unpinned here;
        { const Unpinned inside; }
        CHECK(CoresOfANewThread() == all);
      }
      CHECK(CoresOfThisThread() == 1);
    }
  }).join();
  CHECK(CoresOfThisThread() == all);
}

TEST_CASE("threads with numbers one after the other are on different cores") {
  if (CoresOfThisThread() < 2) {
    WARN("skipped: there is one core");
    return;
  }
  int cores[2];
  for (size_t number = 0; number < 2; ++number) {
    std::thread([&] {
      REQUIRE(PinThread(number).ok());
      cores[number] = sched_getcpu();
    }).join();
  }
  CHECK(cores[0] != cores[1]);
}

}  // namespace
}  // namespace bongsu
