#include "engine/app/state_merge.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/base/strings.h"
#include "engine/core/topics.h"
#include "engine/pipeline/dedup.h"
#include "engine/pipeline/event_time.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

namespace bongsu {
namespace {

// One old partition after another, filled by what a shard itself would save.
class Old {
 public:
  template <typename Saved>
  void Partition(Saved&& save) {
    MemoryKeyValueStore database;
    const auto store = MakeStateStore(database, "");
    save(*store);
    merge.Begin();
    REQUIRE(store
                ->Scan("",
                       [&](std::string_view key, std::string_view payload) {
                         merge.Take(key, payload);
                         return true;
                       })
                .ok());
  }
  std::unique_ptr<StateStore> Merged(size_t window = 256) {
    auto store = MakeStateStore(database_, "");
    REQUIRE(merge.Put(window, store.get()).ok());
    return store;
  }
  StateMerge merge;

 private:
  MemoryKeyValueStore database_;
};

uint64_t Key(int partition, int n) {
  return Dedup::Key(StrCat("source", partition), StrCat(n));
}

TEST_CASE("the newest of every old window are known to the new ones") {
  Old old;
  constexpr int kEvents[] = {1000, 60};
  for (int partition = 0; partition < 2; ++partition) {
    old.Partition([&](StateStore& store) {
      Dedup dedup(512);
      for (int n = 0; n < kEvents[partition]; ++n) dedup.Insert(Key(partition, n));
      dedup.Save(store);
    });
  }
  const auto store = old.Merged(256);
  Dedup dedup(256);
  REQUIRE(dedup.Load(*store).ok());
  for (int n = 0; n < 60; ++n) CHECK(dedup.Seen(Key(1, n)));
  for (int n = 1000 - 196; n < 1000; ++n) CHECK(dedup.Seen(Key(0, n)));
  CHECK_FALSE(dedup.Seen(Key(0, 1000 - 197)));
}

TEST_CASE("event time is the furthest of all") {
  Old old;
  for (const int hour : {1, 3, 2}) {
    old.Partition([&](StateStore& store) {
      EventTime time({});
      time.OnEvent("db", Timestamp(std::chrono::hours(hour)));
      if (hour == 2) time.OnEvent("vpn", Timestamp(std::chrono::hours(hour)));
      time.Save(store);
    });
  }
  const auto store = old.Merged();
  EventTime time({});
  REQUIRE(time.Load(*store).ok());
  CHECK(time.now() == Timestamp(std::chrono::hours(3)));
  CHECK(time.watermark() == Timestamp(std::chrono::minutes(170)));
  std::string value;
  CHECK(*store->Get("time/vpn", &value));
}

TEST_CASE("every layout is kept, and what is gone stays gone") {
  Old old;
  old.Partition([](StateStore& store) {
    store.Put("schema/1", "one");
    store.Put("version", "abc");
  });
  old.Partition([](StateStore& store) { store.Put("schema/2", "two"); });
  old.merge.Take("schema/3", "three");
  old.merge.Take("schema/3", std::nullopt);
  const auto store = old.Merged();
  std::string value;
  for (const char* key : {"schema/1", "schema/2", "version"}) CHECK(*store->Get(key, &value));
  CHECK_FALSE(*store->Get("schema/3", &value));
}

TEST_CASE("a window that is not readable is no window") {
  StateMerge merge;
  merge.Begin();
  merge.Take("d/0", "nonsense");
  MemoryKeyValueStore database;
  const auto store = MakeStateStore(database, "");
  CHECK(merge.Put(256, store.get()).code() == Code::kCorrupt);
}

}  // namespace
}  // namespace bongsu
