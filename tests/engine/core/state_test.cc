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
  meta.records = 12;
  meta.digest = 0xFEDCBA9876543210;
  meta.written = 1795251600000000;
  meta.cluster = 99;
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
  REQUIRE(bytes.size() == 81);
  CHECK(bytes.substr(0, 3) == std::string("\2\1\0", 3));
  CHECK(bytes.substr(25, 3) == std::string("\2\1\0", 3));
}

TEST_CASE("a meta of the format before is read, and written again for the release before") {
  Meta meta = SomeMeta();
  meta.format = 1;
  const std::string bytes = EncodeMeta(meta);
  REQUIRE(bytes.size() == 49);
  const auto back = DecodeMeta(bytes);
  REQUIRE(back.ok());
  CHECK(back->format == 1);
  CHECK(back->config_digest == meta.config_digest);
  CHECK(EncodeMeta(*back) == bytes);
}

TEST_CASE("a meta of a later release is refused by name") {
  std::string bytes = EncodeMeta(SomeMeta());
  bytes[0] = 9;
  const Status status = DecodeMeta(bytes).status();
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Catch::Contains("format 9"));
}

TEST_CASE("what is not a meta is corrupt") {
  const std::string good = EncodeMeta(SomeMeta());
  for (const std::string& bytes :
       {std::string(), std::string(81, '\0'), good.substr(1), good + "x"}) {
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

TEST_CASE("a sorted batch has the last of each key, be it a delete") {
  WriteBatch batch;
  batch.Put("b", "1");
  batch.Put("a", "1");
  batch.Delete("b");
  batch.Put("c", "1");
  batch.Put("a", "2");
  batch.Sort();
  REQUIRE(batch.ops().size() == 3);
  CHECK(batch.ops()[0].key == "a");
  CHECK(batch.ops()[0].value == "2");
  CHECK(batch.ops()[1].key == "b");
  CHECK_FALSE(batch.ops()[1].value);
  CHECK(batch.ops()[2].key == "c");
}

}  // namespace
}  // namespace bongsu
