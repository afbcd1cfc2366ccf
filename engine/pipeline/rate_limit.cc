#include "engine/pipeline/rate_limit.h"

#include <algorithm>
#include <utility>

namespace bongsu {

RateLimit::RateLimit(double per_second, const Clock& clock)
    : per_second_(per_second),
      burst_(std::max<size_t>(1, static_cast<size_t>(per_second / 10))),
      clock_(clock),
      tokens_(static_cast<double>(burst_)),
      filled_(clock.Fine()) {}

size_t RateLimit::Take(size_t wanted) {
  const std::lock_guard lock(mutex_);
  const std::chrono::nanoseconds now = clock_.Fine();
  const double passed = std::chrono::duration<double>(now - std::exchange(filled_, now)).count();
  tokens_ = std::min(tokens_ + passed * per_second_, static_cast<double>(burst_));
  const size_t given = std::min(wanted, static_cast<size_t>(std::max(tokens_, 0.0)));
  tokens_ -= static_cast<double>(given);
  return given;
}

void RateLimit::Return(size_t unused) {
  const std::lock_guard lock(mutex_);
  tokens_ = std::min(tokens_ + static_cast<double>(unused), static_cast<double>(burst_));
}

}  // namespace bongsu
