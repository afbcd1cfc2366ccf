// Timers as state keys, t/<time>/<operator>/<user>: fired by events and ticks in the order of time, operator
// and user, never by the machine's clock. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/state.h"
#include "engine/core/time.h"

namespace bongsu {

class Timers {
 public:
  struct Due {
    Timestamp at;
    std::string op, user;
  };
  explicit Timers(StateStore& store) : store_(store) {}
  Status Start();  // Finds the first timer. Once, before the rest.
  void Set(Timestamp at, std::string_view op, std::string_view user);
  void Cancel(Timestamp at, std::string_view op, std::string_view user);
  bool AnyDue(Timestamp now) const { return first_ && *first_ <= now; }
  // The first timer not after `now`, which is removed; nullopt when there is none.
  Result<std::optional<Due>> Take(Timestamp now);

 private:
  StateStore& store_;
  std::optional<Timestamp> first_;  // No timer is before it; there may be none at it.
};

}  // namespace bongsu
