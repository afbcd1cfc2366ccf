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

double LevelOf(double value, double scale) {
  return value == 0 ? 0 : std::copysign(Log1p(std::abs(value) / scale), value);
}

void Baseline::See(uint32_t at, double level, const BaselineRules& rules) {
  if (at == period) {
    peak = std::max(peak, static_cast<float>(level));
    return;
  }
  if (at < period) return;
  if (period != 0) {
    Join(static_cast<double>(peak), rules);
    const auto left = static_cast<float>(Exp2(-rules.fade * static_cast<double>(at - period)));
    weight *= left;
    spread *= left;
  }
  period = at;
  peak = static_cast<float>(level);
}

void Baseline::Join(double level, const BaselineRules& rules) {
  if (finished >= rules.learning) {
    level = std::min(level, static_cast<double>(mean) + rules.cap * Deviation(rules));
  }
  if (finished < std::numeric_limits<uint32_t>::max()) ++finished;
  weight += 1;
  const double off = level - static_cast<double>(mean);
  const double moved = static_cast<double>(mean) + off / static_cast<double>(weight);
  spread = static_cast<float>(static_cast<double>(spread) + off * (level - moved));
  mean = static_cast<float>(moved);
}

double Baseline::Deviation(const BaselineRules& rules) const {
  const auto known = static_cast<double>(weight), squares = static_cast<double>(spread);
  return std::sqrt((squares + rules.prior * kPriorVariance) / (known + rules.prior) +
                   kFloor * kFloor);
}

double Baseline::Score(double level, const BaselineRules& rules) const {
  if (finished < rules.learning) return std::numeric_limits<double>::quiet_NaN();
  return std::clamp((level - static_cast<double>(mean)) / Deviation(rules), -kMostDeviations,
                    kMostDeviations);
}

Normal Baseline::Usual(const BaselineRules& rules) const {
  const auto level = static_cast<double>(mean);
  return {ValueOf(level) * rules.scale, ValueOf(level + 2 * Deviation(rules)) * rules.scale};
}

}  // namespace bongsu
