#include "engine/base/hash_index.h"

#include <catch2/catch.hpp>
#include <map>

#include "engine/base/random.h"

namespace bongsu {
namespace {

TEST_CASE(
    "an index finds what is in it, by hash and by the word of who asks, whatever came and went") {
  SplitMix64 random(1);
  HashIndex index;
  std::map<uint32_t, uint64_t> known;  // Hash by number.
  // Few hashes, and alike in their low half: every kind of neighbour meets.
  const auto hash = [&] { return random.Below(2) << 40 | random.Below(300); };
  for (int step = 0; step < 20'000; ++step) {
    const auto number = static_cast<uint32_t>(random.Below(500));
    if (const auto at = known.find(number); at != known.end()) {
      index.Erase(at->second, number);
      known.erase(at);
    } else {
      known[number] = hash();
      index.Insert(known[number], number);
    }
    REQUIRE(index.size() == known.size());
    const auto wanted = static_cast<uint32_t>(random.Below(500));
    const auto at = known.find(wanted);
    const uint64_t asked = at == known.end() ? hash() : at->second;
    const uint32_t found = index.Find(asked, [&](uint32_t n) { return n == wanted; });
    REQUIRE(found == (at == known.end() ? HashIndex::kNone : wanted));
  }
  index.Clear();
  CHECK(index.size() == 0);
  for (const auto& [number, its] : known) {
    CHECK(index.Find(its, [](uint32_t) { return true; }) == HashIndex::kNone);
  }
}

}  // namespace
}  // namespace bongsu
