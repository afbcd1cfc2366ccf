#include "engine/app/json_difference.h"

#include <catch2/catch.hpp>

namespace bongsu {
namespace {

using Found = std::vector<std::string>;

TEST_CASE("differences are told by the path of the member") {
  CHECK(JsonDifferences(R"({"a":1})", R"({"a":1})").empty());
  CHECK(JsonDifferences(R"({"a":{"b":[1,2,3]},"c":"x"})", R"({"a":{"b":[1,5]},"d":null})") ==
        Found{"a.b[1]: 2 went out, 5 was made", "a.b[2]: 3 went out, nothing was made",
              "c: \"x\" went out, nothing was made", "d: nothing went out, null was made"});
  CHECK(JsonDifferences(R"({"a":{"b":1}})", R"({"a":[1]})") ==
        Found{R"(a: {"b":1} went out, [1] was made)"});
  CHECK(JsonDifferences(R"([0.1])", R"([0.10000000000000001])") ==
        Found{"the members are equal, but not in their order or their text"});
  CHECK(JsonDifferences(R"({"a":1,"b":2})", R"({"b":2,"a":1})") ==
        Found{"the members are equal, but not in their order or their text"});
  CHECK(JsonDifferences("{", "{}") == Found{"what went out is not JSON"});
}

TEST_CASE("there is an end to differences, and to what is shown of a value") {
  std::string many = "[", other = "[", text = "\"";
  for (int i = 0; i < 100; ++i) {
    many += i == 0 ? "1" : ",1";
    other += i == 0 ? "2" : ",2";
    text += "봉";
  }
  CHECK(JsonDifferences(many + "]", other + "]", 7).size() == 7);
  const Found found = JsonDifferences(text + "\"", "1");
  REQUIRE(found.size() == 1);
  CHECK(found[0].size() < 130);
  CHECK_THAT(found[0], Catch::Contains("봉… went out, 1 was made"));
}

}  // namespace
}  // namespace bongsu
