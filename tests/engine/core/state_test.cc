#include "engine/core/state.h"

#include <catch2/catch.hpp>

#include "engine/core/state_keys.h"

namespace bongsu {
namespace {

Meta SomeMeta() {
  Meta meta;
  meta.next = 1234567890123;
  meta.changelog_next = -1;
  meta.sequence = 7;
  meta.time = -62135596800000000;
  meta.config_digest.fill(0xAB);
  return meta;
}

TEST_CASE("a meta comes back as it was written") {
  const auto back = DecodeMeta(EncodeMeta(SomeMeta()));
  REQUIRE(back.ok());
  CHECK(*back == SomeMeta());
}

TEST_CASE("the bytes of a meta never change between releases") {
  Meta meta;
  meta.next = 1;
  meta.time = 258;
  const std::string bytes = EncodeMeta(meta);
  REQUIRE(bytes.size() == 49);
  CHECK(bytes.substr(0, 3) == std::string("\1\1\0", 3));
  CHECK(bytes.substr(25, 3) == std::string("\2\1\0", 3));
}

TEST_CASE("what is not a meta is corrupt") {
  const std::string good = EncodeMeta(SomeMeta());
  std::string other = good;
  other[0] = 9;
  for (const std::string& bytes : {std::string(), good.substr(1), good + "x", other}) {
    CHECK(DecodeMeta(bytes).status().code() == Code::kCorrupt);
  }
}

TEST_CASE("the end of a prefix is the first key after it") {
  CHECK(PrefixEnd("t/") == "t0");
  CHECK(PrefixEnd("a\xff") == "b");
  CHECK(PrefixEnd("\xff\xff").empty());
  CHECK(PrefixEnd("").empty());
}

TEST_CASE("timer keys sort by time, also before 1970, and give time and person back") {
  std::string last;
  for (const int64_t micros : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{255}, int64_t{256},
                               int64_t{1795251600000000}, INT64_MAX}) {
    std::string key;
    TimerKey(Timestamp(Duration(micros)), "ann/x", &key);
    CHECK(last < key);
    const auto timer = ParseTimerKey(key);
    REQUIRE(timer.has_value());
    CHECK(timer->at.time_since_epoch().count() == micros);
    CHECK(timer->id == "ann/x");
    last = key;
  }
  CHECK_FALSE(ParseTimerKey("t/short").has_value());
  CHECK_FALSE(ParseTimerKey("u/12345678/ann").has_value());
}

}  // namespace
}  // namespace bongsu
