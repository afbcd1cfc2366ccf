#include "engine/base/math.h"

#include <bit>
#include <cstdint>
#include <limits>

namespace bongsu {
namespace {

constexpr double kLn2 = 0.6931471805599453094;
constexpr double kLog10Of2 = 0.3010299956639811952;

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
  auto bits = std::bit_cast<uint64_t>(x);
  int64_t exponent = static_cast<int64_t>(bits >> 52) - 1023;
  bits = (bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull;
  double m = std::bit_cast<double>(bits);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
  const double s = (m - 1) / (m + 1);
  const double s2 = s * s;
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * s2 + 1.0 / k;
  return static_cast<double>(exponent) - bias + 2 * s * sum / kLn2;
}

double Exp2(double x) {
  if (x != x) return x;
  if (x < -1022) return 0;
  if (x >= 1024) return std::numeric_limits<double>::infinity();
  const auto whole = static_cast<int64_t>(x < 0 ? x - 0.5 : x + 0.5);
  const double y = (x - static_cast<double>(whole)) * kLn2;  // |y| <= 0.347
  double sum = 1;
  for (int k = 14; k >= 1; --k) sum = 1 + sum * y / k;
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
