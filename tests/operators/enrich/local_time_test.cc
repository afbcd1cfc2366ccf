#include "operators/enrich/local_time.h"

#include <catch2/catch.hpp>
#include <string>

namespace bongsu {
namespace {

TEST_CASE("days count from 1970, and only days that exist") {
  CHECK(ParseDay("1970-01-01") == 0);
  CHECK(ParseDay("1969-12-31") == -1);
  CHECK(ParseDay("2024-02-29") == 19782);
  for (const char* text : {"", "2025-02-29", "2025-2-01", "2025-13-01", "2025-00-10", "2025-01-32",
                           "2025/01/01", "2025-01-01x", "+025-01-01", "20250-1-01"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseDay(text).has_value());
  }
}

TEST_CASE("a time of the day goes up to 24:00") {
  CHECK(ParseTimeOfDay("00:00") == 0);
  CHECK(ParseTimeOfDay("17:30") == 63000);
  CHECK(ParseTimeOfDay("24:00") == kDaySeconds);
  for (const char* text : {"", "24:01", "7:30", "07:60", "07.30", "07:3", "-7:30", "07:300"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseTimeOfDay(text).has_value());
  }
}

TEST_CASE("a local time is a day and a time of it") {
  CHECK(ParseLocalTime("1970-01-02T00:01") == kDaySeconds + 60);
  CHECK(ParseLocalTime("1970-01-01T24:00") == kDaySeconds);
  for (const char* text : {"", "1970-01-02", "1970-01-02 00:01", "1970-01-02T00:01Z",
                           "1970-01-02T00:01:00", "1970-02-30T00:01", "1970-01-02T25:00"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseLocalTime(text).has_value());
  }
}

TEST_CASE("the day of a time before 1970 is the one that contains it") {
  CHECK(DayOf(0) == 0);
  CHECK(DayOf(-1) == -1);
  CHECK(DayOf(-kDaySeconds) == -1);
  CHECK(DayOf(-kDaySeconds - 1) == -2);
  CHECK(DayOf(kDaySeconds - 1) == 0);
}

}  // namespace
}  // namespace bongsu
