// The stores of a process, by partition: at most one holder each, a worker or the standby. What a
// holder gives back stays open for a while, so that a partition that comes back, or moves to
// another worker of this process, starts with warm caches and without opening anything.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/log.h"
#include "engine/core/state.h"

namespace bongsu {

class StoreKeeper {
 public:
  struct Environment {
    std::function<Result<std::unique_ptr<KeyValueStore>>(const TopicPartition&)> open;
    // Moves what is on disk out of the way, so that `open` makes an empty one.
    std::function<Status(const TopicPartition&)> set_aside;
  };
  // `clock` outlives it, and it what it hands out.
  StoreKeeper(Environment environment, Duration keep_open, const Clock& clock);
  ~StoreKeeper();

  // nullptr while somebody else holds it, who is asked to give it back (Wanted); ask again. Errors
  // as of `open`. Destroying what it gives is giving it back.
  Result<std::unique_ptr<KeyValueStore>> Take(const TopicPartition& of);
  // Opens those of `all` that nobody has asked for yet, side by side in the background, so that
  // they are there when they are. One that does not open is left to Take.
  void Warm(std::span<const TopicPartition> all);
  // Somebody has asked for a store that is held.
  bool Wanted(const TopicPartition& of) const;
  // The caller holds it no more: closes it and sets it aside. kUnavailable when somebody has taken
  // it since.
  Status SetAside(const TopicPartition& of);
  // Closes what nobody has wanted for long enough.
  void Tend();

 private:
  class Lease;
  struct Entry {
    std::unique_ptr<KeyValueStore> parked;  // Null while it is held.
    Timestamp since;
    bool wanted = false;
  };
  void OpenAhead(const std::stop_token& stop);
  void GiveBack(const TopicPartition& of, std::unique_ptr<KeyValueStore> store);

  const Environment environment_;
  const Duration keep_open_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<TopicPartition, Entry> entries_;
  std::vector<TopicPartition> ahead_;  // Taken by this object, to be opened.
  size_t busy_ = 0;                    // Of `opening_`.
  std::vector<std::jthread> opening_;
};

}  // namespace bongsu
