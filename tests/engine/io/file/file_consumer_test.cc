#include "engine/io/file/file_consumer.h"

#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "tests/support/committed.h"
#include "tests/support/temp_dir.h"

using namespace bongsu;

namespace {

struct FixedClock final : Clock {
  Timestamp Now() const override { return FromMillis(1772409600000); }
  void SleepFor(Duration) const override {}
};
const FixedClock kClock;

struct Got {
  int64_t offset;
  std::string value;
  bool broken;
  bool operator==(const Got&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Got& got) {
  return out << got.offset << (got.broken ? "!" : ":") << got.value.substr(0, 80);
}

struct SavedTransaction final : Transaction {
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header>) override {
    saved[StrCat(topic, '/', partition, '/', key)] = std::string(value.value_or("-"));
    return Status::Ok();
  }
  bool Join(const WriteBatch&) override { return false; }
  Outcome Commit(Duration) override { return Outcome::kCommitted; }
  std::map<std::string, std::string> saved;
};

void Write(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string Gzip(std::string_view bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(bytes.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::unique_ptr<FileConsumer> Open(FileSourceOptions options, std::vector<FileCursor> known = {}) {
  options.name = "files";
  auto consumer = FileConsumer::Make(std::move(options), std::move(known), kClock);
  INFO(consumer.status().message());
  REQUIRE(consumer.ok());
  REQUIRE((*consumer)->Join().ok());
  return *std::move(consumer);
}

std::vector<Got> ReadAll(FileConsumer& consumer, int32_t partition = 0,
                         std::optional<int64_t> next = std::nullopt, size_t max = 3) {
  const TopicPartition from{"files", partition};
  REQUIRE(consumer.Assign(from, next).ok());
  CHECK(consumer.Lag(from) == 1);
  const auto batch = consumer.NewBatch();
  std::vector<Got> all;
  while (!consumer.AtEnd(from)) {
    const Status status = consumer.Poll(from, max, Duration(0), batch.get());
    INFO(status.message());
    REQUIRE(status.ok());
    CHECK(batch->records().size() <= max);
    for (const Record& record : batch->records()) {
      CHECK(record.timestamp == kClock.Now());
      all.push_back({record.offset, std::string(record.value), !record.broken.empty()});
    }
  }
  CHECK(consumer.Lag(from) == 0);
  return all;
}

std::vector<Got> ReadBytes(std::string_view bytes, size_t max_record = 1 << 20,
                           std::optional<int64_t> next = std::nullopt) {
  const TempDir dir;
  Write(dir.File("a.jsonl"), bytes);
  return ReadAll(*Open({.files = {dir.File("*.jsonl")}, .max_record = max_record}), 0, next);
}

}  // namespace

TEST_CASE("lines become records at their byte") {
  CHECK(ReadBytes("{\"a\":1}\n{\"b\":2}\n") ==
        std::vector<Got>{{0, "{\"a\":1}", false}, {8, "{\"b\":2}", false}});
  CHECK(ReadBytes("1\n2") == std::vector<Got>{{0, "1", false}, {2, "2", false}});
  CHECK(ReadBytes("1\r\n\r\n  \n2\r\n") == std::vector<Got>{{0, "1", false}, {8, "2", false}});
  CHECK(ReadBytes("\xEF\xBB\xBF{\"a\":1}\n2\n") ==
        std::vector<Got>{{0, "{\"a\":1}", false}, {11, "2", false}});
  CHECK(ReadBytes("").empty());
  CHECK(ReadBytes("\xEF\xBB\xBF\n\n").empty());
  CHECK(ReadBytes(std::string("a\0b\nc", 5)) ==
        std::vector<Got>{{0, std::string("a\0b", 3), false}, {4, "c", false}});
}

TEST_CASE("a document over several lines is one record") {
  const std::string pretty = "{\n  \"Records\": [\n    {\"a\": \"}\"},\n    {\"b\": 2}\n  ]\n}";
  CHECK(ReadBytes(pretty) == std::vector<Got>{{0, pretty, false}});
  CHECK(ReadBytes(pretty + "\n" + pretty + "\n") ==
        std::vector<Got>{{0, pretty, false},
                         {static_cast<int64_t>(pretty.size()) + 1, pretty, false}});
  const std::string list = "[\n{\"a\":1},\n{\"a\":2}\n]";
  CHECK(ReadBytes(list + "\n5\n") ==
        std::vector<Got>{{0, list, false}, {static_cast<int64_t>(list.size()) + 1, "5", false}});
  CHECK(ReadBytes("{\n\"a\":1") == std::vector<Got>{{0, "{\n\"a\":1", false}});
}

TEST_CASE("a line cut off in the middle does not swallow its neighbours") {
  for (const std::string cut : {"{\"a\":1,", "{", "{\"a\":\"x", "{\"a\":{\"b\":1},", "{\"a\":1"}) {
    INFO(cut);
    const auto got = ReadBytes("1\n" + cut + "\n{\"b\":2}\n{\"c\":3}\n");
    REQUIRE(got.size() == 4);
    CHECK(got[1] == Got{2, cut, false});
    CHECK(got[2].value == "{\"b\":2}");
    CHECK(got[3].value == "{\"c\":3}");
  }
}

TEST_CASE("a record that is too long is passed over and told") {
  const std::string long_line(300'000, 'x');
  CHECK(
      ReadBytes("1\n" + long_line + "\n2\n", 1000) ==
      std::vector<Got>{{0, "1", false}, {2, std::string(1024, 'x'), true}, {300'003, "2", false}});
  CHECK(ReadBytes(std::string(1000, 'x') + "\n", 1000)[0].broken == false);
  CHECK(ReadBytes(std::string(1000, 'x') + "\r\n", 1000)[0].broken == false);
  CHECK(ReadBytes(std::string(1001, 'x') + "\n", 1000)[0].broken == true);
  CHECK(ReadBytes(std::string(1001, 'x'), 1000)[0].broken == true);
  CHECK(ReadBytes(long_line, 1000).size() == 1);
  std::string document = "{\n";
  for (int i = 0; i < 10'000; ++i) document += StrCat("\"", i, "\": [\n1],\n");
  const auto got = ReadBytes(document + "\"x\": 1\n}\n2\n", 1000);
  REQUIRE(got.size() == 2);
  CHECK(got[0].broken);
  CHECK(got[1] == Got{static_cast<int64_t>(document.size()) + 9, "2", false});
}

TEST_CASE("gzip is read by its bytes, several members too") {
  std::string lines;
  for (int i = 0; i < 50'000; ++i) lines += StrCat("{\"n\":", i, "}\n");
  const auto plain = ReadBytes(lines);
  REQUIRE(plain.size() == 50'000);
  CHECK(ReadBytes(Gzip(lines)) == plain);
  const size_t half = lines.size() / 2;
  CHECK(ReadBytes(Gzip(lines.substr(0, half)) + Gzip(lines.substr(half))) == plain);
  CHECK(ReadBytes(Gzip(lines) + std::string(512, '\0')) == plain);
  CHECK(ReadBytes(Gzip("")).empty());
}

TEST_CASE("of a damaged gzip file the good part is delivered, then the damage") {
  std::string lines;
  SplitMix64 random(1);
  for (int i = 0; i < 2000; ++i) lines += StrCat("{\"n\":", random.Next(), "}\n");
  const auto plain = ReadBytes(lines);
  const std::string zipped = Gzip(lines);
  const auto cut = ReadBytes(zipped.substr(0, zipped.size() / 2));
  REQUIRE(cut.size() > 100);
  REQUIRE(cut.size() < plain.size());
  CHECK(cut.back().broken);
  CHECK(std::equal(cut.begin(), cut.end() - 1, plain.begin()));
  std::string damaged = zipped;
  damaged[zipped.size() - 6] ^= 1;  // The checksum.
  const auto wrong = ReadBytes(damaged);
  CHECK(wrong.size() == plain.size() + 1);
  CHECK(wrong.back().broken);
  // Having read the damage, there is nothing more, also after a restart.
  CHECK(ReadBytes(zipped.substr(0, zipped.size() / 2), 1 << 20, cut.back().offset + 1).empty());
  CHECK(ReadBytes(damaged, 1 << 20, wrong.back().offset + 1).empty());
}

TEST_CASE("reading goes on where it stopped, at any record") {
  const std::string bytes =
      "\xEF\xBB\xBF{\"a\":1}\r\n\n{\n\"b\": 2\n}\n" + std::string(2000, 'y') + "\n3\n4";
  for (const std::string& file : {bytes, Gzip(bytes)}) {
    const auto all = ReadBytes(file, 1000);
    REQUIRE(all.size() == 5);
    for (size_t i = 0; i < all.size(); ++i) {
      const std::vector<Got> rest(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end());
      CHECK(ReadBytes(file, 1000, all[i].offset + 1) == rest);
      if (i + 1 < all.size()) CHECK(ReadBytes(file, 1000, all[i + 1].offset) == rest);
    }
    CHECK(ReadBytes(file, 1000, static_cast<int64_t>(bytes.size())).empty());
  }
}

TEST_CASE("a file that became shorter is refused") {
  const TempDir dir;
  Write(dir.File("a"), "1\n2\n");
  auto consumer = Open({.files = {dir.File("a")}});
  REQUIRE(consumer->Assign({"files", 0}, 100).ok());
  const auto batch = consumer->NewBatch();
  const Status status = consumer->Poll({"files", 0}, 1, Duration(0), batch.get());
  CHECK(status.code() == Code::kInvalid);
  CHECK(status.message().find(dir.File("a")) != std::string::npos);
}

TEST_CASE("files keep their numbers, new ones get free ones in order") {
  const TempDir dir;
  for (const char* name : {"a", "b", "c", "d"}) Write(dir.File(name), "1\n");
  std::filesystem::create_directory(dir.File("e"));
  auto consumer =
      Open({.files = {dir.File("*"), dir.File("a")}, .state_topic = "bongsu.ingest-state"},
           {{dir.File("c"), 0, 2}, {dir.File("gone"), 2, 7}});
  const auto gained = consumer->PollAssignment(Duration(0))->gained;
  REQUIRE(gained.size() == 4);
  CHECK(consumer->PollAssignment(Duration(0))->empty());
  CHECK(consumer->PathOf(0) == dir.File("c"));
  CHECK(consumer->PathOf(1) == dir.File("a"));
  CHECK(consumer->PathOf(3) == dir.File("b"));
  CHECK(consumer->PathOf(4) == dir.File("d"));
  CHECK(*CommittedOf(*consumer, {"files", 0}) == 2);
  CHECK(*CommittedOf(*consumer, {"files", 1}) == std::nullopt);
  CHECK_FALSE(CommittedOf(*consumer, {"files", 2}).ok());
  CHECK(ReadAll(*consumer, 0, 2).empty());
  CHECK(ReadAll(*consumer, 4).size() == 1);
  SavedTransaction transaction;
  const std::vector<Position> positions = {{{"files", 1}, 2}};
  REQUIRE(consumer->SavePositions(transaction, positions).ok());
  REQUIRE(transaction.saved.size() == 1);
  const auto& [key, value] = *transaction.saved.begin();
  CHECK(key == "bongsu.ingest-state/0/files/" + dir.File("a"));
  CHECK(*ParseFileCursor(value) == FileCursor{dir.File("a"), 1, 2});
}

TEST_CASE("what cannot be read is said when the source is made") {
  const TempDir dir;
  const auto make = [&](FileSourceOptions options, std::vector<FileCursor> known = {}) {
    return FileConsumer::Make(std::move(options), std::move(known), kClock).status();
  };
  CHECK(make({.name = "x", .files = {dir.File("*.json")}}).code() == Code::kNotFound);
  CHECK(make({.name = "x", .files = {"a"}, .stdin_fd = 0}).code() == Code::kInvalid);
  CHECK(make({.name = "x"}, {{"a", 0, 1}, {"b", 0, 1}}).code() == Code::kCorrupt);
}

TEST_CASE("standard input is read as it comes") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  auto consumer = Open({.stdin_fd = ends[0], .state_topic = "state"});
  const TopicPartition from{"files", 0};
  CHECK(consumer->PathOf(0) == "-");
  CHECK(*CommittedOf(*consumer, from) == std::nullopt);
  CHECK(consumer->Assign(from, 5).code() == Code::kInvalid);
  REQUIRE(consumer->Assign(from, std::nullopt).ok());
  const auto batch = consumer->NewBatch();
  const auto poll = [&] {
    REQUIRE(consumer->Poll(from, 10, Duration(0), batch.get()).ok());
    std::string all;
    for (const Record& record : batch->records())
      all += StrCat(record.offset, ':', record.value, ' ');
    return all;
  };
  const auto send = [&](std::string_view text) {
    REQUIRE(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  };
  CHECK(poll() == "");
  CHECK_FALSE(consumer->AtEnd(from));
  send("{\"a\":1}\n{\"b\"");
  CHECK(poll() == "0:{\"a\":1} ");
  CHECK(poll() == "");
  send(":2}\n");
  CHECK(poll() == "8:{\"b\":2} ");
  send("3");
  close(ends[1]);
  CHECK(poll() == "16:3 ");
  CHECK(consumer->AtEnd(from));
  SavedTransaction transaction;
  const std::vector<Position> positions = {{from, 17}};
  REQUIRE(consumer->SavePositions(transaction, positions).ok());
  CHECK(transaction.saved.empty());
  close(ends[0]);
}
