// A MANIFEST that has lost its end hides tables from RocksDB, and nobody would miss what was in
// them.
#include "state/rocksdb/manifest.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/base/strings.h"
#include "state/rocksdb/rocksdb_store.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

namespace fs = std::filesystem;

constexpr int kValues = 1000;
constexpr uintmax_t kSeveralTables = 400;  // Bytes of a MANIFEST.

std::string Manifest(const std::string& path) {
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().filename().string().starts_with("MANIFEST")) return entry.path();
  }
  return {};
}

// Tables and a log, as a process that was killed leaves them: each batch is one value and how many
// there are.
void Fill(const std::string& path) {
  RocksDbOptions options;
  options.write_buffer = ByteSize{256u << 10};
  RocksDbFactory rocksdb(options);
  const auto store = rocksdb.Open(path).value();
  for (int i = 1; i <= kValues || fs::file_size(Manifest(path)) < kSeveralTables; ++i) {
    WriteBatch batch;
    batch.Put(StrCat("key/", i), std::string(200, 'v'));
    batch.Put("count", StrCat(i));
    REQUIRE(store->Write(batch).ok());
  }
}

TEST_CASE("a MANIFEST that is cut is noticed, wherever it is cut in the middle of a record") {
  const TempDir dir;
  Fill(dir.File("whole"));
  REQUIRE(CheckManifest(dir.File("whole")).ok());
  const auto size = fs::file_size(Manifest(dir.File("whole")));
  int noticed = 0, missing = 0;
  for (uintmax_t cut = 0; cut < size; cut += 1) {
    const std::string path = dir.File("cut");
    fs::remove_all(path);
    fs::copy(dir.File("whole"), path);
    fs::resize_file(Manifest(path), cut);
    RocksDbFactory rocksdb(RocksDbOptions{});
    const auto store = rocksdb.Open(path);
    if (!store.ok()) {
      INFO(store.status().message());
      CHECK(store.status().code() == Code::kCorrupt);
      ++noticed;
      continue;
    }
    std::string value;
    const int count = (*store)->Get("count", &value).value() ? std::stoi(value) : 0;
    for (int i = 1; i <= count; ++i)
      missing += (*store)->Get(StrCat("key/", i), &value).value() ? 0 : 1;
  }
  CHECK(noticed > 100);
  CHECK(missing == 0);
}

}  // namespace
}  // namespace bongsu
