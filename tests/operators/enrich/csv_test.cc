#include "operators/enrich/csv.h"

#include <catch2/catch.hpp>

namespace bongsu {
namespace {

using Cells = std::vector<std::string>;

TEST_CASE("csv knows quotes, empty cells and both line ends") {
  const auto rows = ParseCsv(
      "\xEF\xBB\xBF"
      "a,b\r\n\n\"x,\"\"y\"\"\nz\",\r\nlast,1");
  REQUIRE(rows.ok());
  REQUIRE(rows->size() == 3);
  CHECK((*rows)[0].cells == Cells{"a", "b"});
  CHECK((*rows)[1].cells == Cells{"x,\"y\"\nz", ""});
  CHECK((*rows)[1].line == 3);
  CHECK((*rows)[2].cells == Cells{"last", "1"});
  CHECK((*rows)[2].line == 5);
}

TEST_CASE("csv of nothing has no rows") {
  const auto rows = ParseCsv(GENERATE("", "\n", "\r\n\r\n"));
  REQUIRE(rows.ok());
  CHECK(rows->empty());
}

TEST_CASE("csv says in which line a quote is wrong") {
  CHECK(ParseCsv("a\nb,\"c\nd").status().message() ==
        "line 2: expected a closing quote, got the end");
  CHECK(ParseCsv("a\n\"b\"c\n").status().message() ==
        "line 2: expected a comma after the closing quote");
}

}  // namespace
}  // namespace bongsu
