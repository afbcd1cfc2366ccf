#include "operators/profile/filter.h"

#include <catch2/catch.hpp>

#include "operators/enrich/calendar.h"
#include "operators/profile/count.h"
#include "tests/support/operator_harness.h"

namespace bongsu {
namespace {

std::string Item(const std::string& filter) {
  return "- {name: n, window: 1h, count: " + filter + "}";
}

double Matches(const std::string& filter, const EventBuilder& event) {
  return PipelineHarness({CountSpec()}, Item(filter)).Send(event).feature("n");
}

TEST_CASE("a filter wants every field and one of a field's values") {
  const EventBuilder event = LoginFailed("ann").With("country", "KR");
  CHECK(Matches("{}", event) == 1);
  CHECK(Matches("{action: LOGIN}", event) == 1);
  CHECK(Matches("{action: [LOGOUT, LOGIN]}", event) == 1);
  CHECK(Matches("{action: [LOGOUT, VIEW]}", event) == 0);
  CHECK(Matches("{action: LOGIN, result: FAIL, country: KR}", event) == 1);
  CHECK(Matches("{action: LOGIN, result: SUCCESS, country: KR}", event) == 0);
  CHECK(Matches("{action: login}", event) == 0);
}

TEST_CASE("what an event lacks matches nothing") {
  CHECK(Matches("{country: KR}", Login("ann")) == 0);
  CHECK(Matches("{sensitivity: 0}", Login("ann")) == 0);
  CHECK(Matches("{attributes.vip: true}", Login("ann")) == 0);
}

TEST_CASE("numbers are compared as numbers, booleans as the words true and false") {
  CHECK(Matches("{sensitivity: 9}", Login("ann").With("sensitivity", "9.0")) == 1);
  CHECK(Matches("{rows: [1e3, 5]}", Login("ann").With("rows", 1000.0)) == 1);
  CHECK(Matches("{rows: 5}", Login("ann").With("rows", "many")) == 0);
  CHECK(Matches("{attributes.vip: true}", Login("ann").With("attributes.vip", true)) == 1);
  CHECK(Matches("{attributes.vip: false}", Login("ann").With("attributes.vip", true)) == 0);
}

TEST_CASE("a word that a field never has is a problem, not a filter that never matches") {
  const auto problems = [](const std::string& filter) {
    return PipelineHarness::ProblemsOf(
        {CalendarSpec(), CountSpec()},
        "- calendar: {}\n- {name: n, window: 1h, count: " + filter + "}");
  };
  CHECK(problems("{off_hours: true, weekend: [false, true], result: [FAIL, DENY]}") == "");
  CHECK_THAT(problems("{off_hours: yes}"),
             Catch::EndsWith("off_hours: expected true or false, the values of off_hours, got "
                             "\"yes\"\n"));
  CHECK_THAT(problems("{result: [FAIL, DENIED]}"),
             Catch::EndsWith("result[1]: expected SUCCESS or FAIL or DENY, the values of result, "
                             "got \"DENIED\"\n"));
}

TEST_CASE("a filter that cannot be is reported where it stands") {
  const auto problems = [](const std::string& filter) {
    return PipelineHarness::ProblemsOf({CountSpec()}, Item(filter));
  };
  CHECK(problems("LOGIN") ==
        "test.yaml:1:32: [0].count: expected a map of field to value such as {action: LOGIN}, got "
        "\"LOGIN\"\n");
  CHECK(problems("{action: }") ==
        "test.yaml:1:33: [0].count.action: expected a value or a list of values, got nothing\n");
  CHECK(problems("{action: []}") ==
        "test.yaml:1:41: [0].count.action: expected a value or a list of values, got a list\n");
  CHECK(problems("{action: [LOGIN, {a: b}]}") ==
        "test.yaml:1:49: [0].count.action[1]: expected a value or a list of values, got a map\n");
  CHECK(problems("{sensitivity: high}") ==
        "test.yaml:1:46: [0].count.sensitivity: expected a number, because sensitivity is one, got "
        "\"high\"\n");
  CHECK(problems("{reslt: FAIL, contry: KR}") ==
        "test.yaml:1:33: [0].count.reslt: expected a field of the access event or "
        "attributes.<name>, got \"reslt\"; did you mean \"result\"?\n"
        "test.yaml:1:46: [0].count.contry: expected a field of the access event or "
        "attributes.<name>, got \"contry\"; did you mean \"country\"?\n");
}

TEST_CASE("no value can be written so that its filter looks like another") {
  FilterOptions one, other;
  one.terms.push_back({{"action", {}, ""}, {{"A\",\"B", {}, ""}}});
  other.terms.push_back({{"action", {}, ""}, {{"A", {}, ""}, {"B", {}, ""}}});
  CHECK(one.Canonical() != other.Canonical());
}

}  // namespace
}  // namespace bongsu
