#include "state/rocksdb/rocksdb_store.h"

#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "engine/base/strings.h"
#include "state/rocksdb/status.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

using Catch::Matchers::Contains;

std::unique_ptr<KeyValueStore> OpenOrFail(RocksDbFactory& factory, const std::string& path) {
  auto opened = factory.Open(path);
  INFO(opened.status().message());
  REQUIRE(opened.ok());
  return *std::move(opened);
}

void Put(KeyValueStore& store, std::string key, std::string value) {
  WriteBatch batch;
  batch.Put(std::move(key), std::move(value));
  REQUIRE(store.Write(batch).ok());
}

void Truncate(const std::string& directory, const std::string& prefix) {
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().filename().string().starts_with(prefix)) {
      std::filesystem::resize_file(file.path(), 0);
    }
  }
}

TEST_CASE("a store continues where it was closed, and several share one factory") {
  TempDir dir;
  RocksDbFactory factory;
  Put(*OpenOrFail(factory, dir.File("a/b/0")), "k", "zero");
  Put(*OpenOrFail(factory, dir.File("a/b/1")), "k", "one");
  const auto again = OpenOrFail(factory, dir.File("a/b/0"));
  std::string value;
  REQUIRE(*again->Get("k", &value));
  CHECK(value == "zero");
}

// Into one table below the first level, whose filters are kept anyway.
void Compact(const std::string& path) {
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* opened = nullptr;
  REQUIRE(rocksdb::DB::Open(options, path, &opened).ok());
  const std::unique_ptr<rocksdb::DB> database(opened);
  REQUIRE(database->CompactRange({}, nullptr, nullptr).ok());
}

// By this process, from files, cached by the kernel or not.
uint64_t BytesRead() {
  std::ifstream counters("/proc/self/io");
  std::string name;
  uint64_t bytes = 0;
  REQUIRE(counters >> name >> bytes);
  REQUIRE(name == "rchar:");
  return bytes;
}

TEST_CASE("bug: with a small cache and many people each read read the filter of a whole file") {
  TempDir dir;
  RocksDbOptions options;
  options.block_cache = ByteSize{4 << 20};
  RocksDbFactory factory(options);
  constexpr int kPeople = 800'000, kReads = 200;
  const std::string path = dir.File("0");
  WriteBatch batch;
  for (int i = 0; i < kPeople; ++i) batch.Put(StrCat("u/", 1'000'000 + i), "x");
  REQUIRE(OpenOrFail(factory, path)->Write(batch).ok());
  Compact(path);
  const auto store = OpenOrFail(factory, path);
  std::string value;
  const uint64_t before = BytesRead();
  for (int i = 0; i < kReads; ++i) {
    REQUIRE(*store->Get(StrCat("u/", 1'000'000 + i * (kPeople / kReads)), &value));
  }
  CHECK((BytesRead() - before) / kReads < 20'000);
}

TEST_CASE("a start replays a short log; a long one is in a table before") {
  TempDir dir;
  RocksDbFactory factory;
  const std::string path = dir.File("0");
  const auto tables = [&] {
    const std::filesystem::directory_iterator files(path);
    return std::count_if(begin(files), end(files),
                         [](const auto& file) { return file.path().extension() == ".sst"; });
  };
  const auto put = [&](int entries) {
    const auto store = OpenOrFail(factory, path);
    for (int i = 0; i < entries; ++i) Put(*store, std::to_string(i), "x");
  };
  put(100);
  CHECK(tables() == 0);
  put(5'000);
  CHECK(tables() == 1);
}

TEST_CASE("a store is looked into while it is held, and nothing is changed") {
  TempDir dir;
  RocksDbFactory factory;
  const std::string path = dir.File("0");
  CHECK(factory.OpenReadOnly(path).status().code() == Code::kNotFound);
  CHECK_FALSE(std::filesystem::exists(path));
  const auto holder = OpenOrFail(factory, path);
  Put(*holder, "k", "one");
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(path)) names.insert(file.path());
    return names;
  };
  const std::set<std::string> before = files();
  const auto looking = factory.OpenReadOnly(path);
  INFO(looking.status().message());
  REQUIRE(looking.ok());
  Put(*holder, "k", "two");
  std::string value;
  REQUIRE(*(*looking)->Get("k", &value));
  CHECK(value == "one");
  WriteBatch batch;
  batch.Put("k", "three");
  CHECK_FALSE((*looking)->Write(batch).ok());
  CHECK(files() == before);
}

