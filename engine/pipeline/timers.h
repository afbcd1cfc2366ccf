// Timers as state keys, t/<time>/<operator>/<user>: fired by events and ticks in the order of time,
// operator and user, never by the machine's clock. One thread.
//
// The next ones are kept at hand: to look for the first in the store each time would pass the
// remains of all that were taken before it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/state.h"
#include "engine/core/time.h"

namespace bongsu {

class Timers {
 public:
  struct Due {
    Timestamp at;
    std::string op, user;
  };
  static constexpr size_t kAtHand = 4096;  // Half a megabyte a shard, at most twice that.

  explicit Timers(StateStore& store) : store_(store) {}
  Status Start();                    // Reads the first timers. Once, before the rest.
  void Mark() { journal_.clear(); }  // With the store's Mark.
  void Undo();                       // With the store's Rollback.
  void Set(Timestamp at, std::string_view op, std::string_view user);
  void Cancel(Timestamp at, std::string_view op, std::string_view user);
  bool AnyDue(Timestamp now) const { return first_ && *first_ <= now; }
  // The first timer not after `now`, which is removed; nullopt when there is none.
  Result<std::optional<Due>> Take(Timestamp now);

 private:
  Status Refill();
  void Insert(std::string key);
  void Erase(const std::string& key);
  void FindFirst();

  StateStore& store_;
  std::set<std::string> next_;        // The keys of all timers before limit_.
  std::optional<std::string> limit_;  // nullopt: next_ has all.
  std::optional<Timestamp> first_;    // No timer is before it; there may be none at it.
  std::vector<std::pair<std::string, bool>>
      journal_;  // Since Mark: a key, and whether it came or went.
};

}  // namespace bongsu
