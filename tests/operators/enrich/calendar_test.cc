#include "operators/enrich/calendar.h"

#include <catch2/catch.hpp>

#include "operators/profile/count.h"
#include "tests/support/operator_harness.h"

namespace bongsu {
namespace {

PipelineHarness Seoul(const std::string& options = "holidays: [2026-03-02]") {
  return PipelineHarness({CalendarSpec()}, "- calendar: {" + options + "}");
}

TEST_CASE("office hours in Seoul: the opening second is on, the closing second is off") {
  auto [time, off] = GENERATE(table<const char*, const char*>({
      {"2026-03-03T08:59:59+09:00", "true"},
      {"2026-03-03T08:59:59.999999+09:00", "true"},
      {"2026-03-03T09:00:00+09:00", "false"},
      {"2026-03-03T17:59:59+09:00", "false"},
      {"2026-03-03T17:59:59.999999+09:00", "false"},
      {"2026-03-03T18:00:00+09:00", "true"},
      {"2026-03-03T00:00:00Z", "false"},  // 09:00 there.
      {"2026-03-03T09:00:00Z", "true"},   // 18:00 there.
  }));
  CAPTURE(time);
  auto run = Seoul();
  const Outcome outcome = run.Send(Login("ann").At(time));
  CHECK(outcome.text("off_hours") == off);
  CHECK(outcome.number("off_hours") == (std::string(off) == "true" ? 1 : 0));
}

TEST_CASE("weekends and holidays are off hours at noon") {
  auto [time, off, weekend, holiday, weekday, number] =
      GENERATE(table<const char*, const char*, const char*, const char*, const char*, int>({
          {"2026-02-27T12:00:00+09:00", "false", "false", "false", "fri", 5},
          {"2026-02-28T12:00:00+09:00", "true", "true", "false", "sat", 6},
          {"2026-03-01T12:00:00+09:00", "true", "true", "false", "sun", 7},
          {"2026-03-02T12:00:00+09:00", "true", "false", "true", "mon", 1},
          {"2026-03-03T12:00:00+09:00", "false", "false", "false", "tue", 2},
          {"1969-12-31T12:00:00+09:00", "false", "false", "false", "wed", 3},
      }));
  CAPTURE(time);
  auto run = Seoul();
  const Outcome outcome = run.Send(Login("ann").At(time));
  CHECK(outcome.text("off_hours") == off);
  CHECK(outcome.text("weekend") == weekend);
  CHECK(outcome.text("holiday") == holiday);
  CHECK(outcome.text("weekday") == weekday);
  CHECK(outcome.number("weekday") == number);
  CHECK(outcome.text("hour") == "12");
  CHECK(outcome.number("hour") == 12);
}

TEST_CASE("the day is the local one") {
  auto run = Seoul();
  const Outcome monday = run.Send(Login("ann").At("2026-03-01T15:00:00Z"));
  CHECK(monday.text("weekday") == "mon");
  CHECK(monday.text("hour") == "0");
  CHECK(monday.text("holiday") == "true");
  const Outcome sunday = run.Send(Login("ann").At("2026-03-01T14:59:59Z"));
  CHECK(sunday.text("weekday") == "sun");
  CHECK(sunday.text("hour") == "23");
}

TEST_CASE("London's office hours move with daylight saving") {
  // Clocks went forward on 29 March 2026 at 01:00Z and go back on 25 October at 01:00Z.
  auto [time, off, hour] = GENERATE(table<const char*, const char*, int>({
      {"2026-03-27T08:59:59Z", "true", 8},
      {"2026-03-27T09:00:00Z", "false", 9},
      {"2026-03-29T00:59:59Z", "true", 0},
      {"2026-03-29T01:00:00Z", "true", 2},
      {"2026-03-30T07:59:59Z", "true", 8},
      {"2026-03-30T08:00:00Z", "false", 9},
      {"2026-03-30T16:59:59Z", "false", 17},
      {"2026-03-30T17:00:00Z", "true", 18},
      {"2026-10-25T00:59:59Z", "true", 1},
      {"2026-10-25T01:00:00Z", "true", 1},
      {"2026-10-26T09:00:00Z", "false", 9},
      {"2026-10-26T17:59:59Z", "false", 17},
  }));
  CAPTURE(time);
  auto run = Seoul("zone: Europe/London");
  const Outcome outcome = run.Send(Login("ann").At(time));
  CHECK(outcome.text("off_hours") == off);
  CHECK(outcome.number("hour") == hour);
}

TEST_CASE("hours over midnight belong to the day on which they begin") {
  auto run = Seoul("office_hours: \"22:00-06:00\"");
  const auto off = [&](const char* time) {
    return run.Send(Login("ann").At(time)).text("off_hours");
  };
  CHECK(off("2026-03-06T21:59:59+09:00") == "true");  // Friday
  CHECK(off("2026-03-06T22:00:00+09:00") == "false");
  CHECK(off("2026-03-07T05:59:59+09:00") == "false");  // Saturday, of Friday's shift
  CHECK(off("2026-03-07T06:00:00+09:00") == "true");
  CHECK(off("2026-03-07T22:00:00+09:00") == "true");
  CHECK(off("2026-03-09T05:00:00+09:00") == "true");  // Monday, of Sunday's
}

TEST_CASE("other work weeks have other weekends") {
  auto run = Seoul("zone: Asia/Dubai, work_days: [sun, mon, tue, wed, thu]");
  const Outcome friday = run.Send(Login("ann").At("2026-03-06T12:00:00+04:00"));
  CHECK(friday.text("weekend") == "true");
  const Outcome sunday = run.Send(Login("ann").At("2026-03-08T12:00:00+04:00"));
  CHECK(sunday.text("weekend") == "false");
  CHECK(sunday.text("off_hours") == "false");
}

TEST_CASE("features after the calendar may name its fields, before it they may not") {
  const std::vector<OperatorSpec> specs = {CalendarSpec(), CountSpec()};
  const std::string count =
      "- {name: n, count: {off_hours: true, weekday: [sat, sun]}, window: 1d}\n";
  PipelineHarness run(specs, "- calendar: {}\n" + count);
  CHECK(run.Send(Login("ann").At("2026-03-01T12:00:00+09:00")).feature("n") == 1);
  CHECK_THAT(PipelineHarness::ProblemsOf(specs, count + "- calendar: {}\n"),
             Catch::Contains("test.yaml:1:21: [0].count.off_hours: expected a field"));
}

TEST_CASE("a calendar that cannot be is reported where it stands") {
  const auto problems = [](const std::string& options) {
    return PipelineHarness::ProblemsOf({CalendarSpec()}, "- calendar: {" + options + "}");
  };
  CHECK(problems("zone: Asia/Soul") ==
        "test.yaml:1:20: [0].calendar.zone: expected a time zone of the IANA database such as "
        "Asia/Seoul, got \"Asia/Soul\"; did you mean \"Asia/Seoul\"?\n");
  for (const char* hours : {"9-18", "09:00", "09:00-09:00", "09:00-24:01", "24:00-06:00",
                            "09:60-18:00", "09:00 18:00", "09:00-18:00x", ""}) {
    CAPTURE(hours);
    CHECK(problems("office_hours: \"" + std::string(hours) + "\"") ==
          "test.yaml:1:28: [0].calendar.office_hours: expected opening and closing time such as "
          "\"09:00-18:00\", got \"" +
              std::string(hours) + "\"\n");
  }
  CHECK(problems("work_days: [mon, tuesday]") ==
        "test.yaml:1:31: [0].calendar.work_days[1]: expected one of mon, tue, wed, thu, fri, sat, "
        "sun, got \"tuesday\"\n");
  CHECK(problems("holidays: [2026-02-29, 2026-3-1]") ==
        "test.yaml:1:25: [0].calendar.holidays[0]: expected a date such as 2026-03-01, got "
        "\"2026-02-29\"\n"
        "test.yaml:1:37: [0].calendar.holidays[1]: expected a date such as 2026-03-01, got "
        "\"2026-3-1\"\n");
}

}  // namespace
}  // namespace bongsu
