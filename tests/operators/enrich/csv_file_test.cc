#include "operators/enrich/csv_file.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "tests/operators/enrich/folder.h"

namespace bongsu {
namespace {

Located<std::string> Named(const std::string& name) {
  return {name, {std::make_shared<const std::string>("a.yaml"), 7, 9}, "enrich[0].x.file"};
}

// The first cells of the good rows, and the problems.
struct Reading {
  std::string first, problems;
};

Reading Read(const std::string& text) {
  const Folder folder("t.csv", text);
  Problems problems;
  Reading reading;
  if (const auto file = CsvFile::Open(Named("t.csv"), folder.path(), &problems)) {
    while (file->Next()) reading.first += file->cell(0) + " ";
    CHECK(file->good() == problems.empty());
  }
  reading.problems = problems.Format();
  return reading;
}

TEST_CASE("a file of a header and rows is read from end to end") {
  const Reading reading = Read("id,x\na,1\n\nb,2");
  CHECK(reading.first == "a b ");
  CHECK(reading.problems == "");
}

TEST_CASE("rows that are not like the header are named, the others are read") {
  const Reading reading = Read("id,x\na\nb,1,2\nc,3\nd,\xB1\xE8\n");
  CHECK(reading.first == "c ");
  CHECK(reading.problems ==
        "t.csv:2:1: expected 2 cells, as the header has, got 1\n"
        "t.csv:3:1: expected 2 cells, as the header has, got 3\n"
        "t.csv:5:1: expected UTF-8, got other bytes; save the file as \"CSV UTF-8\"\n");
}

TEST_CASE("a file without end of problems is not read to the end") {
  std::string text = "id,x\n";
  for (int i = 0; i < 1000; ++i) text += "a\n";
  const std::string problems = Read(text + "good,1\n").problems;
  CHECK(std::count(problems.begin(), problems.end(), '\n') == 51);
  CHECK_THAT(problems, Catch::EndsWith("t.csv:51:1: the rest is not read after 50 problems\n"));
}

TEST_CASE("what is no table is a problem where it is named") {
  CHECK(Read("").problems ==
        "a.yaml:7:9: enrich[0].x.file: \"t.csv\" is empty; expected a header\n");
  CHECK(Read("id,x\n\"a").problems ==
        "a.yaml:7:9: enrich[0].x.file: t.csv: line 2: expected a closing quote, got the end\n");
  const Folder folder;
  for (const std::string name : {"none.csv", "."}) {
    Problems problems;
    CHECK(CsvFile::Open(Named(name), folder.path(), &problems) == nullptr);
    CHECK(problems.Format() ==
          StrCat("a.yaml:7:9: enrich[0].x.file: cannot read \"", name,
                 "\"; expected a CSV file, relative to the configuration file\n"));
  }
}

}  // namespace
}  // namespace bongsu
