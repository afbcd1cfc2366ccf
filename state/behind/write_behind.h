// Stores that write later: what is written waits in memory, and reaches the store behind in batches
// that are larger and sorted, of each key the last value only. A batch goes there whole, together
// with all before it, or not at all. Readers see what waits. The death of the process takes it:
// only for state that a changelog can bring back.
#pragma once

#include <cstddef>
#include <memory>

#include "engine/core/clock.h"
#include "engine/core/state.h"

namespace bongsu {

class WriteBehind final {
 public:
  struct Limits {
    size_t bytes = 0;  // Of keys and values that wait, in all stores together, about.
    Duration age{0};   // Longer than this nothing waits.
  };
  // `clock` outlives what Before gives.
  WriteBehind(const Limits& limits, const Clock& clock);
  // A thread-safe store that writes to `store` later: when it is tended, when twice its equal share
  // of the bytes waits, when it is destroyed. What could not be written is tried again by the next
  // Write, which fails as long as it cannot be.
  std::unique_ptr<KeyValueStore> Before(std::unique_ptr<KeyValueStore> store);
  // Writes what has waited long enough, or has its share: again and again, beside who writes, who
  // then need not wait for the disk.
  void Tend();

 private:
  class Store;
  struct Shared;
  std::shared_ptr<Shared> shared_;
  const Clock& clock_;
};

}  // namespace bongsu
