#include "engine/loadtest/search.h"

#include <algorithm>
#include <limits>

namespace bongsu::loadtest {

HeadroomSearch::HeadroomSearch(double target, double bound, bool target_met)
    : target_(target),
      bound_(std::max(bound, target)),
      met_(target_met ? target : 0),
      missed_(target_met ? std::numeric_limits<double>::infinity() : target) {}

std::optional<double> HeadroomSearch::Next() const {
  if (runs_ >= kMost || at_bound()) return std::nullopt;
  if (missed_ > bound_) return bound_;
  if (missed_ - met_ <= kResolution * target_ * 1.001) return std::nullopt;
  return (met_ + missed_) / 2;
}

void HeadroomSearch::Tried(double rate, bool met) {
  ++runs_;
  if (met) {
    met_ = std::max(met_, rate);
  } else {
    missed_ = std::min(missed_, rate);
  }
}

}  // namespace bongsu::loadtest
