#include "engine/pipeline/profiles.h"

#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"
#include "tests/support/store_around.h"

namespace bongsu {
namespace {

struct Shelf {
  MemoryKeyValueStore database;
  std::unique_ptr<StateStore> store = MakeStateStore(database, "");
  void Commit(Profiles& profiles) {
    profiles.Flush();
    REQUIRE(store->Write(store->Seal({})).ok());
    store->Applied();
  }
};

void Set(Profiles& profiles, const std::string& user, int value) {
  auto bytes = profiles.Open(user);
  REQUIRE(bytes.ok());
  profiles.Touch();
  (*bytes)[0] = static_cast<std::byte>(value);
}
int Get(Profiles& profiles, const std::string& user) {
  auto bytes = profiles.Open(user);
  REQUIRE(bytes.ok());
  return static_cast<int>((*bytes)[0]);
}

// Also in the rest of the first slot; a value of 0 leaves it alone.
void SetWithRest(Profiles& profiles, const Layout& layout, const std::string& user, int value) {
  Set(profiles, user, value);
  if (value == 0) return;
  const auto rest = layout.SlotRest(profiles.OpenRests(), 0);
  rest[rest.size() - 1] = static_cast<std::byte>(value % 3);
}
int RestOf(Profiles& profiles, const Layout& layout, const std::string& user) {
  REQUIRE(profiles.Open(user).ok());
  return static_cast<int>(layout.SlotRest(profiles.OpenRests(), 0).back());
}

TEST_CASE("rests are remembered with their person, undone changes and commits included") {
  const Layout layout({{"a", 8, 24}, {"b", 8}});
  const size_t capacity = GENERATE(1, 2, 7, 100);
  Shelf shelf;
  Profiles profiles(*shelf.store, layout, capacity);
  REQUIRE(profiles.Start().ok());
  std::map<std::string, std::pair<int, int>> expected;
  SplitMix64 random(2);
  for (int i = 0; i < 3000; ++i) {
    const std::string user = StrCat("user", random.Below(12));
    const int value = random.Below(2) == 0 ? 0 : static_cast<int>(random.Below(256));
    REQUIRE(Get(profiles, user) == expected[user].first);
    if (random.Below(3) == 0) REQUIRE(RestOf(profiles, layout, user) == expected[user].second);
    SetWithRest(profiles, layout, user, value);
    if (random.Below(4) == 0) {
      profiles.Undo();
    } else {
      expected[user].first = value;
      if (value != 0) expected[user].second = value % 3;
    }
    if (random.Below(20) == 0) shelf.Commit(profiles);
  }
  shelf.Commit(profiles);
  Profiles after(*shelf.store, layout, 3);
  for (const auto& [user, values] : expected) {
    CHECK(Get(after, user) == values.first);
    CHECK(RestOf(after, layout, user) == values.second);
  }
}

TEST_CASE("a small cache remembers as well as a large one, undone changes and commits included") {
  const Layout layout({{"a", 8}});
  const size_t capacity = GENERATE(1, 2, 7, 100);
  Shelf shelf;
  Profiles profiles(*shelf.store, layout, capacity);
  REQUIRE(profiles.Start().ok());
  std::map<std::string, int> expected;
  SplitMix64 random(1);
  for (int i = 0; i < 3000; ++i) {
    const std::string user = StrCat("user", random.Below(12));
    const int value = static_cast<int>(random.Below(256));
    REQUIRE(Get(profiles, user) == expected[user]);
    Set(profiles, user, value);
    if (random.Below(4) == 0) {
      profiles.Undo();
    } else {
      expected[user] = value;
    }
    if (random.Below(20) == 0) shelf.Commit(profiles);
  }
  shelf.Commit(profiles);
  Profiles after(*shelf.store, layout, 3);
  for (const auto& [user, value] : expected) CHECK(Get(after, user) == value);
  if (capacity == 100) CHECK(profiles.counters().misses == 12);
}

// Remembers what it was told to expect.
class Told final : public StoreAround {
 public:
  using StoreAround::StoreAround;
  void Expect(std::string_view key) override { keys.emplace_back(key); }
  std::vector<std::string> keys;
};

TEST_CASE("the store expects who is not cached, if enough were not before") {
  using Keys = std::vector<std::string>;
  MemoryKeyValueStore memory;
  Told database(memory);
  const std::unique_ptr<StateStore> store = MakeStateStore(database, "p/");
  const Layout layout({{"a", 8}});
  Profiles profiles(*store, layout, 100);
  std::vector<Record> events(4);
  events[0].key = "ann";
  events[1].key = "bob";
  events[2].key = "new";
  events[3].key = "late";
  profiles.Announce(events);
  CHECK(database.keys.empty());  // Nothing is known yet.
  Get(profiles, "ann");
  Get(profiles, "bob");
  profiles.Announce(events);
  CHECK(database.keys == Keys{"p/u/new", "p/u/late"});
  for (int i = 0; i < 200; ++i) Get(profiles, "ann");
  Get(profiles, "late");
  profiles.Announce(events);
  CHECK(database.keys.size() == 2);  // One in two hundred does not pay.
  Get(profiles, "new");
  store->Put("u/zoe", "in the batch under way");
  events[0].key = "zoe";
  events[1].key = "eve";
  profiles.Announce(events);
  CHECK(database.keys == Keys{"p/u/new", "p/u/late", "p/u/eve"});
}

TEST_CASE("an old layout is read through its descriptor and written as the new one") {
  const Layout old({{"a", 8}, {"gone", 8}}), now({{"new", 8}, {"a", 8}});
  Shelf shelf;
  {
    Profiles profiles(*shelf.store, old, 2);
    REQUIRE(profiles.Start().ok());
    Set(profiles, "ann", 5);
    shelf.Commit(profiles);
  }
  Profiles profiles(*shelf.store, now, 2);
  REQUIRE(profiles.Start().ok());
  auto bytes = profiles.Open("ann");
  REQUIRE(bytes.ok());
  CHECK(static_cast<int>(now.Slot(*bytes, 1)[0]) == 5);
  CHECK(static_cast<int>(now.Slot(*bytes, 0)[0]) == 0);
  CHECK(profiles.counters().migrated == 1);
  CHECK(profiles.TakeMigrationNote() == "start empty: new; dropped: gone");
  CHECK(profiles.TakeMigrationNote().empty());
}

TEST_CASE("a profile whose layout nobody described is corrupt, and so is one cut short") {
  const Layout layout({{"a", 8}});
  Shelf shelf;
  shelf.store->Put("u/ann", "12345678");
  shelf.store->Put("u/bob", "123");
  Profiles profiles(*shelf.store, layout, 2);
  REQUIRE(profiles.Start().ok());
  CHECK(profiles.Open("ann").status().code() == Code::kCorrupt);
  CHECK(Profiles(*shelf.store, layout, 2).Open("bob").status().code() == Code::kCorrupt);
}

}  // namespace
}  // namespace bongsu
