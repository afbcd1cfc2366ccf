#include "engine/io/file/json_lines_writer.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "engine/io/file/byte_source.h"
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

TEST_CASE("a file that ends in .gz is compressed, and appears when it is finished") {
  const TempDir dir;
  const std::string path = dir.File("out.jsonl.gz");
  auto writer = JsonLinesWriter::Make(path);
  REQUIRE(writer.ok());
  const std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i) REQUIRE((*writer)->Append(line).ok());
  REQUIRE((*writer)->Append("").ok());
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE((*writer)->Finish().ok());
  CHECK_FALSE((*writer)->Append("x").ok());
  CHECK(std::filesystem::file_size(path) < 100'000);
  auto source = ByteSource::Open(path);
  REQUIRE(source.ok());
  std::string text(2'000'000, '\0');
  size_t size = 0, got = 0;
  while (true) {
    const auto more = (*source)->Read(text.data() + size, text.size() - size, Duration(0), &got);
    REQUIRE(more.ok());
    if (*more == ByteSource::Got::kEnd) break;
    size += got;
  }
  text.resize(size);
  std::string expected;
  for (int i = 0; i < 1000; ++i) expected += line + "\n";
  CHECK(text == expected + "\n");
}

TEST_CASE("an unfinished compressed file leaves nothing") {
  const TempDir dir;
  const std::string path = dir.File("out.gz");
  {
    auto writer = JsonLinesWriter::Make(path);
    REQUIRE(writer.ok());
    REQUIRE((*writer)->Append("new").ok());
  }
  CHECK(std::filesystem::is_empty(std::filesystem::path(path).parent_path()));
}

TEST_CASE("a pipe or a device is written to, and stays what it is") {
  const TempDir dir;
  const std::string pipe = dir.File("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::string got;
  std::thread reader([&] { std::getline(std::ifstream(pipe), got); });
  auto writer = JsonLinesWriter::Make(pipe);
  REQUIRE(writer.ok());
  CHECK((*writer)->Append("{}").ok());
  CHECK((*writer)->Finish().ok());
  reader.join();
  CHECK(got == "{}");
  CHECK(std::filesystem::is_fifo(pipe));

  auto null = JsonLinesWriter::Make("/dev/null");
  REQUIRE(null.ok());
  CHECK((*null)->Append("{}").ok());
  CHECK((*null)->Finish().ok());
  CHECK(std::filesystem::is_character_file("/dev/null"));

  auto full = JsonLinesWriter::Make("/dev/full");
  REQUIRE(full.ok());
  CHECK((*full)->Append("{}").ok());
  CHECK((*full)->Finish().message() == "/dev/full: cannot be written: No space left on device");
  CHECK(std::filesystem::is_character_file("/dev/full"));
  CHECK_FALSE(JsonLinesWriter::Make(dir.path()).ok());
}

TEST_CASE("a symbolic link stays one: the file it leads to is written") {
  const TempDir dir;
  const std::string file = dir.File("file"), link = dir.File("link");
  std::ofstream(file) << "old\n";
  std::filesystem::create_symlink(file, link);
  auto writer = JsonLinesWriter::Make(link);
  REQUIRE(writer.ok());
  REQUIRE((*writer)->Append("new").ok());
  REQUIRE((*writer)->Finish().ok());
  CHECK(std::filesystem::is_symlink(link));
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  CHECK(text.str() == "new\n");
}
