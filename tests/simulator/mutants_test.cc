// The simulator must be able to fail: every known-wrong variant of the protocol is caught, and in
// the very same troubles the right one is not.
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/simulator/simulation.h"

namespace bongsu::sim {
namespace {

constexpr uint64_t kSeeds = 1000;  // To catch one in.

std::string FailureOf(uint64_t seed, Mutant mutant, Mutant like, bool torn) {
  Coverage ignored;
  return Simulation({seed, mutant, like, torn, false}, ignored).Run().failure;
}

}  // namespace

TEST_CASE("every known-wrong variant is caught") {
  for (int i = 1; i < static_cast<int>(Mutant::kCount); ++i) {
    const auto mutant = static_cast<Mutant>(i);
    const bool torn = mutant == Mutant::kNoDigest;
    INFO(MutantName(mutant));
    std::string failure;
    uint64_t seed = 0;
    while (failure.empty() && seed < kSeeds) failure = FailureOf(++seed, mutant, mutant, torn);
    CHECK(failure != "");
    std::printf("%-38s seed %3llu: %.110s\n", std::string(MutantName(mutant)).c_str(),
                static_cast<unsigned long long>(seed),
                failure.substr(0, failure.find('\n')).c_str());
    INFO("seed " << seed);
    CHECK(FailureOf(seed, Mutant::kNone, mutant, torn) == "");
  }
}

TEST_CASE("a torn transaction is refused by who restores it") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    CHECK(FailureOf(seed, Mutant::kNone, Mutant::kNone, true) == "");
  }
}

}  // namespace bongsu::sim
