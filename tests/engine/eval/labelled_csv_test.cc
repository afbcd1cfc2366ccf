#include "engine/eval/labelled_csv.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

Result<LabelledTable> Read(const std::vector<std::string>& files, std::string label = "label",
                           size_t piece = 1000) {
  LabelledCsv csv(std::move(label));
  for (size_t i = 0; i < files.size(); ++i) {
    csv.Begin(StrCat("f", i + 1, ".csv"));
    for (size_t at = 0; at < files[i].size(); at += piece)
      BONGSU_RETURN_IF_ERROR(csv.Add(std::string_view(files[i]).substr(at, piece)));
    BONGSU_RETURN_IF_ERROR(csv.End());
  }
  return csv.Finish();
}

std::string ErrorOf(const std::vector<std::string>& files) {
  const Result<LabelledTable> rows = Read(files);
  REQUIRE_FALSE(rows.ok());
  return rows.status().message();
}

TEST_CASE("rows are read in order, the label wherever it stands") {
  const auto rows = Read({"a,label,b\n1,0,2.5\n-3e2,1,0\n"});
  REQUIRE(rows.ok());
  CHECK(rows->columns == std::vector<std::string>{"a", "b"});
  CHECK(rows->values == std::vector<double>{1, 2.5, -300, 0});
  CHECK(rows->labels == std::vector<int>{0, 1});
  CHECK(rows->row(1)[0] == -300);
}

TEST_CASE("it does not matter where a file is cut into pieces") {
  const std::string text = "\xEF\xBB\xBF\"a, \"\"x\"\"\",label\r\n1,0\r\n\r\n 2 , 1 \n\"3\",0";
  const auto whole = Read({text});
  REQUIRE(whole.ok());
  CHECK(whole->columns == std::vector<std::string>{"a, \"x\""});
  CHECK(whole->values == std::vector<double>{1, 2, 3});
  for (size_t piece = 1; piece < text.size(); ++piece) {
    const auto rows = Read({text}, "label", piece);
    REQUIRE(rows.ok());
    CHECK(rows->values == whole->values);
    CHECK(rows->labels == whole->labels);
  }
}

TEST_CASE("several files are one stream") {
  const auto rows = Read({"a,label\n1,0\n", "a,label\n2,1\n3,0\n"});
  REQUIRE(rows.ok());
  CHECK(rows->values == std::vector<double>{1, 2, 3});
  CHECK(rows->columns.size() == 1);
}

TEST_CASE("an empty cell is not known") {
  const auto rows = Read({"a,b,label\n,2,0\n1,,1\n"});
  REQUIRE(rows.ok());
  CHECK(std::isnan(rows->values[0]));
  CHECK(rows->values[1] == 2);
  CHECK(std::isnan(rows->values[3]));
}

TEST_CASE("what is wrong is told with file, line and column") {
  const std::string head = "a,label\n1,0\n1,1\n";
  CHECK(ErrorOf({head + "x,0\n"}) == "f1.csv:4: column a: expected a number or nothing, got \"x\"");
  CHECK(ErrorOf({head + "nan,0\n"}) ==
        "f1.csv:4: column a: expected a number or nothing, got \"nan\"");
  CHECK(ErrorOf({head + "1e999,0\n"}) ==
        "f1.csv:4: column a: expected a number or nothing, got \"1e999\"");
  CHECK(ErrorOf({head + "1,2\n"}) == "f1.csv:4: column label: expected 0 or 1, got \"2\"");
  CHECK(ErrorOf({head + "1,\n"}) == "f1.csv:4: column label: expected 0 or 1, got \"\"");
  CHECK(ErrorOf({head + "1\n"}) == "f1.csv:4: expected 2 cells as in the header, got 1");
  CHECK(ErrorOf({head + "1,0,3\n"}) == "f1.csv:4: expected 2 cells as in the header, got 3");
  CHECK(ErrorOf({head + "\"1,0\n"}) == "f1.csv:4: a quote is opened and never closed");
  CHECK(ErrorOf({head + "\"1\"2,0\n"}) == "f1.csv:4: expected a comma after a cell in quotes");
  CHECK(
      ErrorOf({head, "b,label\n1,0\n"}) ==
      "f2.csv:1: expected the header of f1.csv, \"a,label\", got \"b,label\"; files of one stream "
      "have the same columns");
  CHECK(ErrorOf({head, head + "?,0\n"}) ==
        "f2.csv:4: column a: expected a number or nothing, got \"?\"");
}

TEST_CASE("a header that cannot be used is refused") {
  CHECK(ErrorOf({""}) ==
        "f1.csv:1: expected a header with the names of the columns, got an empty file");
  CHECK(ErrorOf({"a,labels\n"}) ==
        "f1.csv:1: no column is called \"label\"; did you mean \"labels\"?; name it with --label, "
        "the header is \"a,labels\"");
  CHECK(ErrorOf({"label\n0\n"}) == "f1.csv:1: expected a column besides the label, got none");
  CHECK(ErrorOf({"a,a,label\n"}) == "f1.csv:1: two columns are called \"a\"");
  CHECK(ErrorOf({"a,,label\n"}) == "f1.csv:1: column 2 has no name");
  CHECK(ErrorOf({"a,label\n"}) == "f1.csv: there is no row under the header");
}

TEST_CASE("one class alone is refused") {
  CHECK(ErrorOf({"a,label\n1,0\n2,0\n"}) ==
        "f1.csv: column label: all 2 rows are 0; nothing can be ranked without both classes");
  CHECK(ErrorOf({"a,label\n1,1\n"}).find("all 1 rows are 1") != std::string::npos);
}

TEST_CASE("hostile bytes are refused without being repeated") {
  const std::string message = ErrorOf({"a,label\n\x1b[2J" + std::string(100, 'y') + ",0\n"});
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.size() < 150);
  CHECK(ErrorOf({std::string(3 << 20, 'x')}) ==
        "f1.csv:1: a line is longer than 1 MiB; is this a CSV file?");
  CHECK(ErrorOf({std::string("a,label\n\0,0\n", 12)}).starts_with("f1.csv:2: column a: "));
}

}  // namespace
}  // namespace bongsu
