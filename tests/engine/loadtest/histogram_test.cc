#include "engine/loadtest/histogram.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "engine/base/random.h"

namespace bongsu::loadtest {
namespace {

int64_t Exact(std::vector<int64_t> values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<size_t>(rank, 1) - 1];
}

}  // namespace

TEST_CASE("quantiles are at most 1/128 above the exact ones, and never below") {
  SplitMix64 random(7);
  const double spread = GENERATE(1.0, 5.0, 12.0);
  Histogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<int64_t>(std::exp(spread * (random.Unit() + random.Unit())));
    values.push_back(value);
    histogram.Record(value);
  }
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const int64_t exact = Exact(values, q), got = histogram.Quantile(q);
    INFO("q " << q << ": exact " << exact << ", got " << got);
    CHECK(got >= exact);
    CHECK(static_cast<double>(got - exact) <= static_cast<double>(exact) / 128);
  }
  CHECK(histogram.max() == Exact(values, 1));
}

TEST_CASE("small values are exact") {
  Histogram histogram;
  for (int64_t v = 0; v < 256; ++v) histogram.Record(v);
  for (int64_t v = 0; v < 256; ++v) {
    CHECK(histogram.Quantile((static_cast<double>(v) + 0.5) / 256) == v);
  }
}

TEST_CASE("every value falls into a bucket that holds it") {
  for (int64_t v = 1; v < Histogram::kMost; v = v * 3 / 2 + 1) {
    for (const int64_t value : {v - 1, v, v + 1}) {
      Histogram histogram;
      histogram.Record(value);
      histogram.Record(Histogram::kMost);  // So that the maximum hides nothing.
      const int64_t edge = histogram.Quantile(0.5);
      CHECK(edge >= value);
      CHECK(edge - value <= value / 128);
    }
  }
}

TEST_CASE("an empty histogram has quantile 0; what is out of range counts at its end") {
  Histogram histogram;
  CHECK(histogram.Quantile(0.99) == 0);
  histogram.Record(-5);
  CHECK(histogram.Quantile(1) == 0);
  histogram.Record(Histogram::kMost * 4);
  CHECK(histogram.max() == Histogram::kMost);
  CHECK(histogram.count() == 2);
}

TEST_CASE("adding histograms is recording all of their values") {
  Histogram a, b, both;
  for (int64_t v = 1; v < 100'000; v += 37) {
    (v % 2 == 0 ? a : b).Record(v, 3);
    both.Record(v, 3);
  }
  a.Add(b);
  CHECK(a.count() == both.count());
  for (const double q : {0.1, 0.5, 0.99, 1.0}) CHECK(a.Quantile(q) == both.Quantile(q));
}

}  // namespace bongsu::loadtest
