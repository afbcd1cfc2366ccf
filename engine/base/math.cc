#include "engine/base/math.h"

#include <bit>
#include <cstdint>
#include <limits>

namespace bongsu {
namespace {

constexpr double kLn2 = 0.6931471805599453094;
constexpr double kLog10Of2 = 0.3010299956639811952;
// 2^y = 1 + sum over k of kExp2[k - 1] y^k: ln(2)^k / k!.
constexpr double kExp2[] = {0.69314718055994529,    0.24022650695910072,    0.055504108664821583,
                            0.0096181291076284769,  0.0013333558146428443,  0.00015403530393381609,
                            1.5252733804059841e-05, 1.321548679014431e-06,  1.01780860092397e-07,
                            7.0549116208011234e-09, 4.4455382718708116e-10, 2.5678435993488206e-11,
                            1.3691488853904128e-12};
// log2((1 + s) / (1 - s)) = s times the sum over k of kLog2[k] s^2k: 2 / ((2k + 1) ln 2).
constexpr double kLog2[] = {2.8853900817779268,  0.96179669392597555, 0.57707801635558531,
                            0.41219858311113239, 0.3205988979753252,  0.26230818925253879,
                            0.22195308321368667, 0.19235933878519512, 0.16972882833987804,
                            0.15186263588304877, 0.13739952770371081};

}  // namespace

double Log2(double x) {
  if (x != x || x < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (x == std::numeric_limits<double>::infinity()) return x;
  double bias = 0;
  if (x < std::numeric_limits<double>::min()) {  // Subnormal: scale up first.
    x *= 0x1p54;
    bias = 54;
  }
  // x = 2^exponent m with m in (sqrt(2) / 2, sqrt(2)]; no branch, for it would go either way.
  constexpr uint64_t kMantissa = (uint64_t{1} << 52) - 1, kOne = std::bit_cast<uint64_t>(1.0);
  const auto bits = std::bit_cast<uint64_t>(x);
  const uint64_t fraction = (bits & kMantissa) | kOne;
  const uint64_t halved = fraction > std::bit_cast<uint64_t>(1.4142135623730951) ? 1 : 0;
  const auto exponent = static_cast<int64_t>((bits >> 52) + halved) - 1023;
  const auto m = std::bit_cast<double>(fraction - (halved << 52));
  const double s = (m - 1) / (m + 1);  // |s| < 0.172
  const double s2 = s * s;
  // Pairs and pairs of pairs, so that a step rarely waits for the one before it.
  const double s4 = s2 * s2, s8 = s4 * s4;
  const auto pair = [&](int k) { return kLog2[k] + s2 * kLog2[k + 1]; };
  const double low = pair(0) + s4 * pair(2);
  const double middle = pair(4) + s4 * pair(6);
  const double high = pair(8) + s4 * kLog2[10];
  return static_cast<double>(exponent) - bias + s * (low + s8 * (middle + s8 * high));
}

double Exp2(double x) {
  if (x != x) return x;
  if (x < -1022) return 0;
  if (x >= 1024) return std::numeric_limits<double>::infinity();
  const auto whole = static_cast<int64_t>(x < 0 ? x - 0.5 : x + 0.5);
  const double y = x - static_cast<double>(whole);  // |y| <= 0.5
  const double y2 = y * y, y4 = y2 * y2, y8 = y4 * y4;
  const auto pair = [&](int k) { return kExp2[k] + y * kExp2[k + 1]; };
  const double low = pair(0) + y2 * pair(2);
  const double middle = pair(4) + y2 * pair(6);
  const double high = pair(8) + y2 * pair(10) + y4 * kExp2[12];
  const double sum = 1 + y * (low + y4 * middle + y8 * high);
  if (whole == 1024) return sum * 0x1p1023 * 2;
  return sum * std::bit_cast<double>(static_cast<uint64_t>(whole + 1023) << 52);
}

double Log10(double x) {
  return Log2(x) * kLog10Of2;
}
double Log(double x) {
  return Log2(x) * kLn2;
}
double Log1p(double x) {
  return Log(1 + x);
}

}  // namespace bongsu
