#include "engine/loadtest/search.h"

#include <catch2/catch.hpp>

namespace bongsu::loadtest {
namespace {

struct Found {
  double best = 0;
  bool at_bound = false;
  int runs = 0;
};

// Against an engine that meets the goal up to `capacity`.
Found SearchFor(double capacity, double target, double bound) {
  HeadroomSearch search(target, bound, target <= capacity);
  Found found;
  while (const auto rate = search.Next()) {
    REQUIRE(*rate <= bound);
    REQUIRE(*rate > 0);
    search.Tried(*rate, *rate <= capacity);
    REQUIRE(++found.runs <= HeadroomSearch::kMost);
  }
  found.best = search.best();
  found.at_bound = search.at_bound();
  return found;
}

}  // namespace

TEST_CASE("the search comes within a twentieth of the target, never above what the engine can do") {
  const double capacity = GENERATE(1010.0, 1100.0, 1234.0, 1490.0);
  const Found found = SearchFor(capacity, 1000, 1500);
  CHECK(found.best <= capacity);
  CHECK(found.best >= capacity - 51);
  CHECK_FALSE(found.at_bound);
}

TEST_CASE("where the bound itself meets the goal one run is enough") {
  const Found found = SearchFor(5000, 1000, 1500);
  CHECK(found.best == 1500);
  CHECK(found.at_bound);
  CHECK(found.runs == 1);
}

TEST_CASE("where the target was missed the search goes down") {
  const Found found = SearchFor(430, 1000, 1500);
  CHECK(found.best <= 430);
  CHECK(found.best >= 379);
  CHECK(SearchFor(0, 1000, 1500).best == 0);
}

TEST_CASE("without room between target and bound there is nothing to search") {
  const Found found = SearchFor(2000, 1000, 1000);
  CHECK(found.runs == 0);
  CHECK(found.at_bound);
}

}  // namespace bongsu::loadtest
