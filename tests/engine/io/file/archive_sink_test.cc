#include "engine/io/file/archive_sink.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/core/clock.h"
#include "engine/io/embedded/embedded_log.h"
#include "state/memory/memory_store.h"
#include "tests/support/temp_dir.h"

using namespace bongsu;

namespace {

struct Fixture {
  TempDir dir;
  MemoryKeyValueStore store;
  SystemClock clock;
  std::unique_ptr<EmbeddedLog> log = *EmbeddedLog::Make(store, {{"a", 1}, {"r", 2}}, clock);
  std::unique_ptr<Producer> producer = *log->NewProducer("test");
  const std::string path = dir.path() + "/archive";

  void Send(const std::string& topic, int32_t partition, const std::string& key,
            const std::string& value) {
    auto transaction = *producer->Begin();
    REQUIRE(transaction->Append(topic, partition, key, value, {}).ok());
    REQUIRE(transaction->Commit(std::chrono::seconds(1)) == Outcome::kCommitted);
  }
  std::unique_ptr<ArchiveSink> Open() {
    auto sink = ArchiveSink::Open(*log, {"a", "r"}, path);
    REQUIRE(sink.ok());
    return *std::move(sink);
  }
  std::string Content(const std::string& file) const {
    std::stringstream text;
    text << std::ifstream(path + "/" + file).rdbuf();
    return text.str();
  }
  size_t Files() const {
    size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      files += entry.is_regular_file() ? 1 : 0;
    return files;
  }
};

}  // namespace

TEST_CASE("records become files by their keys, and a restart goes on where it stood") {
  Fixture f;
  f.Send("a", 0, "config/1", "one");
  f.Send("r", 1, "receipt/u/1", "{}");
  CHECK(*f.Open()->Step() == 2);
  CHECK(f.Content("config/1") == "one");
  CHECK(f.Content("receipt/u/1") == "{}");
  f.Send("r", 0, "receipt/v/1", "{1}");
  const auto sink = f.Open();
  CHECK(*sink->Step() == 1);
  CHECK(*sink->Step() == 0);
  CHECK(f.Content("receipt/v/1") == "{1}");
  CHECK(f.Files() == 4);  // And the cursor.
}

TEST_CASE("with the cursor lost and a file half written by a crash, all is there in the end") {
  Fixture f;
  f.Send("a", 0, "config/1", "one");
  CHECK(*f.Open()->Step() == 1);
  std::filesystem::remove(f.path + "/.cursor");
  std::ofstream(f.path + "/config/1.new") << "half";
  std::filesystem::remove(f.path + "/config/1");
  CHECK(*f.Open()->Step() == 1);
  CHECK(f.Content("config/1") == "one");
}

TEST_CASE("only the owner may read what is kept") {
  Fixture f;
  f.Send("a", 0, "config/1", "one");
  CHECK(*f.Open()->Step() == 1);
  using std::filesystem::perms;
  const perms others = perms::group_all | perms::others_all;
  CHECK((std::filesystem::status(f.path).permissions() & others) == perms::none);
  CHECK((std::filesystem::status(f.path + "/config/1").permissions() & others) == perms::none);
}

TEST_CASE("a key that is no file name of ours stays out of the directory") {
  Fixture f;
  for (const char* key : {"", "../escape", "/etc/x", "a/../../b", ".cursor", "a/.hidden", "A b"}) {
    f.Send("a", 0, key, "evil");
  }
  f.Send("a", 0, "config/1", "one");
  CHECK(*f.Open()->Step() == 8);
  CHECK(f.Files() == 2);
  CHECK(f.Content(".cursor") == "a-0 8\nr-0 0\nr-1 0\n");
}

TEST_CASE("a cursor of other topics is refused with the remedy") {
  Fixture f;
  f.Send("a", 0, "config/1", "one");
  CHECK(*f.Open()->Step() == 1);
  const Status status = ArchiveSink::Open(*f.log, {"r"}, f.path).status();
  CHECK(status.code() == Code::kInvalid);
  CHECK(status.message().find("name another directory") != std::string::npos);
}
