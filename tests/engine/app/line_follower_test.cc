#include "engine/app/line_follower.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/strings.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

using From = LineFollower::From;

// A file that somebody writes, and who follows it.
class Desk {
 public:
  explicit Desk(From from = From::kBeginning, const std::string& before = "") {
    if (!before.empty()) Append(before);
    follower_ = std::make_unique<LineFollower>(path(), from);
  }
  std::string path() const { return dir_.File("alerts.jsonl"); }
  void Append(const std::string& text) const {
    std::ofstream(path(), std::ios::app | std::ios::binary) << text;
  }
  void Rotate() const { std::filesystem::rename(path(), path() + ".1"); }
  void CutTo(size_t size) const { std::filesystem::resize_file(path(), size); }
  // The lines that came since the last call, with | between.
  std::string New(size_t most = 1000) {
    std::vector<std::string> lines;
    const Status status = follower_->Step([&](std::string_view line) {
      lines.emplace_back(line);
      return lines.size() < most;
    });
    return status.ok() ? Join(lines, "|") : status.message();
  }
  bool missing() const { return follower_->missing(); }

 private:
  TempDir dir_;
  std::unique_ptr<LineFollower> follower_;
};

TEST_CASE("lines come once, when they are whole") {
  Desk desk(From::kBeginning, "one\ntw");
  CHECK(desk.New() == "one");
  CHECK(desk.New() == "");
  desk.Append("o\r\n\nthree\n");
  CHECK(desk.New() == "two|three");
  CHECK(desk.New() == "");
}

TEST_CASE("from the end, only what comes later is new") {
  Desk desk(From::kEnd, "one\ntwo\n");
  CHECK(desk.New() == "");
  desk.Append("three\n");
  CHECK(desk.New() == "three");
}

TEST_CASE("the end of a line that was begun before is no line") {
  Desk desk(From::kEnd, "one\ntw");
  CHECK(desk.New() == "");
  desk.Append("o\nthree\n");
  CHECK(desk.New() == "three");
}

TEST_CASE("a file that comes later is all new") {
  Desk desk(From::kEnd);
  CHECK(desk.New() == "");
  CHECK(desk.missing());
  desk.Append("one\n");
  CHECK(desk.New() == "one");
  CHECK_FALSE(desk.missing());
}

TEST_CASE("after a rotation the old file is read to its end, then the new one") {
  Desk desk(From::kBeginning, "one\n");
  CHECK(desk.New() == "one");
  desk.Append("two\n");
  desk.Rotate();
  CHECK(desk.New() == "two");
  desk.Append("three\nfour\n");
  CHECK(desk.New() == "three|four");
  desk.Append("five\n");
  desk.Rotate();
  desk.Append("six\n");
  CHECK(desk.New() == "five|six");
}

TEST_CASE("a file that was emptied and written anew is read from its beginning") {
  Desk desk(From::kBeginning, "one\ntwo\n");
  CHECK(desk.New() == "one|two");
  desk.CutTo(0);
  CHECK(desk.New() == "");
  desk.Append("three\n");
  CHECK(desk.New() == "three");
  desk.CutTo(0);  // And longer than before, between two looks.
  desk.Append("a line that is longer than all before it\n");
  CHECK(desk.New() == "a line that is longer than all before it");
}

TEST_CASE("an engine that takes back its last lines does not repeat the others") {
  Desk desk(From::kBeginning, "one\ntwo\nthree\n");
  CHECK(desk.New() == "one|two|three");
  desk.CutTo(8);
  CHECK(desk.New() == "");
  desk.Append("three\nfour\n");
  CHECK(desk.New() == "three|four");
}

TEST_CASE("whoever has enough gets no more") {
  Desk desk(From::kBeginning, "one\ntwo\nthree\n");
  CHECK(desk.New(2) == "one|two");
}

TEST_CASE("a line of many megabytes is passed over, the next one is not") {
  Desk desk(From::kBeginning, std::string(17 << 20, 'x') + "\ntwo\n");
  CHECK(desk.New() == "two");
}

TEST_CASE("what cannot be read is said") {
  const TempDir dir;
  LineFollower follower(dir.path(), From::kEnd);
  const Status status = follower.Step([](std::string_view) { return true; });
  CHECK(status.code() == Code::kUnavailable);
  CHECK(status.message() == dir.path() + ": cannot be read: Is a directory");
}

}  // namespace
}  // namespace bongsu
