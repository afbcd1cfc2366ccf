#include "engine/base/math.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/base/random.h"

using namespace bongsu;

TEST_CASE("logarithm and power agree with the C library to a few units in the last place") {
  SplitMix64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const double x = std::ldexp(random.Unit() + 0.5, static_cast<int>(random.Below(2000)) - 1000);
    CHECK(std::abs(Log2(x) - std::log2(x)) <= 4e-16 * std::max(1.0, std::abs(std::log2(x))));
    const double y = (random.Unit() - 0.5) * 2000;
    CHECK(std::abs(Exp2(y) / std::exp2(y) - 1) <= 1e-13);
  }
}

TEST_CASE("logarithm and power at their edges") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(Log2(0) == -kInfinity);
  CHECK(std::isnan(Log2(-1)));
  CHECK(Log2(1) == 0);
  CHECK(Log2(8) == 3);
  CHECK(Log2(std::numeric_limits<double>::denorm_min()) == -1074);
  CHECK(Exp2(0) == 1);
  CHECK(Exp2(10) == 1024);
  CHECK(Exp2(1024) == kInfinity);
  CHECK(Exp2(-2000) == 0);
  CHECK(Exp2(1023.75) == Approx(std::exp2(1023.75)));
}
