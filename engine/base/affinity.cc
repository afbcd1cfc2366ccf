#include "engine/base/affinity.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

// Where the thread that began the process may run, which nobody pins.
bool OfProcess(cpu_set_t* cores) {
  return sched_getaffinity(getpid(), sizeof(*cores), cores) == 0;
}

}  // namespace

Status PinThread(size_t number) {
  cpu_set_t cores, one;
  if (!OfProcess(&cores))
    return Status::Internal(StrCat("pinning: the cores of the process: ", std::strerror(errno)));
  size_t left = number % static_cast<size_t>(CPU_COUNT(&cores));
  size_t core = 0;
  while (!CPU_ISSET(core, &cores) || left-- > 0) ++core;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  if (sched_setaffinity(0, sizeof(one), &one) != 0)
    return Status::Internal(StrCat("pinning a thread to core ", core, ": ", std::strerror(errno)));
  return Status::Ok();
}

Unpinned::Unpinned() : known_(sched_getaffinity(0, sizeof(before_), &before_) == 0) {
  if (cpu_set_t cores; known_ && OfProcess(&cores)) sched_setaffinity(0, sizeof(cores), &cores);
}

Unpinned::~Unpinned() {
  if (known_) sched_setaffinity(0, sizeof(before_), &before_);
}

}  // namespace bongsu
