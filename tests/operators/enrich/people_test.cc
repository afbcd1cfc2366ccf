#include "operators/enrich/people.h"

#include <catch2/catch.hpp>
#include <thread>

#include "engine/config/yaml.h"
#include "operators/enrich/calendar.h"
#include "operators/enrich/resources.h"
#include "operators/profile/count.h"
#include "tests/operators/enrich/folder.h"
#include "tests/support/operator_harness.h"

namespace bongsu {
namespace {

const std::string kFile = "- people: {file: people.csv}\n";

TEST_CASE("people fill what the event does not say and leave what it says") {
  const Folder folder("people.csv",
                      "user_id,from,department,role,peer_group,branch,grade\n"
                      "ann,,hr,clerk,,seoul,4\n");
  PipelineHarness run({PeopleSpec()}, kFile, folder.path());
  const Outcome filled = run.Send(Login("ann"));
  CHECK(filled.text("department") == "hr");
  CHECK(filled.text("role") == "clerk");
  CHECK(filled.text("peer_group").empty());
  CHECK(filled.text("person.branch") == "seoul");
  CHECK(filled.number("person.grade") == 4);
  const Outcome observed = run.Send(Login("ann").With("role", "admin").With("peer_group", "x"));
  CHECK(observed.text("role") == "admin");
  CHECK(observed.text("peer_group") == "x");
  CHECK(observed.text("department") == "hr");
  const Outcome stranger = run.Send(Login("eve").With("role", "guest"));
  CHECK(stranger.text("role") == "guest");
  CHECK(stranger.text("department").empty());
  CHECK(stranger.text("person.branch").empty());
}

TEST_CASE("a person who moves is of the old department until midnight, and late events still are") {
  const Folder folder("people.csv",
                      "user_id,from,department,branch\n"
                      "ann,2026-03-05,audit,london\nann,,retail,seoul\n");
  PipelineHarness run({PeopleSpec()}, kFile, folder.path());
  const auto department = [&](const EventBuilder& event) {
    const Outcome outcome = run.Send(event);
    return outcome.text("department") + " in " + outcome.text("person.branch");
  };
  CHECK(department(Login("ann").At("2026-03-04T23:59:59.999999+09:00")) == "retail in seoul");
  CHECK(department(Login("ann").At("2026-03-05T00:00:00+09:00")) == "audit in london");
  CHECK(department(Login("ann").At("2026-03-06T09:00:00+09:00")) == "audit in london");
  CHECK(department(Login("ann").At("2026-03-04T17:00:00+09:00").Late()) == "retail in seoul");
}

TEST_CASE("the day of a move begins in the zone of the table") {
  const Folder folder("people.csv", "user_id,from,department\nann,,old\nann,2026-03-05,new\n");
  PipelineHarness run({PeopleSpec()}, "- people: {file: people.csv, zone: America/New_York}",
                      folder.path());
  CHECK(run.Send(Login("ann").At("2026-03-05T04:59:59Z")).text("department") == "old");
  CHECK(run.Send(Login("ann").At("2026-03-05T05:00:00Z")).text("department") == "new");
}

TEST_CASE("features after people may name what it fills") {
  const Folder folder("people.csv", "user_id,from,department,shift\nann,,hr,night\n");
  PipelineHarness run(
      {PeopleSpec(), CountSpec()},
      kFile + "- {name: n, count: {person.shift: night, department: hr}, window: 1d}",
      folder.path());
  CHECK(run.Send(Login("ann")).feature("n") == 1);
  CHECK(run.Send(Login("bob")).feature("n") == 0);
}

TEST_CASE("bad rows are reported with file and line, all at once, and without names of people") {
  const auto problems = [](const std::string& csv) {
    const Folder folder("people.csv", csv);
    return PipelineHarness::ProblemsOf({PeopleSpec()}, kFile, folder.path());
  };
  CHECK(problems("user_id,from,department\n"
                 "ann,,hr\nann,2026-03-01,it\nann,2026-03-01,hr\nann,,it\n"
                 ",,hr\nbob,2026-3-1,hr\nbob,2026-02-30,hr\neve,,\xC0\xCE\n\"x\",,a,b\n") ==
        "people.csv:4:1: the person stands twice with this date, first in line 3; expected one row "
        "for each\n"
        "people.csv:5:1: the person stands twice with this date, first in line 2; expected one row "
        "for each\n"
        "people.csv:6:1: expected a user_id, got an empty cell\n"
        "people.csv:7:1: expected a date such as 2026-03-01, or nothing (always), got "
        "\"2026-3-1\"\n"
        "people.csv:8:1: expected a date such as 2026-03-01, or nothing (always), got "
        "\"2026-02-30\"\n"
        "people.csv:9:1: expected UTF-8, got other bytes; save the file as \"CSV UTF-8\"\n"
        "people.csv:10:1: expected 3 cells, as the header has, got 4\n");
  for (const char* header : {"user_id,department\n", "user_id,from\n", "id,from,department\n",
                             "from,user_id,department\n"}) {
    CAPTURE(header);
    CHECK_THAT(problems(header), Catch::StartsWith("people.csv:1:1: expected a header such as "
                                                   "\"user_id,from,department\", got "));
  }
  for (const char* column : {"country", "user_id", "from", "", "sensitivity"}) {
    CAPTURE(column);
    CHECK_THAT(problems(std::string("user_id,from,") + column + ",x\n"),
               Catch::StartsWith("people.csv:1:1: expected department, role, peer_group, or a name "
                                 "that is not in use, got \"" +
                                 std::string(column) + "\"; rename the column"));
  }
  CHECK_THAT(problems("user_id,from,role,role\n"), Catch::Contains("column \"role\" stands twice"));
}

TEST_CASE("a table that is not there, and people in the wrong place, are reported") {
  const auto problems = [](const std::string& yaml) {
    return PipelineHarness::ProblemsOf({PeopleSpec(), ResourcesSpec()}, yaml);
  };
  CHECK(problems("- people: {}") ==
        "test.yaml:1:11: [0].people: missing \"file\": A CSV file whose header begins with "
        "user_id,from; relative to the configuration file.\n");
  CHECK(problems("- people: {file: no.csv}") ==
        "test.yaml:1:18: [0].people.file: cannot read \"no.csv\"; expected a CSV file, relative to "
        "the configuration file\n");
  CHECK_THAT(problems("- resources: {rows: {crm: {owner: hr}}}\n- people: {file: no.csv}"),
             Catch::StartsWith("test.yaml:2:11: [1].people: expected people before resources"));
  const Folder folder("people.csv", "user_id,from,role\n");
  CHECK_THAT(PipelineHarness::ProblemsOf({PeopleSpec()}, "- people: {file: people.csv, zone: Moon}",
                                         folder.path()),
             Catch::Contains("people.zone: expected a time zone"));
}

TEST_CASE("a bad table is the only problem: who uses its columns has none") {
  const Folder folder("people.csv", "user_id,from,branch\nann,soon,seoul\n");
  const auto problems = [&](const std::string& file) {
    return PipelineHarness::ProblemsOf(
        {PeopleSpec(), CalendarSpec()},
        "- people: {file: " + file + "}\n- calendar: {branch: person.branch}", folder.path());
  };
  CHECK(problems("people.csv") ==
        "people.csv:2:1: expected a date such as 2026-03-01, or nothing (always), got \"soon\"\n");
  CHECK(problems("no.csv") ==
        "test.yaml:1:18: [0].people.file: cannot read \"no.csv\"; expected a CSV file, relative to "
        "the configuration file\n");
}

TEST_CASE("the shards of a configuration share one table, read once") {
  const Folder folder("people.csv", "user_id,from,department\nann,,hr\n");
  Problems problems;
  const Result<ConfigNode> node = ParseYaml("file: people.csv", "a.yaml", &problems);
  const OperatorSpec spec = PeopleSpec();
  const OperatorSpec::Options options = spec.parse(*node, "people", &problems);
  const auto build = [&] {
    PipelineSchema schema;
    Problems found;
    BuildContext context{schema, found, {}, "people", folder.path()};
    return spec.build(options, context);
  };
  std::vector<std::unique_ptr<Operator>> shards(4);
  std::vector<std::thread> threads;
  for (auto& shard : shards) threads.emplace_back([&] { shard = build(); });
  for (std::thread& thread : threads) thread.join();
  folder.Remove("people.csv");
  shards.push_back(build());
  for (const auto& shard : shards) CHECK(shard != nullptr);
}

}  // namespace
}  // namespace bongsu
