#include "operators/score/held.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace bongsu {
namespace {

UserRisk Sample() {
  UserRisk risk;
  risk.cause = {"vpn", 3, 1234567890123, 2};
  risk.contributions = {{"behaviour", "failed_logins", 41.25, 17, "events"},
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

}  // namespace
}  // namespace bongsu
