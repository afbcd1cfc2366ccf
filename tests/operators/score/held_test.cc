#include "operators/score/held.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "operators/models/alert_bytes.h"

namespace bongsu {
namespace {

UserRisk Sample() {
  UserRisk risk;
  risk.cause = {"vpn", 3, 1234567890123, 2};
  risk.contributions = {{"behaviour", "failed_logins", 41.25, 17, "events", {2, 6}, 1e-3, ""},
                        {"rules", "", 20, std::nan(""), ""}};
  risk.features = {{"failed_logins", 17}, {"ratio", 0.1}};
  return risk;
}

TEST_CASE("a change held back comes back as it was") {
  const auto back = DecodeHeldRisk(EncodeHeldRisk(Sample()));
  REQUIRE(back.ok());
  CHECK(EncodeHeldRisk(*back) == EncodeHeldRisk(Sample()));
  CHECK(back->cause.source == "vpn");
  CHECK(back->cause.offset == 1234567890123);
  CHECK(back->contributions[0].points == 41.25);
  CHECK(back->contributions[0].normal.high == 6);
  CHECK(std::isnan(back->contributions[1].observed));
  CHECK(back->features == Sample().features);
}

TEST_CASE("damaged bytes and those of a later release are told apart") {
  std::string bytes = EncodeHeldRisk(Sample());
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    CHECK(DecodeHeldRisk(bytes.substr(0, cut)).status().code() == Code::kCorrupt);
  }
  CHECK(DecodeHeldRisk(bytes + "x").status().code() == Code::kCorrupt);
  bytes[0] = 9;
  CHECK(DecodeHeldRisk(bytes).status().code() == Code::kInvalid);
}

TEST_CASE("a change that the last release held back is still read") {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(1);
  WriteCause(Sample().cause, &writer);
  writer.Varint(1);
  for (const char* text : {"behaviour", "failed_logins"}) writer.Text(text);
  for (const double v : {41.25, 17.0}) writer.F64(v);
  writer.Text("events");
  writer.Varint(0);
  const auto back = DecodeHeldRisk(bytes);
  REQUIRE(back.ok());
  CHECK(back->cause.offset == 1234567890123);
  CHECK(back->contributions[0].unit == "events");
  CHECK(std::isnan(back->contributions[0].normal.usual));
}

std::vector<RiskyEvent> Recent() {
  return {{Timestamp(Duration(1772409600123456)), 71.5, {"db", 1, 99, 2}},
          {Timestamp(Duration(-5)), 40, {"vpn", 0, 0, 0}}};
}

TEST_CASE("risky events come back as they were") {
  const auto back = DecodeRecent(EncodeRecent(Recent()));
  REQUIRE(back.ok());
  REQUIRE(back->size() == 2);
  CHECK((*back)[0].time == Recent()[0].time);
  CHECK((*back)[0].risk == 71.5);
  CHECK(FormatOrigin((*back)[0].cause.origin()) == "db:1:99:2");
  CHECK((*back)[1].time == Recent()[1].time);
  CHECK(DecodeRecent(EncodeRecent({}))->empty());
}

TEST_CASE("damaged risky events and those of a later release are told apart") {
  std::string bytes = EncodeRecent(Recent());
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    CHECK(DecodeRecent(bytes.substr(0, cut)).status().code() == Code::kCorrupt);
  }
  CHECK(DecodeRecent(bytes + "x").status().code() == Code::kCorrupt);
  bytes[0] = 9;
  CHECK(DecodeRecent(bytes).status().code() == Code::kInvalid);
}

}  // namespace
}  // namespace bongsu
