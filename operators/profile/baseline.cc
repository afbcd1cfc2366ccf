#include "operators/profile/baseline.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/base/math.h"

namespace bongsu {
namespace {

constexpr double kPriorVariance = 1;
// A tenth more or less is never strange, however steady the person.
constexpr double kFloor = 0.1;
constexpr double kMostDeviations = 20;
constexpr double kLeastWeight = 1e-9;
constexpr double kLog2OfE = 1.4426950408889634074;

// To the nearest with so many bits of the mantissa less: zero bytes cost nothing in the store.
float Rounded(double value, int bits) {
  const uint32_t half = uint32_t{1} << (bits - 1);
  const uint32_t all = std::bit_cast<uint32_t>(static_cast<float>(value));
  return std::bit_cast<float>((all + half) & ~(2 * half - 1));
}

float Kept(double value) {
  return Rounded(value, 8);
}

double ValueOf(double level) {
  return std::copysign(Exp2(std::abs(level) * kLog2OfE) - 1, level);
}

}  // namespace

double LevelOf(double value, double scale) {
  return value == 0 ? 0 : std::copysign(Log1p(std::abs(value) / scale), value);
}

void Baseline::See(uint32_t at, double level, const BaselineRules& rules,
                   std::span<float> waiting) {
  if (at == period) {
    peak = std::max(peak, Kept(level));
    return;
  }
  if (at < period) return;
  if (period != 0) {
    Finish(at, rules, waiting);
    const double left = Exp2(-rules.fade * static_cast<double>(at - period));
    weight = Kept(static_cast<double>(weight) * left);
    spread = Kept(static_cast<double>(spread) * left);
    mean = Kept(static_cast<double>(mean));
  }
  period = at;
  peak = Kept(level);
}

// Period q waits in place q mod lag, where 0 is nobody.
void Baseline::Finish(uint32_t at, const BaselineRules& rules, std::span<float> waiting) {
  const uint64_t lag = waiting.size(), newest = period;
  for (uint64_t q = newest - std::min(newest, lag); q < newest && q + lag < at; ++q) {
    float& place = waiting[q % lag];
    if (place != 0) Join(static_cast<double>(place), rules);
    place = 0;
  }
  if (newest + lag < at) {
    Join(static_cast<double>(peak), rules);
  } else {
    // 0 is nobody.
    waiting[newest % lag] = peak == 0 ? std::numeric_limits<float>::min() : Rounded(peak, 16);
  }
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
  return DeviationWith(rules.prior);
}

double Baseline::DeviationWith(double prior) const {
  const auto known = static_cast<double>(weight), squares = static_cast<double>(spread);
  return std::sqrt((squares + prior * kPriorVariance) / std::max(known + prior, kLeastWeight) +
                   kFloor * kFloor);
}

double Baseline::Score(double level, const BaselineRules& rules) const {
  if (finished < rules.learning) return std::numeric_limits<double>::quiet_NaN();
  return std::clamp((level - static_cast<double>(mean)) / Deviation(rules), -kMostDeviations,
                    kMostDeviations);
}

Normal Baseline::Usual(const BaselineRules& rules) const {
  const auto level = static_cast<double>(mean);
  return {ValueOf(level) * rules.scale, ValueOf(level + 2 * DeviationWith(0)) * rules.scale};
}

}  // namespace bongsu
