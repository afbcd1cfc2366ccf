#include "engine/base/key_set.h"

#include <catch2/catch.hpp>
#include <unordered_set>

#include "engine/base/hash.h"

namespace bongsu {
namespace {

TEST_CASE("a full set knows the keys it was given and no others, whatever was erased between") {
  constexpr size_t kMost = 64;
  // Few homes: long runs that wrap around the end of the table.
  const auto key = [](uint64_t i) { return (i << 40) | (120 + Mix64(i) % 10); };
  KeySet set(kMost);
  std::unordered_set<uint64_t> model;
  uint64_t random = 1;
  for (int i = 0; i < 100'000; ++i) {
    random = Mix64(random + 1);
    const uint64_t each = key(1 + random % 128);
    if (model.erase(each) > 0) {
      set.erase(each);
    } else if (model.size() < kMost) {
      model.insert(each);
      set.insert(each);
    }
    const uint64_t other = key(1 + random / 128 % 128);
    REQUIRE(set.contains(each) == model.contains(each));
    REQUIRE(set.contains(other) == model.contains(other));
  }
}

TEST_CASE("a key of zero is a key") {
  KeySet set(4);
  CHECK_FALSE(set.contains(0));
  set.insert(0);
  CHECK(set.contains(0));
  set.erase(0);
  CHECK_FALSE(set.contains(0));
}

}  // namespace
}  // namespace bongsu
