#include "operators/enrich/calendar.h"

#include <catch2/catch.hpp>
#include <optional>

#include "operators/enrich/people.h"
#include "operators/profile/count.h"
#include "tests/operators/enrich/folder.h"
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

constexpr char kCalendars[] = BONGSU_SOURCE_DIR "/deploy/calendars";

TEST_CASE("Korea's holidays are off hours at noon, the days beside them are not") {
  PipelineHarness run({CalendarSpec()}, "- calendar: {holiday_files: [kr.csv]}", kCalendars);
  const auto day = [&](const std::string& date) {
    const Outcome outcome = run.Send(Login("ann").At(date + "T12:00:00+09:00"));
    CHECK(outcome.text("weekend") == "false");
    CHECK(outcome.text("holiday") == outcome.text("off_hours"));
    return outcome.text("holiday") == "true";
  };
  CHECK(day("2026-03-02"));  // For 1 March, a Sunday.
  CHECK_FALSE(day("2026-03-03"));
  CHECK(day("2026-05-01"));  // Labour Day
  CHECK_FALSE(day("2026-04-30"));
  CHECK(day("2025-01-27"));  // For that year only.
  CHECK_FALSE(day("2025-01-24"));
  CHECK(day("2025-05-06"));
  CHECK_FALSE(day("2025-05-07"));
}

// A bank in Seoul with a branch in London and people who work at night.
class Bank {
 public:
  explicit Bank(const std::string& approvals = "") {
    folder_.Write("people.csv",
                  "user_id,from,branch,shift\n"
                  "seo,,seoul,\n"
                  "liz,,london,\n"
                  "moon,,seoul,night\n"
                  "owl,,london,night\n"
                  "guard,,,watch\n"
                  "odd,,atlantis,evening\n"
                  "kim,,seoul,\nkim,2026-07-01,london,night\n");
    folder_.Write("kr.csv", "date,name,kind\n2026-03-02,,substitute\n2026-05-05,,public\n");
    folder_.Write("gb.csv", "date,name,kind\n2026-05-04,,public\n");
    folder_.Write("approvals.csv", "user_id,kind,from,to\n" + approvals);
    run_.emplace(std::vector<OperatorSpec>{PeopleSpec(), CalendarSpec()},
                 "- people: {file: people.csv}\n"
                 "- calendar:\n"
                 "    holiday_files: [kr.csv]\n"
                 "    branch: person.branch\n"
                 "    branches:\n"
                 "      london: {zone: Europe/London, office_hours: \"09:00-17:30\", "
                 "holiday_files: [gb.csv], holidays: [2026-12-25]}\n"
                 "      seoul: {}\n"
                 "    shift: person.shift\n"
                 "    shifts:\n"
                 "      night: {office_hours: \"22:00-06:00\", work_days: [sun, mon, tue, wed, "
                 "thu]}\n"
                 "      watch: {office_hours: \"00:00-24:00\", ignores_holidays: true}\n"
                 "    approvals: approvals.csv\n",
                 folder_.path());
  }
  Outcome Send(const char* user, const char* time) { return run_->Send(Login(user).At(time)); }
  // "on" or "off".
  std::string At(const char* user, const char* time) {
    return Send(user, time).text("off_hours") == "true" ? "off" : "on";
  }

 private:
  Folder folder_;
  std::optional<PipelineHarness> run_;
};

TEST_CASE("a branch has its own hours, zone and holidays") {
  Bank bank;
  CHECK(bank.At("seo", "2026-03-03T17:59:59+09:00") == "on");
  CHECK(bank.At("seo", "2026-03-03T18:00:00+09:00") == "off");
  CHECK(bank.At("liz", "2026-03-03T08:59:59Z") == "off");
  CHECK(bank.At("liz", "2026-03-03T09:00:00Z") == "on");
  CHECK(bank.At("liz", "2026-03-03T17:29:59Z") == "on");
  CHECK(bank.At("liz", "2026-03-03T17:30:00Z") == "off");
  CHECK(bank.At("seo", "2026-03-02T12:00:00+09:00") == "off");
  CHECK(bank.At("liz", "2026-03-02T12:00:00Z") == "on");  // No holiday there.
  CHECK(bank.At("liz", "2026-05-04T12:00:00+01:00") == "off");
  CHECK(bank.At("seo", "2026-05-04T12:00:00+09:00") == "on");
  CHECK(bank.At("liz", "2026-12-25T12:00:00Z") == "off");
  CHECK(bank.At("seo", "2026-12-25T12:00:00+09:00") == "on");
}

TEST_CASE("nobody's branch and an unknown one are the main calendar") {
  Bank bank;
  for (const char* user : {"odd", "nobody"}) {
    CAPTURE(user);
    CHECK(bank.At(user, "2026-03-03T17:59:59+09:00") == "on");
    CHECK(bank.At(user, "2026-03-03T18:00:00+09:00") == "off");
    CHECK(bank.At(user, "2026-03-02T12:00:00+09:00") == "off");
  }
}

