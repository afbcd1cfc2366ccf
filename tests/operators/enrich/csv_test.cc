#include "operators/enrich/csv.h"

#include <catch2/catch.hpp>

namespace bongsu {
namespace {

using Cells = std::vector<std::string>;

// All rows, or why not.
Result<std::vector<CsvRow>> Rows(std::string_view text) {
  CsvReader reader(text);
  std::vector<CsvRow> rows;
  CsvRow row;
  while (true) {
    BONGSU_ASSIGN_OR_RETURN(const bool more, reader.Next(&row));
    if (!more) return rows;
    rows.push_back(row);
  }
}

TEST_CASE("csv knows quotes, empty cells and both line ends") {
  const auto rows = Rows(
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

TEST_CASE("csv rows of different lengths do not mix") {
  const auto rows = Rows("a,b,c\nd\ne,\n,,\n");
  REQUIRE(rows.ok());
  REQUIRE(rows->size() == 4);
  CHECK((*rows)[1].cells == Cells{"d"});
  CHECK((*rows)[2].cells == Cells{"e", ""});
  CHECK((*rows)[3].cells == Cells{"", "", ""});
}

TEST_CASE("csv of nothing has no rows") {
  const auto rows = Rows(GENERATE("", "\n", "\r\n\r\n"));
  REQUIRE(rows.ok());
  CHECK(rows->empty());
}

TEST_CASE("csv says in which line a quote is wrong") {
  CHECK(Rows("a\nb,\"c\nd").status().message() == "line 2: expected a closing quote, got the end");
  CHECK(Rows("a\n\"b\"c\n").status().message() ==
        "line 2: expected a comma after the closing quote");
}

}  // namespace
}  // namespace bongsu
