#include "engine/app/state_kinds.h"

#include <catch2/catch.hpp>

#include "engine/core/state_keys.h"

namespace bongsu {
namespace {

std::string Timer(std::string_view id) {
  std::string key;
  TimerKey(FromMillis(-5), id, &key);
  return key;
}

TEST_CASE("a person's entries are known as theirs, whatever their name looks like") {
  for (const char* user : {"kim", "a/b", "", "t/1", "meta"}) {
    CAPTURE(user);
    for (const char kind : {'u', 'e', 'r', 'f', 'x'}) {
      CHECK(PersonOf(std::string(1, kind) + "/" + user) == user);
    }
    CHECK(PersonOf(Timer(std::string("risk#2/") + user)) == user);
  }
}

TEST_CASE("what belongs to the shard is nobody's") {
  for (const char* key : {"m/hst/snapshot", "d/17", "schema/00ff", "time/", "time/db", "version",
                          "meta", "m/", "u", "t/short"}) {
    CAPTURE(key);
    CHECK_FALSE(PersonOf(key));
  }
}

TEST_CASE("entries are counted by what stands before the first slash") {
  KindCounts counts;
  Count("u/kim", 10, &counts);
  Count("u/a/b", 20, &counts);
  Count("schema/00ff", 5, &counts);
  Count("version", 1, &counts);
  CHECK(counts.size() == 3);
  CHECK(counts["u"].entries == 2);
  CHECK(counts["u"].bytes == 40);
  CHECK(KindWords("u") == "profiles");
  CHECK(KindWords("x") == "memory of operators");
}

}  // namespace
}  // namespace bongsu
