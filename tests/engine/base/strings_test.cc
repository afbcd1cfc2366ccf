#include "engine/base/strings.h"

#include <bit>
#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "engine/base/random.h"

namespace bongsu {
namespace {

std::string Shortest(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), number).ptr};
}

TEST_CASE("a number is written as the standard library writes it, whole or not, often or once") {
  for (int whole = -110000; whole <= 110000; ++whole) {
    if (StrCat(static_cast<double>(whole)) != Shortest(whole)) FAIL(whole);
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double odd : {-0.0, kInfinity, -kInfinity, std::nan(""), -std::nan(""), 1e22, 1e23,
                           -2.2250738585072014e-308, 4.9e-324, 99999.5, 1e5, 123456789012.0})
    CHECK(StrCat(odd) == Shortest(odd));
  SplitMix64 random(1);
  std::vector<double> some;
  for (int i = 0; i < 300; ++i) some.push_back(std::bit_cast<double>(random.Next()));
  for (int i = 0; i < 300; ++i) some.push_back(std::ldexp(random.Unit(), 20));
  for (int i = 0; i < 20000; ++i) {
    const double number = some[random.Below(some.size())];
    REQUIRE(StrCat(number) == Shortest(number));
  }
}

}  // namespace
}  // namespace bongsu
