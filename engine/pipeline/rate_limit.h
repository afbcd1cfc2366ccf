// How many events a second may be taken: a bucket of tokens, filled evenly, that holds a tenth of a
// second's (J. S. Turner, "New directions in communications", IEEE Communications Magazine 1986).
// What is over it stays where it is. One for all the workers that share a limit; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/core/clock.h"

namespace bongsu {

class RateLimit {
 public:
  // `per_second` > 0. `clock` outlives it.
  RateLimit(double per_second, const Clock& clock);
  // How many of `wanted` may be taken now.
  size_t Take(size_t wanted);
  void Return(size_t unused);  // Of what Take gave.
  // The most that Take gives at once.
  size_t burst() const { return burst_; }

 private:
  const double per_second_;
  const size_t burst_;
  const Clock& clock_;
  std::mutex mutex_;
  double tokens_;
  std::chrono::nanoseconds filled_;
};

// By topic; a topic that is not in it has none.
using RateLimits = std::map<std::string, std::shared_ptr<RateLimit>, std::less<>>;

}  // namespace bongsu
