#include "state/behind/write_behind.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "state/memory/memory_store.h"
#include "tests/support/store_around.h"

namespace bongsu {
namespace {

using std::chrono::seconds;

class HandClock final : public Clock {
 public:
  Timestamp Now() const override { return now; }
  void SleepFor(Duration) const override {}
  Timestamp now{seconds(1000)};
};

// What has reached the disk, which may be full.
struct Disk {
  MemoryKeyValueStore data;
  std::vector<std::vector<std::string>> batches;  // Keys, in their order.
  bool full = false, synced = false;

  std::string At(std::string_view key) {
    std::string value;
    return *data.Get(key, &value) ? value : "-";
  }
};

class DiskStore final : public StoreAround {
 public:
  explicit DiskStore(Disk& disk) : StoreAround(disk.data), disk_(disk) {}
  Status Write(const WriteBatch& batch, bool sync) override {
    if (disk_.full) return Status::Unavailable("full");
    disk_.synced = sync;
    std::vector<std::string>& keys = disk_.batches.emplace_back();
    for (const WriteBatch::Op& op : batch.ops()) keys.emplace_back(op.key);
    return StoreAround::Write(batch, sync);
  }

 private:
  Disk& disk_;
};

struct Rig {
  explicit Rig(size_t bytes) : behind({bytes, seconds(2)}, clock), store(Open(disk)) {}
  std::unique_ptr<KeyValueStore> Open(Disk& of) {
    return behind.Before(std::make_unique<DiskStore>(of));
  }
  std::string At(std::string_view key) const {
    std::string value;
    return *store->Get(key, &value) ? value : "-";
  }

