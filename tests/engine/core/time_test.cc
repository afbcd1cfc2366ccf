#include "engine/core/time.h"

#include <catch2/catch.hpp>

using namespace bongsu;

TEST_CASE("times with offsets are read and written") {
  CHECK(FormatRfc3339(*ParseRfc3339("2026-03-02T09:00:00.123456+09:00")) ==
        "2026-03-02T00:00:00.123Z");
  CHECK(ToMillis(*ParseRfc3339("1970-01-01T00:00:00Z")) == 0);
  CHECK(*ParseRfc3339("2024-02-29T23:59:59.9Z") == *ParseRfc3339("2024-02-29T18:59:59.900-05:00"));
}

TEST_CASE("times that are not RFC 3339 are refused") {
  for (const char* text : {"", "2026-03-02", "2026-03-02T09:00:00", "2026-13-02T09:00:00Z",
                           "2026-02-30T09:00:00Z", "2026-03-02T25:00:00Z", "2026-03-02T09:00:00.Z",
                           "2026-03-02T09:00:00+9:00", "2026-03-02T09:00:00Zx", "1e9"}) {
    CHECK_FALSE(ParseRfc3339(text).ok());
  }
}

TEST_CASE("durations carry units") {
  CHECK(*ParseDuration("90s") == Duration(90'000'000));
  CHECK(FormatDuration(*ParseDuration("30d")) == "30d");
  CHECK(FormatDuration(*ParseDuration("90m")) == "90m");
  for (const char* text : {"", "5", "m", "-5m", "1.5h", "5 m", "99999999999999d"})
    CHECK_FALSE(ParseDuration(text).ok());
}
