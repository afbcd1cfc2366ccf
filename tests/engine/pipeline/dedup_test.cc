#include "engine/pipeline/dedup.h"

#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

namespace bongsu {
namespace {

struct Shelf {
  MemoryKeyValueStore database;
  std::unique_ptr<StateStore> store = MakeStateStore(database, "");
  void Commit(Dedup& dedup) {
    dedup.Save(*store);
    REQUIRE(store->Write(store->Seal({})).ok());
    store->Applied();
  }
  int64_t Keys() {
    int64_t count = 0;
    REQUIRE(
        store->Scan("d/", [&](std::string_view, std::string_view) { return ++count > 0; }).ok());
    return count;
  }
};

TEST_CASE("the source and the id together make an event the same") {
  CHECK(Dedup::Key("db", "1") == Dedup::Key("db", "1"));
  CHECK(Dedup::Key("db", "1") != Dedup::Key("vpn", "1"));
  CHECK(Dedup::Key("db", "1") != Dedup::Key("db1", ""));
}

TEST_CASE("the window holds the newest and forgets the oldest") {
  Dedup dedup(256);
  for (uint64_t i = 1; i <= 300; ++i) dedup.Insert(i);
  CHECK_FALSE(dedup.Seen(44));
  CHECK(dedup.Seen(45));
  CHECK(dedup.Seen(300));
}

TEST_CASE("a restart at any point changes nothing of what is known") {
  Shelf shelf;
  Dedup calm(256);
  auto restarted = std::make_unique<Dedup>(256);
  SplitMix64 random(1);
  std::vector<uint64_t> all;
  for (int i = 0; i < 1500; ++i) {
    all.push_back(random.Next());
    calm.Insert(all.back());
    restarted->Insert(all.back());
    if (random.Below(9) != 0) continue;
    shelf.Commit(*restarted);
    restarted = std::make_unique<Dedup>(256);
    REQUIRE(restarted->Load(*shelf.store).ok());
    for (const uint64_t key : all) REQUIRE(restarted->Seen(key) == calm.Seen(key));
  }
  CHECK(shelf.Keys() == 3);  // Bounded: the window's chunks and one more.
}

TEST_CASE("a window of another size keeps the newest that fit, and leaves nothing behind") {
  const size_t then = GENERATE(256, 1024), now = GENERATE(128, 512, 2048);
  CAPTURE(then, now);
  Shelf shelf;
  auto dedup = std::make_unique<Dedup>(then);
  for (uint64_t i = 1; i <= 1500; ++i) dedup->Insert(i);
  shelf.Commit(*dedup);
  dedup = std::make_unique<Dedup>(now);
  REQUIRE(dedup->Load(*shelf.store).ok());
  const uint64_t kept = std::min(then, now);
  for (uint64_t i = 1501 - kept; i <= 1500; ++i) REQUIRE(dedup->Seen(i));
  if (now <= then) CHECK_FALSE(dedup->Seen(1500 - kept));
  for (uint64_t i = 1501; i <= 6000; ++i) {
    dedup->Insert(i);
    if (i % 333 == 0) shelf.Commit(*dedup);
  }
  shelf.Commit(*dedup);
  CHECK(shelf.Keys() <= static_cast<int64_t>(now / 128 + 1));
  Dedup again(now);
  REQUIRE(again.Load(*shelf.store).ok());
  CHECK(again.Seen(6001 - now));
  CHECK_FALSE(again.Seen(6000 - now));
}

TEST_CASE("bytes that are no chunk are refused") {
  Shelf shelf;
  shelf.store->Put("d/0", "no chunk");
  CHECK(Dedup(128).Load(*shelf.store).code() == Code::kCorrupt);
}

}  // namespace
}  // namespace bongsu