TEST_CASE("in London the hour that is missing and the one that comes twice are told apart") {
  PipelineHarness run({CalendarSpec()},
                      "- calendar: {branch: attributes.branch, branches: {london: {zone: "
                      "Europe/London, office_hours: \"01:15-01:45\", work_days: [sun]}}}");
  const auto at = [&](const char* time) {
    const Outcome outcome = run.Send(Login("liz").With("attributes.branch", "london").At(time));
    return outcome.text("hour") + (outcome.text("off_hours") == "true" ? " off" : " on");
  };
  CHECK(at("2026-03-22T01:30:00Z") == "1 on");  // An ordinary Sunday.
  CHECK(at("2026-03-29T00:59:59Z") == "0 off");
  CHECK(at("2026-03-29T01:00:00Z") == "2 off");  // There was no 01:30.
  CHECK(at("2026-03-29T01:30:00Z") == "2 off");
  CHECK(at("2026-10-25T00:14:59Z") == "1 off");
  CHECK(at("2026-10-25T00:15:00Z") == "1 on");
  CHECK(at("2026-10-25T00:45:00Z") == "1 off");
  CHECK(at("2026-10-25T00:59:59Z") == "1 off");
  CHECK(at("2026-10-25T01:00:00Z") == "1 off");  // Once more.
  CHECK(at("2026-10-25T01:15:00Z") == "1 on");
  CHECK(at("2026-10-25T01:45:00Z") == "1 off");
  CHECK(at("2026-10-25T02:00:00Z") == "2 off");
}

TEST_CASE("the day after the clocks change a London branch opens at nine by its clock") {
  Bank bank;
  CHECK(bank.At("liz", "2026-03-27T08:59:59Z") == "off");
  CHECK(bank.At("liz", "2026-03-27T09:00:00Z") == "on");
  CHECK(bank.At("liz", "2026-03-30T07:59:59Z") == "off");
  CHECK(bank.At("liz", "2026-03-30T08:00:00Z") == "on");
  CHECK(bank.At("liz", "2026-10-23T08:00:00Z") == "on");
  CHECK(bank.At("liz", "2026-10-26T08:00:00Z") == "off");
  CHECK(bank.At("liz", "2026-10-26T17:29:59Z") == "on");
}

TEST_CASE("a night shift works over midnight, but for the night that begins on a holiday") {
  Bank bank;
  CHECK(bank.At("moon", "2026-03-03T12:00:00+09:00") == "off");
  CHECK(bank.At("moon", "2026-03-03T21:59:59+09:00") == "off");
  CHECK(bank.At("moon", "2026-03-03T22:00:00+09:00") == "on");
  CHECK(bank.At("moon", "2026-03-04T05:59:59+09:00") == "on");
  CHECK(bank.At("moon", "2026-03-04T06:00:00+09:00") == "off");
  // Monday 2 March is a holiday; the night before begins on Sunday, which the shift works.
  const Outcome into = bank.Send("moon", "2026-03-02T02:00:00+09:00");
  CHECK(into.text("holiday") == "true");
  CHECK(into.text("off_hours") == "false");
  CHECK(bank.At("moon", "2026-03-02T22:00:00+09:00") == "off");
  const Outcome after = bank.Send("moon", "2026-03-03T02:00:00+09:00");
  CHECK(after.text("holiday") == "false");
  CHECK(after.text("off_hours") == "true");
  // Its week has no Friday.
  CHECK(bank.At("moon", "2026-03-06T05:00:00+09:00") == "on");
  CHECK(bank.At("moon", "2026-03-06T22:00:00+09:00") == "off");
  CHECK(bank.Send("moon", "2026-03-06T22:00:00+09:00").text("weekend") == "true");
}

TEST_CASE("a shift keeps zone and holidays of the branch, unless it ignores holidays") {
  Bank bank;
  CHECK(bank.At("owl", "2026-03-03T22:00:00Z") == "on");
  CHECK(bank.At("owl", "2026-03-03T22:00:00+09:00") == "off");
  CHECK(bank.At("owl", "2026-05-04T23:00:00+01:00") == "off");
  CHECK(bank.At("guard", "2026-05-05T03:00:00+09:00") == "on");
  CHECK(bank.Send("guard", "2026-05-05T03:00:00+09:00").text("holiday") == "true");
  CHECK(bank.At("guard", "2026-03-07T03:00:00+09:00") == "off");  // Saturday, as the branch has it.
}

TEST_CASE("who moves to another branch and shift is judged by the new ones from that day") {
  Bank bank;
  CHECK(bank.At("kim", "2026-06-30T13:59:59+09:00") == "on");
  CHECK(bank.At("kim", "2026-06-30T14:00:00+09:00") == "on");
  // By night in London, where it is 06:00 then.
  CHECK(bank.At("kim", "2026-07-02T13:59:59+09:00") == "on");
  CHECK(bank.At("kim", "2026-07-02T14:00:00+09:00") == "off");
}

