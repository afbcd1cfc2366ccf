#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

#include "tests/simulator/simulation.h"

namespace bongsu::sim {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeeds = 100;
#else
constexpr uint64_t kSeeds = 1000;  // In CI.
#endif

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

SeedReport RunSeed(uint64_t seed, Coverage& coverage, bool tracing = false) {
  Simulation::Options options;
  options.seed = seed;
  options.mutant = options.like = static_cast<Mutant>(FromEnvironment("BONGSU_MUTANT", 0));
  options.tracing = tracing;
  return Simulation(options, coverage).Run();
}

void PrintTrace(uint64_t seed) {
  Coverage ignored;
  for (const std::string& line : RunSeed(seed, ignored, true).trace) {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

}  // namespace

TEST_CASE("whatever breaks, nothing is lost, doubled or stuck") {
  const uint64_t first = FromEnvironment("BONGSU_SEED", 1);
  const uint64_t count = FromEnvironment("BONGSU_SEEDS", kSeeds);
  const bool tracing = std::getenv("BONGSU_TRACE") != nullptr;
  Coverage coverage;
  SeedReport sum;
  int failed = 0;
  for (uint64_t seed = first; seed < first + count && failed < 5; ++seed) {
    const SeedReport report = RunSeed(seed, coverage);
    sum.lines += report.lines;
    sum.commits += report.commits;
    sum.processes += report.processes;
    sum.living_fenced += report.living_fenced;
    sum.longest_unowned = std::max(sum.longest_unowned, report.longest_unowned);
    sum.to_finish = std::max(sum.to_finish, report.to_finish);
    if (tracing && (count == 1 || !report.failure.empty())) PrintTrace(seed);
    if (report.failure.empty()) continue;
    ++failed;
    UNSCOPED_INFO("seed " << seed << ": " << report.failure
                          << "\n  again, with what happened: BONGSU_SEED=" << seed
                          << " BONGSU_SEEDS=1 BONGSU_TRACE=1 test_simulator \"whatever breaks*\"");
  }
  std::printf(
      "%llu seeds: %lld lines, %lld commits, %lld processes; living owners fenced %lld, "
      "longest without owner %.1f s, longest to finish %.1f s\n",
      static_cast<unsigned long long>(count), static_cast<long long>(sum.lines),
      static_cast<long long>(sum.commits), static_cast<long long>(sum.processes),
      static_cast<long long>(sum.living_fenced), ToSeconds(sum.longest_unowned),
      ToSeconds(sum.to_finish));
  if (std::getenv("BONGSU_COVERAGE") != nullptr) {
    for (size_t p = 0; p < kPoints; ++p) {
      std::printf("%-18s", std::string(PointName(static_cast<Point>(p))).c_str());
      for (const int64_t hits : coverage.hits[p])
        std::printf(" %6lld", static_cast<long long>(hits));
      std::printf("\n");
    }
  }
  CHECK(failed == 0);
}

TEST_CASE("a seed is the same world every time") {
  Coverage ignored;
  for (const uint64_t seed : {3, 4, 5}) {
    const uint64_t digest = RunSeed(seed, ignored, true).trace_digest;
    CHECK(digest != 0);
    CHECK(RunSeed(seed, ignored, true).trace_digest == digest);
  }
}

}  // namespace bongsu::sim
