#include "operators/profile/baseline.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/math.h"

namespace bongsu {
namespace {

constexpr double kPriorVariance = 1;
// A tenth more or less is never strange, however steady the person.
constexpr double kFloor = 0.1;
constexpr double kMostDeviations = 20;
constexpr double kLog2OfE = 1.4426950408889634074;

double ValueOf(double level) {
  return std::copysign(Exp2(std::abs(level) * kLog2OfE) - 1, level);
}

}  // namespace

double LevelOf(double value) {
  return value == 0 ? 0 : std::copysign(Log1p(std::abs(value)), value);
}

void Baseline::See(uint32_t at, double level, const BaselineRules& rules) {
  if (at == period) {
    peak = std::max(peak, level);
    return;
  }
  if (at < period) return;
  if (period != 0) {
    Join(peak, rules);
    const double left = Exp2(-rules.fade * static_cast<double>(at - period));
    weight *= left;
    spread *= left;
  }
  period = at;
  peak = level;
}

void Baseline::Join(double level, const BaselineRules& rules) {
  if (finished >= rules.learning) level = std::min(level, mean + rules.cap * Deviation(rules));
  if (finished < std::numeric_limits<uint32_t>::max()) ++finished;
  weight += 1;
  const double off = level - mean;
  mean += off / weight;
  spread += off * (level - mean);
}

double Baseline::Deviation(const BaselineRules& rules) const {
  return std::sqrt((spread + rules.prior * kPriorVariance) / (weight + rules.prior) +
                   kFloor * kFloor);
}

double Baseline::Score(double level, const BaselineRules& rules) const {
  if (finished < rules.learning) return std::numeric_limits<double>::quiet_NaN();
  return std::clamp((level - mean) / Deviation(rules), -kMostDeviations, kMostDeviations);
}

Normal Baseline::Usual(const BaselineRules& rules) const {
  return {ValueOf(mean), ValueOf(mean + 2 * Deviation(rules))};
}

}  // namespace bongsu
