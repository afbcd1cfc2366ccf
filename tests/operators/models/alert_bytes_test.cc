#include "operators/models/alert_bytes.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace bongsu {
namespace {

std::vector<Contribution> Sample() {
  return {{"extremes", "rows_vs_self", 61.25, 1735360, "rows", {12000, 60000}, 1e-4, ""},
          {"extremes", "new_country", 22, 1, "new", {}, 0.001, "RO"},
          {"rules", "", -1, std::nan(""), "", {}, std::nan(""), ""}};
}

std::string BytesOf(const std::vector<Contribution>& contributions) {
  std::string bytes;
  ByteWriter writer(&bytes);
  WriteContributions(contributions, &writer);
  return bytes;
}

TEST_CASE("a cause comes back as it was") {
  std::string bytes;
  ByteWriter writer(&bytes);
  WriteCause({"vpn", 3, 1234567890123, 4294967295u}, &writer);
  ByteReader reader(bytes);
  const Cause cause = ReadCause(&reader);
  CHECK(reader.Finished());
  CHECK(FormatOrigin(cause.origin()) == "vpn:3:1234567890123:4294967295");
}

TEST_CASE("contributions come back as they were, what is not known included") {
  const std::string bytes = BytesOf(Sample());
  ByteReader reader(bytes);
  const std::vector<Contribution> back = ReadContributions(2, &reader);
  CHECK(reader.Finished());
  REQUIRE(back.size() == 3);
  CHECK(back[0].normal.usual == 12000);
  CHECK(back[0].normal.high == 60000);
  CHECK(back[0].tail == 1e-4);
  CHECK(back[1].value == "RO");
  CHECK(std::isnan(back[1].normal.usual));
  CHECK(std::isnan(back[2].observed));
  CHECK(std::isnan(back[2].tail));
  CHECK(BytesOf(back) == bytes);
}

TEST_CASE("contributions that the first format wrote have neither normals nor tails") {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.Varint(1);
  writer.Text("behaviour");
  writer.Text("failed_logins");
  writer.F64(40.5);
  writer.F64(12);
  writer.Text("events");
  ByteReader reader(bytes);
  const std::vector<Contribution> back = ReadContributions(1, &reader);
  CHECK(reader.Finished());
  REQUIRE(back.size() == 1);
  CHECK(back[0].points == 40.5);
  CHECK(back[0].unit == "events");
  CHECK(std::isnan(back[0].normal.usual));
  CHECK(std::isnan(back[0].tail));
  CHECK(back[0].value.empty());
}

TEST_CASE("bytes that are cut short or lie about their number are found") {
  const std::string bytes = BytesOf(Sample());
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    ByteReader reader(std::string_view(bytes).substr(0, cut));
    ReadContributions(2, &reader);
    REQUIRE_FALSE(reader.ok());
  }
  std::string many;
  ByteWriter(&many).Varint(UINT64_MAX);
  ByteReader reader(many);
  CHECK(ReadContributions(2, &reader).size() <= 1);
  CHECK_FALSE(reader.ok());
}

}  // namespace
}  // namespace bongsu
