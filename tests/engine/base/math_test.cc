#include "engine/base/math.h"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>

#include "engine/base/random.h"

using namespace bongsu;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// How far `got` is from `truth`, in units in the last place of the truth.
double Units(double got, long double truth) {
  const double near = std::abs(static_cast<double>(truth));
  const double unit = std::nextafter(near, std::numeric_limits<double>::infinity()) - near;
  return static_cast<double>(std::abs(static_cast<long double>(got) - truth)) / unit;
}

}  // namespace

TEST_CASE("logarithm and power are as near to the truth as the header says") {
  SplitMix64 random(1);
  double log = 0, power = 0;
  for (int i = 0; i < 200'000; ++i) {
    const int exponent = static_cast<int>(random.Below(2000)) - 1000;
    const double wide = std::ldexp(random.Unit() + 0.5, exponent);
    const double near_one = random.Unit() + 0.5;
    for (const double x : {wide, near_one}) {
      log = std::max(log, Units(Log2(x), std::log2(static_cast<long double>(x))));
    }
    for (const double y : {(random.Unit() - 0.5) * 2000, random.Unit() - 0.5}) {
      power = std::max(power, Units(Exp2(y), std::exp2(static_cast<long double>(y))));
    }
  }
  CHECK(log <= 4);
  CHECK(power <= 2);
}

TEST_CASE("the same bits, whatever the compiler and its options") {
  SplitMix64 random(2);
  uint64_t digest = 0;
  for (int i = 0; i < 10'000; ++i) {
    const int exponent = static_cast<int>(random.Below(100)) - 50;
    const double x = std::ldexp(random.Unit() + 0.5, exponent);
    for (const double y : {Log2(x), Exp2(Log2(x)), Log1p(x)}) {
      digest = (digest ^ std::bit_cast<uint64_t>(y)) * 0x9E3779B97F4A7C15;
    }
  }
  CHECK(digest == 0x8B262012AAB2B713);
}

TEST_CASE("every vector unit gives the bits of one logarithm at a time") {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  constexpr double kOdd[] = {0, -0.0, 1, -1, kInfinity, -kInfinity, kNaN, -kNaN};
  SplitMix64 random(3);
  for (const SignedLog1pKernel kernel : SignedLog1pKernels()) {
    for (size_t count = 0; count < 20; ++count) {
      for (int round = 0; round < 500; ++round) {
        std::vector<double> x(count + 1, 7);  // One more, that is not to be touched.
        std::vector<double> expected = x;
        for (size_t i = 0; i < count; ++i) {
          const int exponent = static_cast<int>(random.Below(2100)) - 1050;
          x[i] = random.Below(5) == 0 ? kOdd[random.Below(std::size(kOdd))]
                                      : std::ldexp(random.Unit() - 0.5, exponent);
          expected[i] = std::isnan(x[i]) ? x[i] : std::copysign(Log1p(std::abs(x[i])), x[i]);
        }
        kernel(x.data(), count);
        REQUIRE(std::memcmp(x.data(), expected.data(), x.size() * sizeof(double)) == 0);
      }
    }
  }
}

TEST_CASE("logarithm and power at their edges") {
  CHECK(Log2(0) == -kInfinity);
  CHECK(std::isnan(Log2(-1)));
  CHECK(Log2(1) == 0);
  CHECK(Log2(8) == 3);
  CHECK(Log2(std::numeric_limits<double>::denorm_min()) == -1074);
  CHECK(Units(Log2(0x1.8p-1040), std::log2(0x1.8p-1040L)) <= 4);
  CHECK(Exp2(0) == 1);
  CHECK(Exp2(10) == 1024);
  CHECK(Exp2(1024) == kInfinity);
  CHECK(Exp2(-2000) == 0);
  CHECK(Exp2(1023.75) == Approx(std::exp2(1023.75)));
}
