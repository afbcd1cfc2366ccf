#include "operators/enrich/time_zone.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace bongsu {
namespace {

TEST_CASE("the database is asked once for as long as an offset lasts") {
  auto zone = TimeZone::Make("Europe/London");
  REQUIRE(zone.ok());
  const Timestamp june = *ParseRfc3339("2026-06-01T00:00:00Z");
  for (int hour = 0; hour < 24 * 60; ++hour) {
    const Timestamp time = june + hour * 1h;
    REQUIRE((*zone)->LocalSeconds(time) == time.time_since_epoch() / 1s + 3600);
  }
  CHECK((*zone)->lookups() == 1);
  const Timestamp december = *ParseRfc3339("2026-12-01T00:00:00Z");
  CHECK((*zone)->LocalSeconds(december) == december.time_since_epoch() / 1s);
  CHECK((*zone)->LocalSeconds(june) == june.time_since_epoch() / 1s + 3600);
  CHECK((*zone)->lookups() == 3);
}

TEST_CASE("times before the epoch round down") {
  auto zone = TimeZone::Make("UTC");
  REQUIRE(zone.ok());
  CHECK((*zone)->LocalSeconds(Timestamp(-1us)) == -1);
}

TEST_CASE("an unknown zone is told from a known one") {
  const auto zone = TimeZone::Make("Asia/Pyongyangg");
  REQUIRE(!zone.ok());
  CHECK_THAT(zone.status().message(), Catch::Contains("did you mean \"Asia/Pyongyang\"?"));
}

}  // namespace
}  // namespace bongsu
