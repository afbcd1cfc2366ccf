#include "operators/decide/fold.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "operators/models/alert_bytes.h"

namespace bongsu {
namespace {

Timestamp At(int64_t micros) {
  return Timestamp(Duration(micros));
}

Fold Sample() {
  Fold fold;
  fold.closes = At(5'000'000);
  fold.unsent = 3;
  fold.sent_risk = 61.5;
  Alert& alert = fold.alert;
  alert.revision = 4;
  alert.detector = "behaviour";
  alert.cause = {"db", 1, 99, 0};
  alert.time = At(-7);
  alert.start = At(1'000'001);
  alert.end = At(2'000'002);
  alert.count = 12;
  alert.risk = 83.25;
  alert.user_risk = 70;
  alert.confidence = 55;
  alert.contributions = {{"behaviour", "rows_vs_self", 80, std::nan(""), "ratio"},
                         {"behaviour", "new_country", 3.25, 1, "new", {1, 2}, 1e-3, "RO"}};
  alert.event_json = "{\"event_id\":\"x\"}";
  alert.evidence = {"db", 1, 130, 7};
  alert.log_offset = 4711;
  return fold;
}

TEST_CASE("a fold comes back as it was") {
  const auto back = DecodeFold(EncodeFold(Sample()));
  REQUIRE(back.ok());
  CHECK(EncodeFold(*back) == EncodeFold(Sample()));
  CHECK(back->open);
  CHECK(back->closes == At(5'000'000));
  CHECK(back->unsent == 3);
  CHECK(back->sent_risk == 61.5);
  CHECK(back->alert.revision == 4);
  CHECK(back->alert.time == At(-7));
  CHECK(back->alert.end == At(2'000'002));
  CHECK(back->alert.count == 12);
  CHECK(back->alert.evidence.index == 7);
  CHECK(back->alert.event_json == "{\"event_id\":\"x\"}");
  CHECK(back->alert.log_offset == 4711);
  CHECK(std::isnan(back->alert.contributions[0].observed));
  CHECK(back->alert.contributions[1].value == "RO");
}

TEST_CASE("a fold that the last release wrote is still read") {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(1);
  writer.U8(1);
  for (const int64_t t : {5, 1, 2, 3}) writer.I64(t);
  writer.I64(7);
  writer.F64(61.5);
  writer.U64(4);
  writer.Text("behaviour");
  WriteCause({"db", 1, 99, 0}, &writer);
  writer.I64(12);
  for (const double v : {83.25, 70.0, 55.0}) writer.F64(v);
  writer.Varint(1);
  for (const char* text : {"behaviour", "rows"}) writer.Text(text);
  for (const double v : {83.25, 17.0}) writer.F64(v);
  writer.Text("rows");
  writer.Text("{}");
  WriteCause({"db", 1, 130, 7}, &writer);
  writer.I64(4711);
  const auto back = DecodeFold(bytes);
  REQUIRE(back.ok());
  CHECK(back->unsent == 7);
  CHECK(back->alert.contributions[0].unit == "rows");
  CHECK(std::isnan(back->alert.contributions[0].normal.usual));
  CHECK(back->alert.evidence.index == 7);
  CHECK(back->alert.log_offset == 4711);
}

TEST_CASE("a damaged fold and one of a later release are told apart") {
  std::string bytes = EncodeFold(Sample());
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    CHECK(DecodeFold(bytes.substr(0, cut)).status().code() == Code::kCorrupt);
  }
  CHECK(DecodeFold(bytes + "x").status().code() == Code::kCorrupt);
  bytes[0] = 9;
  CHECK(DecodeFold(bytes).status().code() == Code::kInvalid);
}

}  // namespace
}  // namespace bongsu
