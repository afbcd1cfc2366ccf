// Threads that stay on one core (`run --pin`). What a thread starts inherits where it may run, and
// must not stay there with it. Any thread.
#pragma once

#include <sched.h>

#include <cstddef>

#include "engine/base/status.h"

namespace bongsu {

// This thread stays on one core of those that the process may use: their `number`-th, counted on
// from the first after the last. kInternal when the system refuses.
Status PinThread(size_t number);

// While it lives, a thread that is pinned may run where the process may: around the start of
// others.
class Unpinned {
 public:
  Unpinned();
  ~Unpinned();
  Unpinned(const Unpinned&) = delete;
  Unpinned& operator=(const Unpinned&) = delete;

 private:
  cpu_set_t before_;
  const bool known_;
};

}  // namespace bongsu