TEST_CASE("only this user may enter the directories that a store makes") {
  TempDir dir;
  RocksDbFactory factory;
  const auto store = OpenOrFail(factory, dir.File("data/state"));
  for (const char* made : {"data", "data/state"}) {
    struct stat info {};
    REQUIRE(::stat(dir.File(made).c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
  }
}

TEST_CASE("a store that somebody holds is unavailable, and says how to help") {
  TempDir dir;
  RocksDbFactory factory;
  const auto held = OpenOrFail(factory, dir.File("db"));
  const auto second = factory.Open(dir.File("db"));
  CHECK(second.status().code() == Code::kUnavailable);
  CHECK_THAT(second.status().message(), Contains("held by another") && Contains(dir.File("db")));
}

TEST_CASE("a directory that cannot be made is the configuration's fault") {
  TempDir dir;
  std::ofstream(dir.File("file")) << "x";
  const auto opened = RocksDbFactory().Open(dir.File("file/db"));
  CHECK(opened.status().code() == Code::kInvalid);
  CHECK_THAT(opened.status().message(), Contains("another data_dir"));
}

TEST_CASE("a damaged store is corrupt, is set aside, and a new one takes its place") {
  TempDir dir;
  RocksDbFactory factory;
  const std::string path = dir.File("db");
  const auto victim = GENERATE(as<std::string>(), "CURRENT", "MANIFEST");
  for (int round = 1; round <= 2; ++round) {
    Put(*OpenOrFail(factory, path), "k", "v");
    Truncate(path, victim);
    CHECK(factory.Open(path).status().code() == Code::kCorrupt);
    const auto aside = RocksDbFactory::SetAside(path);
    REQUIRE(aside.ok());
    CHECK(*aside == path + ".corrupt-" + std::to_string(round));
    CHECK(std::filesystem::exists(*aside));
  }
  std::string value;
  CHECK_FALSE(*OpenOrFail(factory, path)->Get("k", &value));
}

TEST_CASE("setting aside what is not there says so") {
  TempDir dir;
  CHECK(RocksDbFactory::SetAside(dir.File("nothing")).status().code() == Code::kInternal);
}

TEST_CASE("every kind of failure has its code and a remedy") {
  using rocksdb::Status;
  const auto [status, code, remedy] = GENERATE(table<Status, Code, std::string>({
      {Status::NoSpace("x"), Code::kUnavailable, "free some"},
      {Status::IOError("While appending: x", "No space left on device"), Code::kUnavailable,
       "free"},
      {Status::IOError("While lock file: x/LOCK", "Resource temporarily unavailable"),
       Code::kUnavailable, "end that one"},
      {Status::IOError("While open a file: x", "Permission denied"), Code::kInvalid, "data_dir"},
      {Status::Corruption("block checksum mismatch"), Code::kCorrupt, "set the store aside"},
      {Status::IOError("x.sst", "No such file or directory"), Code::kCorrupt,
       "set the store aside"},
      {Status::IOError("x", "Too many open files"), Code::kUnavailable, "ulimit"},
      {Status::IOError("x", "Input/output error"), Code::kUnavailable, "look at the disk"},
      {Status::NotSupported("x"), Code::kInternal, "cannot write"},
  }));
  const auto ours = FromRocksDb(status, "write", "/data/state");
  CHECK(ours.code() == code);
  CHECK_THAT(ours.message(), Contains(remedy) && Contains("/data/state"));
}

TEST_CASE("the table of fields has both budgets") {
  const auto& fields = RocksDbOptions::Fields().fields();
  REQUIRE(fields.size() == 2);
  CHECK(fields[0].name == "block_cache");
  CHECK(fields[0].default_text == "64MiB");
  CHECK(fields[1].name == "write_buffer");
}

}  // namespace
}  // namespace bongsu
