#include "operators/profile/distinct_sketch.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <optional>

#include "engine/base/random.h"

namespace bongsu {
namespace {

constexpr uint64_t kStart = Biased(1000);

// With registers from the first event that needs them.
struct Sketch : DistinctSketch {
  std::optional<DistinctRegisters> registers;

  DistinctRegisters* Registers() {
    if (Crowded() && !registers) registers.emplace();
    return registers ? &*registers : nullptr;
  }
  void Advance(uint64_t step) { DistinctSketch::Advance(step, Registers()); }
  void Add(uint64_t step, uint64_t hash) { DistinctSketch::Add(step, hash, Registers()); }
};

void See(Sketch* sketch, uint64_t step, uint64_t value) {
  sketch->Advance(step);
  sketch->Add(step, Mix64(value * 0x9E3779B97F4A7C15ull + 1));
}

TEST_CASE("a sketch is exact to 64 and never falls while values come") {
  Sketch sketch;
  double before = 0;
  for (uint64_t value = 1; value <= 20000; ++value) {
    See(&sketch, kStart + value / 1000, value);
    const double estimate = sketch.Estimate();
    if (value <= 64) REQUIRE(estimate == static_cast<double>(value));
    REQUIRE(estimate >= before);
    before = estimate;
  }
}

TEST_CASE("values seen again do not move an estimate") {
  Sketch sketch;
  for (uint64_t value = 0; value < 500; ++value) See(&sketch, kStart, value);
  const double once = sketch.Estimate();
  for (uint64_t value = 0; value < 500; ++value) See(&sketch, kStart + 1, value);
  CHECK(sketch.Estimate() == once);
}

struct Error {
  double bias = 0, square = 0;
  void Add(double estimate, double truth, int runs) {
    const double error = estimate / truth - 1;
    bias += error / runs;
    square += error * error / runs;
  }
};

TEST_CASE("estimates of values that come in one window err by a sixteenth, without bias") {
  const auto [truth, most] =
      GENERATE(table<uint64_t, double>({{100, 0.05}, {1000, 0.065}, {10000, 0.075}}));
  CAPTURE(truth);
  Error error;
  constexpr int kRuns = 200;
  for (uint64_t run = 0; run < kRuns; ++run) {
    Sketch sketch;
    for (uint64_t value = 0; value < truth; ++value) {
      See(&sketch, kStart + value * 20 / truth, value + run * 1000000);
    }
    error.Add(sketch.Estimate(), static_cast<double>(truth), kRuns);
  }
  CHECK(std::abs(error.bias) < 0.015);
  CHECK(std::sqrt(error.square) < most);
}

TEST_CASE("in a window that stays crowded errors stay below a tenth") {
  const uint64_t each_step = GENERATE(3, 31, 312);
  CAPTURE(each_step);
  Error error;
  constexpr int kRuns = 10;
  uint64_t value = 0;
  for (int run = 0; run < kRuns; ++run) {
    Sketch sketch;
    for (uint64_t step = 0; step < 128; ++step) {
      for (uint64_t i = 0; i < each_step; ++i) See(&sketch, kStart + step, ++value);
      if (step >= 32) {
        error.Add(sketch.Estimate(), static_cast<double>(each_step * 32), kRuns * 96);
      }
    }
  }
  CHECK(std::abs(error.bias) < 0.06);
  CHECK(std::sqrt(error.square) < 0.1);
}

TEST_CASE(
    "a sketch that never reaches 64 has no registers, and one that never passes it empty ones") {
  const uint64_t values = GENERATE(63, 64);
  Sketch sketch;
  for (uint64_t i = 0; i < 5000; ++i) See(&sketch, kStart + i / 60, i % values);
  CHECK(sketch.lost == 0);
  CHECK(sketch.registers.has_value() == (values == 64));
  if (sketch.registers) CHECK(sketch.registers->sights == DistinctRegisters().sights);
}

TEST_CASE("after a burst has left the window the count is exact again") {
  Sketch sketch;
  for (uint64_t value = 0; value < 5000; ++value) See(&sketch, kStart, value);
  for (uint64_t step = 1; step < 32; ++step) See(&sketch, kStart + step, 10000 + step);
  CHECK(sketch.Estimate() > 3000);
  See(&sketch, kStart + 32, 20000);
  CHECK(sketch.Estimate() <= 32);
  for (uint64_t step = 33; step < 80; ++step) See(&sketch, kStart + step, 30000 + step % 10);
  CHECK(sketch.Estimate() == 10);
}

TEST_CASE("a sliding crowd is followed, and nothing of the past sticks") {
  SplitMix64 random(7);
  Sketch sketch;
  std::map<uint64_t, uint64_t> last;  // value -> step of last sight
  double square = 0;
  int checks = 0;
  for (uint64_t step = 0; step < 400; ++step) {
    const uint64_t crowd = step / 50 % 2 == 0 ? 60 : 3;  // Busy and calm weeks.
    for (uint64_t i = 0; i < crowd; ++i) {
      const uint64_t value = random.Below(3000);
      See(&sketch, kStart + step, value);
      last[value] = step;
    }
    double truth = 0;
    for (const auto& [value, seen] : last) truth += seen + 32 > step ? 1 : 0;
    const double error = sketch.Estimate() / truth - 1;
    square += error * error;
    ++checks;
  }
  CHECK(std::sqrt(square / checks) < 0.08);
}

TEST_CASE("a late value counts in its step, and not at all after that") {
  Sketch sketch;
  See(&sketch, kStart + 31, 1);
  sketch.Add(kStart, 77);
  CHECK(sketch.Estimate() == 2);
  sketch.Add(kStart - 1, 78);
  CHECK(sketch.Estimate() == 2);
  sketch.Advance(kStart + 32);
  CHECK(sketch.Estimate() == 1);
}

}  // namespace
}  // namespace bongsu