  HandClock clock;
  Disk disk;
  WriteBehind behind;
  std::unique_ptr<KeyValueStore> store;
};

WriteBatch Puts(std::vector<std::pair<std::string, std::string>> pairs) {
  WriteBatch batch;
  for (const auto& [key, value] : pairs) batch.Put(key, value);
  return batch;
}

TEST_CASE("what is written is read at once, and reaches the disk when twice its share waits") {
  Rig rig(20);
  REQUIRE(rig.store->Write(Puts({{"b", "1"}, {"meta", "1"}})).ok());
  WriteBatch second = Puts({{"a", "2"}, {"meta", "2"}});
  second.Delete("b");
  REQUIRE(rig.store->Write(second).ok());
  CHECK(rig.At("a") == "2");
  CHECK(rig.At("b") == "-");
  CHECK(rig.disk.batches.empty());
  REQUIRE(rig.store->Write(Puts({{"c", std::string(40, '3')}, {"meta", "3"}})).ok());
  using Keys = std::vector<std::string>;
  CHECK(rig.disk.batches == std::vector<Keys>{{"a", "b", "c", "meta"}});
  CHECK(rig.disk.At("b") == "-");
  CHECK(rig.disk.At("meta") == "3");
  CHECK(rig.At("meta") == "3");
}

TEST_CASE("who tends a store writes what has waited for long, or is its share") {
  Rig rig(100);
  rig.behind.Tend();
  REQUIRE(rig.store->Write(Puts({{"a", "1"}})).ok());
  rig.clock.now += seconds(1);
  rig.behind.Tend();
  CHECK(rig.disk.batches.empty());
  rig.clock.now += seconds(1);
  rig.behind.Tend();
  CHECK(rig.disk.At("a") == "1");
  REQUIRE(rig.store->Write(Puts({{"a", "2"}})).ok());
  rig.behind.Tend();
  CHECK(rig.disk.At("a") == "1");
  REQUIRE(rig.store->Write(Puts({{"b", std::string(100, 'x')}})).ok());
  CHECK(rig.disk.At("a") == "1");
  rig.behind.Tend();
  CHECK(rig.disk.At("a") == "2");
  CHECK(rig.disk.batches.size() == 2);
  rig.store.reset();
  rig.behind.Tend();
}

TEST_CASE("what waits is on the disk before a scan, a deleted range, a sync and the end") {
  Rig rig(1 << 20);
  REQUIRE(rig.store->Write(Puts({{"a", "1"}, {"b", "1"}})).ok());
  const auto all = [](std::string_view, std::string_view) { return true; };
  SECTION("a scan") {
    REQUIRE(rig.store->Scan("", "", all).ok());
  }
  SECTION("a deleted range") {
    REQUIRE(rig.store->DeleteRange("b", "c").ok());
  }
  SECTION("a sync") {
    REQUIRE(rig.store->Write(WriteBatch(), true).ok());
    CHECK(rig.disk.synced);
  }
  SECTION("the end") {
    rig.store.reset();
  }
  CHECK(rig.disk.At("a") == "1");
  CHECK(rig.disk.batches.size() == 1);
}

TEST_CASE("stores share what may wait") {
  Rig rig(1000);
  Disk other;
  const auto second = rig.Open(other);
  REQUIRE(rig.store->Write(Puts({{"a", std::string(490, 'x')}})).ok());
  REQUIRE(second->Write(Puts({{"a", std::string(510, 'x')}})).ok());
  rig.behind.Tend();
  CHECK(rig.disk.batches.empty());
  CHECK(other.batches.size() == 1);
}

TEST_CASE("a full disk fails writes and loses nothing") {
  Rig rig(10);
  rig.disk.full = true;
  const WriteBatch first = Puts({{"a", "0123456789"}}), second = Puts({{"b", "1"}});
  SECTION("noticed by who writes") {
    const WriteBatch large = Puts({{"a", "0123456789"}, {"c", "0123456789"}});
    CHECK(rig.store->Write(large).code() == Code::kUnavailable);
  }
  SECTION("noticed by who tends") {
    REQUIRE(rig.store->Write(first).ok());
    rig.behind.Tend();
  }
  CHECK(rig.At("a") == "0123456789");
  CHECK(rig.store->Write(first).code() == Code::kUnavailable);
  CHECK(rig.store->Write(second).code() == Code::kUnavailable);
  rig.disk.full = false;
  REQUIRE(rig.store->Write(second).ok());
  CHECK(rig.At("b") == "1");
  rig.store.reset();
  CHECK(rig.disk.At("a") == "0123456789");
  CHECK(rig.disk.At("b") == "1");
}

// Whatever the sizes: the disk is as it was after one of the writes, never between two.
TEST_CASE("the disk is always as some write left it") {
  SplitMix64 random(20261122);
  for (int round = 0; round < 50; ++round) {
    Rig rig(random.Below(400));
    std::vector<std::map<std::string, std::string>> after(1);
    for (int i = 1; i <= 40; ++i) {
      WriteBatch batch;
      auto next = after.back();
      for (uint64_t n = random.Below(6); n > 0; --n) {
        const std::string key = StrCat("k", random.Below(8));
        if (random.Below(4) == 0) {
          batch.Delete(key);
          next.erase(key);
        } else {
          batch.Put(key, next[key] = StrCat("v", i, '/', n));
        }
      }
      batch.Put("meta", next["meta"] = StrCat(i));
      after.push_back(next);
      rig.clock.now += seconds(random.Below(2));
      if (random.Below(3) == 0) rig.behind.Tend();
      REQUIRE(rig.store->Write(batch).ok());
      std::map<std::string, std::string> there;
      REQUIRE(rig.disk.data
                  .Scan("", "",
                        [&](std::string_view key, std::string_view value) {
                          there.emplace(key, value);
                          return true;
                        })
                  .ok());
      const size_t which = there.contains("meta") ? std::stoul(there["meta"]) : 0;
      CHECK(there == after[which]);
      for (const auto& [key, value] : next) CHECK(rig.At(key) == value);
    }
  }
}

}  // namespace
}  // namespace bongsu
