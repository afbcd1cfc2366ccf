// What heads every result, so that a number is never read without where it comes from; and what a
// process has used.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/json/writer.h"

namespace bongsu::benchmarks {

// Members machine, cores, memory_gib, kernel, compiler, flags, load (averages over 1, 5 and 15
// minutes).
void WriteMachine(JsonWriter& json);

struct Usage {
  double cpu_seconds = 0;  // User and system, of all threads.
  int64_t peak_bytes = 0;  // Resident, at most.
};
// Of a process that lives; 0 is this one.
Usage UsageOf(pid_t pid);

}  // namespace bongsu::benchmarks
