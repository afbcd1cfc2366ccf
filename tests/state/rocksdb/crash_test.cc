// Kill -9 in the middle of writing, many times: state and position agree, and nothing acknowledged
// is lost.
#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "state/overlay/overlay_store.h"
#include "state/rocksdb/rocksdb_store.h"
#include "tests/support/killed_child.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

constexpr int kKeys = 50;
constexpr int kKills = 12;

std::string ValueOf(int64_t batch) {
  return StrCat(batch, ':', std::string(1000, 'v'));
}

std::unique_ptr<StateStore> OpenState(const std::string& path) {
  RocksDbOptions small;
  small.write_buffer.bytes = 1 << 20;  // So that kills also fall into flushes.
  auto database = RocksDbFactory(small).Open(path);
  INFO(database.status().message());
  REQUIRE(database.ok());
  return MakeStateStore(*std::move(database));
}

TEST_CASE("child: write batches until killed", "[.child]") {
  if (ChildDirectory() == nullptr) return;
  const auto state = OpenState(ChildDirectory());
  const auto loaded = state->LoadMeta();
  REQUIRE(loaded.ok());
  Meta meta = loaded->value_or(Meta{});
  for (bool heard = true; heard;) {
    ++meta.next;
    for (int key = 0; key < kKeys; ++key) state->Put(StrCat("u/", key), ValueOf(meta.next));
    REQUIRE(state->Write(state->Seal(meta)).ok());
    state->Applied();
    heard = ReportDurable();
  }
}

TEST_CASE("state and position agree after every kill") {
  TempDir dir;
  SplitMix64 random(7);
  int64_t acknowledged = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    const int seen = RunAndKill("child: write batches until killed", dir.File("db"),
                                1 + static_cast<int>(random.Below(120)));
    REQUIRE(seen > 0);
    const auto state = OpenState(dir.File("db"));
    const auto meta = state->LoadMeta();
    REQUIRE(meta.ok());
    REQUIRE(meta->has_value());
    const int64_t position = (*meta)->next;
    acknowledged += seen;
    CHECK(position >= acknowledged);
    CHECK(position <= acknowledged + 1);
    acknowledged = position;
    int keys = 0;
    REQUIRE(state
                ->Scan("u/",
                       [&](std::string_view, std::string_view value) {
                         CHECK(value == ValueOf(position));
                         ++keys;
                         return true;
                       })
                .ok());
    CHECK(keys == kKeys);
  }
}

}  // namespace
}  // namespace bongsu
