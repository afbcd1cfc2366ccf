#include "engine/base/math.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "engine/base/vector_unit.h"

namespace bongsu {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
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

// Log2(x) - bias of x that are finite, normal and above zero: one in a double, or as many as a
// vector holds. By reference and with the builtin of std::bit_cast: how a call passes a vector
// depends on the unit.
template <typename Word, typename Double>
[[gnu::always_inline]] inline void Log2OfNormal(const Double& x, double bias, Double* out) {
  // x = 2^exponent m with m in (sqrt(2) / 2, sqrt(2)]; no branch, for it would go either way.
  constexpr uint64_t kMantissa = (uint64_t{1} << 52) - 1, kOne = std::bit_cast<uint64_t>(1.0);
  constexpr uint64_t kSqrt2 = std::bit_cast<uint64_t>(1.4142135623730951);
  const auto bits = __builtin_bit_cast(Word, x);
  const Word fraction = (bits & kMantissa) | kOne;
  const Word halved = (kSqrt2 - fraction) >> 63;  // 1 above it.
  // A whole number in the lowest bits of 2^52 is added to it.
  const Word exponent = ((bits >> 52) + halved) | std::bit_cast<uint64_t>(0x1p52);
  const auto m = __builtin_bit_cast(Double, fraction - (halved << 52));
  const Double s = (m - 1) / (m + 1);  // |s| < 0.172
  const Double s2 = s * s;
  // Pairs and pairs of pairs, so that a step rarely waits for the one before it.
  const Double s4 = s2 * s2, s8 = s4 * s4;
  const Double low = (kLog2[0] + s2 * kLog2[1]) + s4 * (kLog2[2] + s2 * kLog2[3]);
  const Double middle = (kLog2[4] + s2 * kLog2[5]) + s4 * (kLog2[6] + s2 * kLog2[7]);
  const Double high = (kLog2[8] + s2 * kLog2[9]) + s4 * kLog2[10];
  *out = __builtin_bit_cast(Double, exponent) - (0x1p52 + 1023 + bias) +
         s * (low + s8 * (middle + s8 * high));
}

template <typename T, size_t kBytes>
using Vector [[gnu::vector_size(kBytes)]] = T;

template <size_t kBytes>
[[gnu::always_inline]] inline void SignedLog1pBy(double* x, size_t count) {
  using Doubles = Vector<double, kBytes>;
  using Words = Vector<uint64_t, kBytes>;
  constexpr uint64_t kSign = uint64_t{1} << 63;
  for (size_t at = 0; at < count; at += kBytes / sizeof(double)) {
    const size_t size = std::min(kBytes, (count - at) * sizeof(double));
    Words given{};
    std::memcpy(&given, x + at, size);
    const Doubles u = 1 + __builtin_bit_cast(Doubles, given & ~kSign);
    Doubles log;
    Log2OfNormal<Words>(u, 0, &log);
    log = u < kInfinity ? log * kLn2 : u;
    const Words out = (__builtin_bit_cast(Words, log) & ~kSign) | (given & kSign);
    std::memcpy(x + at, &out, size);
  }
}

void Portable(double* x, size_t count) {
  SignedLog1pBy<16>(x, count);
}

BONGSU_FOR_AVX2 void Avx2(double* x, size_t count) {
  SignedLog1pBy<32>(x, count);
}

BONGSU_FOR_AVX512 void Avx512(double* x, size_t count) {
  SignedLog1pBy<64>(x, count);
}

const SignedLog1pKernel kWidest = SignedLog1pKernels().back();

}  // namespace

double Log2(double x) {
  if (x != x || x < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return x;
  double bias = 0;
  if (x < std::numeric_limits<double>::min()) {  // Subnormal: scale up first.
    x *= 0x1p54;
    bias = 54;
  }
  double log;
  Log2OfNormal<uint64_t>(x, bias, &log);
  return log;
}

std::vector<SignedLog1pKernel> SignedLog1pKernels() {
  return KernelsHere(Portable, Avx2, Avx512);
}

void SignedLog1p(std::span<double> x) {
  kWidest(x.data(), x.size());
}

double Exp2(double x) {
  if (x != x) return x;
  if (x < -1022) return 0;
  if (x >= 1024) return kInfinity;
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
