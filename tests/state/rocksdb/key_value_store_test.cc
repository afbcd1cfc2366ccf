// One suite over every KeyValueStore: memory, write-behind, read-ahead and RocksDB mean the same.
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "tests/state/rocksdb/stores.h"

namespace bongsu {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs ScanAll(KeyValueStore& store, std::string_view from = "", std::string_view to = "") {
  Pairs found;
  REQUIRE(store
              .Scan(from, to,
                    [&](std::string_view key, std::string_view value) {
                      found.emplace_back(key, value);
                      return true;
                    })
              .ok());
  return found;
}

std::optional<std::string> Read(KeyValueStore& store, std::string_view key) {
  std::string value = "untouched";
  const auto found = store.Get(key, &value);
  REQUIRE(found.ok());
  return *found ? std::optional(value) : std::nullopt;
}

void Put(KeyValueStore& store, const Pairs& pairs) {
  WriteBatch batch;
  for (const auto& [key, value] : pairs) batch.Put(key, value);
  REQUIRE(store.Write(batch).ok());
}

TEST_CASE("a database gives back what was put, and nothing else") {
  AnyDatabase store(GENERATE(as<std::string>(), "memory", "behind", "ahead", "rocksdb"));
  const std::string binary("\0\xff\n/", 4);
  Put(*store, {{"a", "1"}, {binary, binary}, {"empty", ""}});
  CHECK(Read(*store, "a") == "1");
  CHECK(Read(*store, binary) == binary);
  CHECK(Read(*store, "empty") == "");
  CHECK_FALSE(Read(*store, "b").has_value());
  CHECK(store->ApproximateSize() > 0);
}

TEST_CASE("the later of two writes to a key wins, in a batch and over batches") {
  AnyDatabase store(GENERATE(as<std::string>(), "memory", "behind", "ahead", "rocksdb"));
  WriteBatch batch;
  batch.Put("k", "first");
  batch.Delete("k");
  batch.Put("k", "second");
  batch.Put("gone", "x");
  batch.Delete("gone");
  batch.Delete("never there");
  REQUIRE(store->Write(batch).ok());
  CHECK(Read(*store, "k") == "second");
  CHECK_FALSE(Read(*store, "gone").has_value());
  REQUIRE(store->Write(WriteBatch(), true).ok());
}

TEST_CASE("a scan is in byte order, half open, and stops when told") {
  AnyDatabase store(GENERATE(as<std::string>(), "memory", "behind", "ahead", "rocksdb"));
  Put(*store, {{"b", "2"}, {"a", "1"}, {"\xff", "4"}, {"b\x01", "3"}});
  CHECK(ScanAll(*store) == Pairs{{"a", "1"}, {"b", "2"}, {"b\x01", "3"}, {"\xff", "4"}});
  CHECK(ScanAll(*store, "b", "\xff") == Pairs{{"b", "2"}, {"b\x01", "3"}});
  CHECK(ScanAll(*store, "c", "b").empty());
  CHECK(ScanAll(*store, "b", "b").empty());
  int seen = 0;
  REQUIRE(store->Scan("", "", [&](std::string_view, std::string_view) { return ++seen < 2; }).ok());
  CHECK(seen == 2);
}

TEST_CASE("a range is deleted from its first key to before its last") {
  AnyDatabase store(GENERATE(as<std::string>(), "memory", "behind", "ahead", "rocksdb"));
  Put(*store, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  REQUIRE(store->DeleteRange("b", "b").ok());
  REQUIRE(store->DeleteRange("c", "a").ok());
  REQUIRE(store->DeleteRange("b", "d").ok());
  CHECK(ScanAll(*store) == Pairs{{"a", "1"}, {"d", "4"}});
  REQUIRE(store->DeleteRange("b", "").ok());
  CHECK(ScanAll(*store) == Pairs{{"a", "1"}});
}

TEST_CASE("random batches leave what a plain map has") {
  AnyDatabase store(GENERATE(as<std::string>(), "memory", "behind", "ahead", "rocksdb"));
  SplitMix64 random(20261121);
  std::map<std::string, std::string> plain;
  for (int round = 0; round < 200; ++round) {
    WriteBatch batch;
    for (uint64_t i = random.Below(8); i > 0; --i) {
      const std::string key = StrCat("k", random.Below(40));
      if (random.Below(3) == 0) {
        batch.Delete(key);
        plain.erase(key);
      } else {
        const std::string value(random.Below(64), static_cast<char>(random.Below(256)));
        batch.Put(key, value);
        plain[key] = value;
      }
    }
    REQUIRE(store->Write(batch).ok());
  }
  CHECK(ScanAll(*store) == Pairs(plain.begin(), plain.end()));
}

TEST_CASE("readers on other threads see a batch whole") {
  AnyDatabase store(GENERATE(as<std::string>(), "memory", "behind", "ahead", "rocksdb"));
  Put(*store, {{"left", "0"}, {"right", "0"}});
  std::thread writer([&] {
    for (int i = 1; i <= 300; ++i) {
      WriteBatch batch;
      batch.Put("left", StrCat(i));
      batch.Put("right", StrCat(i));
      if (!store->Write(batch).ok()) return;
    }
  });
  bool torn = false;
  for (std::string left; left != "300";) {
    const Pairs both = ScanAll(*store);
    torn = torn || both[0].second != both[1].second;
    left = both[0].second;
  }
  writer.join();
  CHECK_FALSE(torn);
}

}  // namespace
}  // namespace bongsu
