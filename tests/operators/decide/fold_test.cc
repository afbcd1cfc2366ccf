#include "operators/decide/fold.h"

#include <catch2/catch.hpp>
#include <cmath>

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
  alert.contributions = {{"behaviour", "rows_vs_self", 83.25, std::nan(""), "ratio"}};
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
