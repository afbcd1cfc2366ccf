#include "operators/enrich/resources.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "operators/enrich/people.h"
#include "operators/profile/sum.h"
#include "tests/operators/enrich/folder.h"
#include "tests/support/operator_harness.h"

namespace bongsu {
namespace {

const std::string kFile = "- resources: {file: resources.csv}";

TEST_CASE("the table fills what the event does not say and leaves what it says") {
  const Folder folder(
      "resources.csv",
      "resource_id,sensitivity,resource_type,owner\ncrm,9,table,retail\nwiki,1,,it\n");
  PipelineHarness run({ResourcesSpec()}, kFile, folder.path());
  const Outcome filled = run.Send(View("ann", "crm"));
  CHECK(filled.number("sensitivity") == 9);
  CHECK(filled.text("sensitivity") == "9");
  CHECK(filled.text("resource_type") == "table");
  CHECK(filled.text("resource.owner") == "retail");
  const Outcome observed =
      run.Send(View("ann", "crm").With("sensitivity", 2.0).With("resource_type", "view"));
  CHECK(observed.number("sensitivity") == 2);
  CHECK(observed.text("resource_type") == "view");
  CHECK(run.Send(View("ann", "wiki")).text("resource_type").empty());
  const Outcome unknown = run.Send(View("ann", "new"));
  CHECK(std::isnan(unknown.number("sensitivity")));
  CHECK(unknown.text("resource.owner").empty());
}

TEST_CASE("a default is for resources nobody knows, not for events without one") {
  PipelineHarness run({ResourcesSpec(), SumSpec()},
                      "- resources: {rows: {crm: {sensitivity: 9}}, default_sensitivity: 3}\n"
                      "- {name: s, sum: sensitivity, window: 1d}");
  CHECK(run.Send(View("ann", "crm")).feature("s") == 9);
  CHECK(run.Send(View("ann", "other")).feature("s") == 12);
  CHECK(run.Send(Login("ann")).feature("s") == 12);
  CHECK(run.Send(View("ann", "other").With("sensitivity", 0.0)).feature("s") == 12);
}

TEST_CASE("bad rows are reported with file and line, all at once") {
  const auto problems = [](const std::string& csv) {
    const Folder folder("resources.csv", csv);
    return PipelineHarness::ProblemsOf({ResourcesSpec()}, kFile, folder.path());
  };
  CHECK(problems("resource_id,sensitivity\ncrm,11\nwiki\n,3\ncrm,high\n") ==
        "resources.csv:2:1: expected a sensitivity from 0 to 10, got \"11\"\n"
        "resources.csv:3:1: expected 2 cells, as the header has, got 1\n"
        "resources.csv:4:1: expected a resource_id, got an empty cell\n"
        "resources.csv:5:1: expected a sensitivity from 0 to 10, got \"high\"\n"
        "resources.csv:5:1: the resource stands twice, first in line 2; expected one row for "
        "each\n");
  CHECK(problems("id,sensitivity\n") ==
        "resources.csv:1:1: expected a header such as \"resource_id,sensitivity\", got "
        "\"id,sensitivity\"\n");
  CHECK(problems("resource_id,department\ncrm,hr\n") ==
        "resources.csv:1:1: expected sensitivity, resource_type, or a name that is not in use, got "
        "\"department\"; rename the column, such as resource_department\n");
  CHECK_THAT(problems("resource_id,owner,foreign\n"), Catch::Contains("got \"foreign\"; rename"));
  CHECK(problems("resource_id,owner,owner\n") ==
        "resources.csv:1:1: column \"owner\" stands twice; expected different names\n");
  CHECK(problems("") ==
        "test.yaml:1:21: [0].resources.file: \"resources.csv\" is empty; expected a header\n");
  CHECK(problems("resource_id,owner\n\"crm") ==
        "test.yaml:1:21: [0].resources.file: resources.csv: line 2: expected a closing quote, got "
        "the end\n");
}

TEST_CASE("a resource of another department is foreign") {
  const Folder folder("people.csv", "user_id,from,department\nann,,retail\nbob,,\n");
  PipelineHarness run({PeopleSpec(), ResourcesSpec()},
                      "- people: {file: people.csv}\n"
                      "- resources: {rows: {crm: {owner: retail}, pay: {owner: hr}, wiki: "
                      "{sensitivity: 1}}}",
                      folder.path());
  const auto foreign = [&](const EventBuilder& event) {
    return run.Send(event).text("resource.foreign");
  };
  CHECK(foreign(View("ann", "crm")) == "false");
  CHECK(foreign(View("ann", "pay")) == "true");
  CHECK(run.Send(View("ann", "pay")).number("resource.foreign") == 1);
  CHECK(run.Send(View("ann", "crm")).number("resource.foreign") == 0);
  CHECK(foreign(View("ann", "crm").With("department", "hr")) == "true");
  CHECK(foreign(View("ann", "wiki")) == "");   // Nobody's.
  CHECK(foreign(View("ann", "other")) == "");  // Not in the table.
  CHECK(foreign(View("bob", "pay")) == "");    // Of no department.
  CHECK(foreign(Login("ann")) == "");
}

TEST_CASE("rows of the file and of the configuration make one table") {
  const Folder folder("resources.csv", "resource_id,owner,tier\ncrm,retail,gold\n");
  const std::string both =
      "- resources: {file: resources.csv, rows: {wiki: {sensitivity: 1, tier: "
      "tin}, crm2: {zone: dmz}}}";
  PipelineHarness run({ResourcesSpec()}, both, folder.path());
  CHECK(run.Send(View("ann", "crm")).text("resource.tier") == "gold");
  CHECK(run.Send(View("ann", "crm")).text("resource.zone") == "");
  CHECK(run.Send(View("ann", "wiki")).text("resource.tier") == "tin");
  CHECK(run.Send(View("ann", "wiki")).number("sensitivity") == 1);
  CHECK(run.Send(View("ann", "crm2")).text("resource.zone") == "dmz");
  CHECK_THAT(PipelineHarness::ProblemsOf(
                 {ResourcesSpec()}, "- resources: {file: resources.csv, rows: {crm: {owner: hr}}}",
                 folder.path()),
             Catch::Contains("rows.crm: the resource stands twice, first in line 2"));
}

TEST_CASE("a missing file and wrong rows are reported where they stand") {
  const auto problems = [](const std::string& options) {
    return PipelineHarness::ProblemsOf({ResourcesSpec()}, "- resources: {" + options + "}");
  };
  CHECK(problems("file: no_such.csv") ==
        "test.yaml:1:21: [0].resources.file: cannot read \"no_such.csv\"; expected a CSV file, "
        "relative to the configuration file\n");
  CHECK(problems("rows: {crm: {sensitivity: secret}}") ==
        "test.yaml:1:41: [0].resources.rows.crm.sensitivity: expected a sensitivity from 0 to 10, "
        "got \"secret\"\n");
  CHECK(problems("default_sensitivity: 11") ==
        "test.yaml:1:36: [0].resources.default_sensitivity: expected a number from 0 to 10, got "
        "\"11\"\n");
}

}  // namespace
}  // namespace bongsu