TEST_CASE("approved overtime is no off hours, before and after it is") {
  Bank bank("seo,overtime,2026-03-03T17:00,2026-03-03T21:00\n");
  const auto at = [&](const char* user, const char* time) {
    const Outcome outcome = bank.Send(user, time);
    return (outcome.text("off_hours") == "true" ? "off" : "on") +
           std::string(outcome.number("overtime") == 1 ? " overtime" : "");
  };
  CHECK(at("seo", "2026-03-03T17:30:00+09:00") == "on");  // Regular hours still.
  CHECK(at("seo", "2026-03-03T18:00:00+09:00") == "on overtime");
  CHECK(at("seo", "2026-03-03T20:59:59+09:00") == "on overtime");
  CHECK(at("seo", "2026-03-03T21:00:00+09:00") == "off");
  CHECK(at("seo", "2026-03-04T18:00:00+09:00") == "off");
  CHECK(at("odd", "2026-03-03T19:00:00+09:00") == "off");
}

TEST_CASE("approvals are times of the person's own zone, holidays and weekends included") {
  Bank bank(
      "liz,overtime,2026-05-04T10:00,2026-05-04T12:00\n"
      "liz,overtime,2026-10-25T01:00,2026-10-25T01:30\n");
  CHECK(bank.At("liz", "2026-05-04T10:00:00+01:00") == "on");
  CHECK(bank.At("liz", "2026-05-04T10:00:00+09:00") == "off");
  CHECK(bank.At("liz", "2026-05-04T12:00:00+01:00") == "off");
  // The hour that comes twice was approved by the clock on the wall: both times.
  CHECK(bank.At("liz", "2026-10-25T00:29:59Z") == "on");
  CHECK(bank.At("liz", "2026-10-25T00:30:00Z") == "off");
  CHECK(bank.At("liz", "2026-10-25T01:29:59Z") == "on");
  CHECK(bank.At("liz", "2026-10-25T01:30:00Z") == "off");
}

TEST_CASE("whoever is on leave is off hours at noon, overtime or not") {
  Bank bank(
      "seo,leave,2026-03-04T00:00,2026-03-06T00:00\n"
      "seo,overtime,2026-03-04T18:00,2026-03-04T22:00\n");
  const auto at = [&](const char* time) {
    const Outcome outcome = bank.Send("seo", time);
    CHECK(outcome.text("overtime") == "false");
    return outcome.text("off_hours") + (outcome.number("on_leave") == 1 ? " on leave" : "");
  };
  CHECK(at("2026-03-03T12:00:00+09:00") == "false");
  CHECK(at("2026-03-04T00:00:00+09:00") == "true on leave");
  CHECK(at("2026-03-05T12:00:00+09:00") == "true on leave");
  CHECK(at("2026-03-04T19:00:00+09:00") == "true on leave");
  CHECK(at("2026-03-05T23:59:59.999999+09:00") == "true on leave");
  CHECK(at("2026-03-06T12:00:00+09:00") == "false");
}

TEST_CASE("what is wrong with branches, shifts and files is reported where it stands") {
  const Folder folder("h.csv", "date,name,kind\n2026-1-1,x,public\n");
  folder.Write("a.csv", "user,kind,from,to\n");
  const auto problems = [&](const std::string& options) {
    return PipelineHarness::ProblemsOf({CalendarSpec()}, "- calendar: {" + options + "}",
                                       folder.path());
  };
  CHECK(problems("branch: person.branch, branches: {a: {}}") ==
        "test.yaml:1:22: [0].calendar.branch: expected a field of the access event or "
        "attributes.<name>, got \"person.branch\"\n");
  CHECK(problems("branches: {a: {}}") ==
        "test.yaml:1:13: [0].calendar: expected the field that names the branch, such as branch: "
        "person.branch, got none\n");
  CHECK_THAT(problems("shifts: {a: {}}"), Catch::Contains("such as shift: person.shift, got none"));
  const std::string one = "branch: role, branches: {a: {";
  CHECK_THAT(problems(one + "zone: Mars}}"), Catch::Contains("branches.a.zone: expected a time"));
  CHECK_THAT(problems(one + "office_hours: 9-5}}"),
             Catch::Contains("branches.a.office_hours: expected opening and closing time"));
  CHECK_THAT(problems(one + "work_days: [someday]}}"),
             Catch::Contains("branches.a.work_days[0]: expected one of mon, tue"));
  CHECK_THAT(problems(one + "holidays: [easter]}}"),
             Catch::Contains("branches.a.holidays[0]: expected a date"));
  CHECK(problems(one + "holiday_files: [h.csv]}}") ==
        "h.csv:2:1: expected a date such as 2026-03-01, got \"2026-1-1\"\n");
  CHECK_THAT(problems("holiday_files: [no.csv]"),
             Catch::Contains("[0].calendar.holiday_files[0]: cannot read \"no.csv\""));
  CHECK_THAT(problems("shift: role, shifts: {a: {office_hours: late}}"),
             Catch::Contains("shifts.a.office_hours: expected opening and closing time"));
  CHECK_THAT(problems("shift: role, shifts: {a: {zone: UTC}}"), Catch::Contains("unknown key"));
  CHECK(problems("approvals: a.csv") ==
        "a.csv:1:1: expected the header \"user_id,kind,from,to\", got \"user,kind,from,to\"\n");
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
