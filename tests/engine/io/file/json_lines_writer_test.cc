#include "engine/io/file/json_lines_writer.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temp_dir.h"

using namespace bongsu;

TEST_CASE("a file of lines appears when it is finished") {
  const TempDir dir;
  const std::string path = dir.File("out.jsonl");
  auto writer = JsonLinesWriter::Make(path);
  REQUIRE(writer.ok());
  REQUIRE((*writer)->Append("{\"a\":1}").ok());
  REQUIRE((*writer)->Append("{\"b\":2}").ok());
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE((*writer)->Finish().ok());
  CHECK_FALSE((*writer)->Append("x").ok());
  CHECK_FALSE((*writer)->Finish().ok());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  CHECK(text.str() == "{\"a\":1}\n{\"b\":2}\n");
  CHECK_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST_CASE("an unfinished file leaves the old one alone") {
  const TempDir dir;
  const std::string path = dir.File("out.jsonl");
  std::ofstream(path) << "old\n";
  {
    auto writer = JsonLinesWriter::Make(path);
    REQUIRE(writer.ok());
    REQUIRE((*writer)->Append("new").ok());
  }
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  CHECK(text.str() == "old\n");
  CHECK_FALSE(std::filesystem::exists(path + ".partial"));
  CHECK_FALSE(JsonLinesWriter::Make(dir.File("no/such/out")).ok());
}
