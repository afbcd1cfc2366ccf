#include <benchmark/benchmark.h>

#include "engine/base/math.h"

namespace bongsu::benchmarks {
namespace {

// Each call waits for the one before it, as a fading sum does.
void Power(benchmark::State& state) {
  double x = -0.3;
  for (auto _ : state) x = -Exp2(x);
  benchmark::DoNotOptimize(x);
}
BENCHMARK(Power);

void Logarithm(benchmark::State& state) {
  double x = 3;
  for (auto _ : state) x = 3 + Log2(x);
  benchmark::DoNotOptimize(x);
}
BENCHMARK(Logarithm);

}  // namespace
}  // namespace bongsu::benchmarks
