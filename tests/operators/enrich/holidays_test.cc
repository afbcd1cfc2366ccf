#include "operators/enrich/holidays.h"

#include <catch2/catch.hpp>

#include "operators/enrich/local_time.h"
#include "tests/operators/enrich/folder.h"

namespace bongsu {
namespace {

Located<std::string> Named(const std::string& name) {
  return {name, {std::make_shared<const std::string>("a.yaml"), 1, 1}, "x"};
}

bool On(const Holidays& holidays, const char* date) {
  return holidays.Contains(ParseDay(date).value());
}

TEST_CASE("holidays are the dates and all files together, in any order") {
  const Folder folder("b.csv", "date,name,kind\n2026-12-24,founding day,company\n");
  folder.Write("a.csv", "date,name,kind\n2026-12-25,,public\n2026-12-25,again,temporary\n");
  Problems problems;
  Holidays holidays;
  CHECK(holidays.AddFiles({Named("b.csv"), Named("a.csv")}, folder.path(), &problems));
  CHECK(holidays.AddDates({Named("2026-01-01")}, &problems));
  CHECK(problems.empty());
  CHECK(On(holidays, "2026-01-01"));
  CHECK(On(holidays, "2026-12-24"));
  CHECK(On(holidays, "2026-12-25"));
  CHECK_FALSE(On(holidays, "2026-12-26"));
}

TEST_CASE("what is wrong with a file of holidays is said with its line") {
  const auto problems_of = [](const std::string& text) {
    const Folder folder("h.csv", text);
    Problems problems;
    CHECK_FALSE(Holidays().AddFiles({Named("h.csv")}, folder.path(), &problems));
    return problems.Format();
  };
  CHECK(problems_of("date,name,kind\n2026-02-29,x,public\n2026-03-01,x,bank\n2026-03-01,x\n") ==
        "h.csv:2:1: expected a date such as 2026-03-01, got \"2026-02-29\"\n"
        "h.csv:3:1: expected one of public, substitute, temporary, labor, company, got \"bank\"\n"
        "h.csv:4:1: expected 3 cells, as the header has, got 2\n");
  CHECK(problems_of("date,kind\n") ==
        "h.csv:1:1: expected the header \"date,name,kind\", got \"date,kind\"\n");
}

TEST_CASE("Korea's calendar has the days on which Korea did not work") {
  Holidays korea;
  Problems problems;
  const std::string calendars = BONGSU_SOURCE_DIR "/deploy/calendars";
  REQUIRE(korea.AddFiles({Named("kr.csv")}, calendars, &problems));
  for (const char* holiday :
       {"2024-02-12",                              // Seollal's last day was a Sunday.
        "2024-04-10",                              // Elections of the assembly,
        "2025-06-03", "2026-06-03",                // of a president, of local governments.
        "2024-05-01", "2026-05-01",                // Banks close on Labour Day.
        "2024-05-06", "2024-09-17", "2024-10-01",  // The last: Armed Forces Day, that year only.
        "2025-01-27", "2025-01-29", "2025-05-05", "2025-05-06", "2025-10-08",
        "2025-10-09", "2026-02-17", "2026-03-02", "2026-05-25",
        "2026-07-17",  // Constitution Day, a holiday again from this year.
        "2026-08-17", "2026-09-25", "2026-10-05", "2027-02-09", "2027-05-13",
        "2027-08-16", "2027-09-15", "2027-12-27"}) {
    CAPTURE(holiday);
    CHECK(On(korea, holiday));
  }
  for (const char* work_day :
       {"2024-02-13", "2024-10-02", "2025-01-31", "2025-05-02", "2025-07-17", "2025-10-01",
        "2025-10-10", "2026-02-19", "2026-06-08",  // Memorial Day on a Saturday moves nowhere,
        "2026-09-28",                              // nor does Chuseok's.
        "2027-06-07", "2027-10-05"}) {
    CAPTURE(work_day);
    CHECK_FALSE(On(korea, work_day));
  }
}

}  // namespace
}  // namespace bongsu
