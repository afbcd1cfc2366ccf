#include "engine/io/embedded/record_codec.h"

#include <catch2/catch.hpp>

#include "engine/io/embedded/batch.h"

namespace bongsu::embedded_internal {
namespace {

TEST_CASE("a record comes back whole") {
  const std::string binary("\0\xff", 2);
  const Header headers[] = {{"origin", "vpn:0:17:0"}, {"", binary}, {"type", ""}};
  const auto bytes = EncodeRecord(FromMillis(-5), binary, "value", headers);
  REQUIRE(bytes.ok());
  Record record;
  std::vector<Header> found;
  REQUIRE(*DecodeRecord(*bytes, &record, &found) == 3);
  CHECK(record.timestamp == FromMillis(-5));
  CHECK(record.key == binary);
  CHECK(record.value == "value");
  for (size_t i = 0; i < 3; ++i) {
    CHECK(found[i].name == headers[i].name);
    CHECK(found[i].value == headers[i].value);
  }
}

TEST_CASE("no value is not the same as an empty one") {
  Record record;
  std::vector<Header> headers;
  REQUIRE(DecodeRecord(*EncodeRecord({}, "k", std::nullopt, {}), &record, &headers).ok());
  CHECK(record.value.data() == nullptr);
  const std::string empty = *EncodeRecord({}, "k", "", {});
  REQUIRE(DecodeRecord(empty, &record, &headers).ok());
  CHECK(record.value.data() != nullptr);
  CHECK(record.value.empty());
}

TEST_CASE("a record cut anywhere, or with something after it, is corrupt") {
  const Header headers[] = {{"a", "b"}, {"c", "d"}};
  const std::string good = *EncodeRecord({}, "key", "value", headers);
  Record record;
  std::vector<Header> found;
  for (size_t size = 0; size < good.size(); ++size) {
    const std::string cut(good.data(), size);
    CHECK(DecodeRecord(cut, &record, &found).status().code() == Code::kCorrupt);
  }
  const std::string more = good + "x";
  CHECK(DecodeRecord(more, &record, &found).status().code() == Code::kCorrupt);
}

TEST_CASE("a header name that is too long is refused") {
  const std::string name(70000, 'n');
  const Header headers[] = {{name, "v"}};
  CHECK(EncodeRecord({}, "k", "v", headers).status().code() == Code::kInvalid);
}

TEST_CASE("keys of records sort by topic, partition, offset, and give the offset back") {
  const std::string keys[] = {RecordKey({0, 0}, 0),   RecordKey({0, 0}, 255),
                              RecordKey({0, 0}, 256), RecordKey({0, 1}, 0),
                              RecordKey({1, 0}, 0),   RecordKey({1, 0}, INT64_MAX),
                              RecordKey({256, 0}, 0), RecordKey({256, 255}, 1)};
  for (size_t i = 1; i < std::size(keys); ++i) CHECK(keys[i - 1] < keys[i]);
  CHECK(OffsetOfRecordKey(keys[2]) == 256);
  CHECK(OffsetOfRecordKey(keys[5]) == INT64_MAX);
  CHECK(keys[0].size() == kRecordKeyBytes);
}

TEST_CASE("a batch keeps records of any size in place while it grows, and reuses its memory") {
  EmbeddedBatch batch;
  for (int round = 0; round < 3; ++round) {
    batch.Clear();
    CHECK(batch.records().empty());
    for (int i = 0; i < 500; ++i) {
      const std::string value(i == 250 ? size_t{1} << 20 : 1000, static_cast<char>('a' + i % 26));
      const Header headers[] = {{"n", value}};
      REQUIRE(batch.Add(i, *EncodeRecord({}, "k", value, std::span(headers, size_t(i % 2)))).ok());
    }
    batch.Finish();
    REQUIRE(batch.records().size() == 500);
    for (int i = 0; i < 500; ++i) {
      const Record& record = batch.records()[size_t(i)];
      REQUIRE(record.offset == i);
      REQUIRE(record.value.back() == 'a' + i % 26);
      REQUIRE(record.headers.size() == size_t(i % 2));
      if (i % 2 == 1) REQUIRE(record.headers[0].value == record.value);
    }
  }
}

}  // namespace
}  // namespace bongsu::embedded_internal
