#include "benchmarks/support/setup.h"
#include "engine/base/random.h"
#include "operators/models/half_space_trees.h"
#include "operators/models/tail.h"

namespace bongsu::benchmarks {
namespace {

constexpr size_t kFeatures = 10, kVectors = 4096;

std::vector<double> Vectors() {
  SplitMix64 random(1);
  std::vector<double> all(kFeatures * kVectors);
  for (double& value : all) value = random.Unit() * random.Unit();
  return all;
}

std::unique_ptr<HalfSpaceTrees> Trees(const std::vector<double>& vectors) {
  HalfSpaceTreesParams params;
  params.dimensions = kFeatures;
  std::unique_ptr<HalfSpaceTrees> trees = *HalfSpaceTrees::Make(params);
  for (size_t i = 0; i < kVectors; ++i)
    trees->Learn(std::span(vectors).subspan(i * kFeatures, kFeatures));
  return trees;
}

template <typename F>
void Run(benchmark::State& state, F use) {
  const std::vector<double> vectors = Vectors();
  const std::unique_ptr<HalfSpaceTrees> trees = Trees(vectors);
  size_t i = 0;
  for (auto _ : state) {
    use(*trees, std::span(vectors).subspan(i * kFeatures, kFeatures));
    i = (i + 1) % kVectors;
  }
  state.SetItemsProcessed(state.iterations());
}

void TreesScore(benchmark::State& state) {
  Run(state, [](const HalfSpaceTrees& trees, std::span<const double> x) {
    benchmark::DoNotOptimize(trees.Score(x));
  });
}
BENCHMARK(TreesScore);

// A window of 250 ends with growing new trees: its cost is spread over the window.
void TreesLearn(benchmark::State& state) {
  Run(state, [](HalfSpaceTrees& trees, std::span<const double> x) { trees.Learn(x); });
}
BENCHMARK(TreesLearn);

void TreesContributions(benchmark::State& state) {
  std::array<double, kFeatures> shares{};
  Run(state, [&](const HalfSpaceTrees& trees, std::span<const double> x) {
    trees.Contributions(x, shares);
    benchmark::DoNotOptimize(shares);
  });
}
BENCHMARK(TreesContributions);

void TailCalibration(benchmark::State& state) {
  TailCalibrator tail;
  SplitMix64 random(1);
  for (auto _ : state) {
    const double score = random.Unit();
    benchmark::DoNotOptimize(tail.TailProbability(score));
    tail.Learn({&score, 1});
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(TailCalibration);

}  // namespace
}  // namespace bongsu::benchmarks
