// One suite over the StateStore, on memory and on RocksDB.
#include "state/overlay/overlay_store.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "state/format/checksum.h"
#include "tests/state/rocksdb/stores.h"

namespace bongsu {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Entries = std::vector<std::pair<std::string, std::optional<std::string>>>;

// A state under "s/" in a database where others have keys too.
class State final {
 public:
  explicit State(const std::string& kind) : database_(kind) {
    WriteBatch others;
    others.Put("l/other", "theirs");
    others.Put("s", "theirs");
    others.Put("s0", "theirs");
    REQUIRE(database_->Write(others).ok());
    Reopen();
  }
  void Reopen() { store_ = MakeStateStore(*database_, "s/"); }
  StateStore* operator->() { return store_.get(); }
  KeyValueStore& database() { return *database_; }

  std::optional<std::string> Get(std::string_view key) {
    std::string value = "untouched";
    const auto found = store_->Get(key, &value);
    REQUIRE(found.ok());
    return *found ? std::optional(value) : std::nullopt;
  }
  void Commit(int64_t next) {
    Meta meta;
    meta.next = next;
    REQUIRE(store_->Write(store_->Seal(meta)).ok());
    store_->Applied();
  }
  Pairs Scan(std::string_view prefix) {
    Pairs found;
    REQUIRE(store_
                ->Scan(prefix,
                       [&](std::string_view key, std::string_view value) {
                         found.emplace_back(key, value);
                         return true;
                       })
                .ok());
    return found;
  }
  Entries Overlay() {
    Entries entries;
    WriteBatch sealed;
    store_->SealOverlay(&sealed);
    store_->Visit(sealed, [&](std::string_view key, std::optional<std::string_view> value) {
      entries.emplace_back(key, value);
    });
    return entries;
  }

 private:
  AnyDatabase database_;
  std::unique_ptr<StateStore> store_;
};

std::string AnyKind() {
  return GENERATE(as<std::string>(), "memory", "rocksdb");
}

TEST_CASE("writes are seen at once, before and after they are durable") {
  State state(AnyKind());
  state->Put("u/ann", "1");
  CHECK(state.Get("u/ann") == "1");
  state.Commit(1);
  CHECK(state.Get("u/ann") == "1");
  state->Delete("u/ann");
  CHECK_FALSE(state.Get("u/ann").has_value());
  state.Commit(2);
  CHECK_FALSE(state.Get("u/ann").has_value());
  CHECK_FALSE(state.Get("u/bob").has_value());
}

TEST_CASE("what was not sealed and written is gone after a restart, position included") {
  State state(AnyKind());
  CHECK_FALSE(state->LoadMeta().value().has_value());
  state->Put("u/ann", "1");
  state.Commit(10);
  state->Put("u/ann", "2");
  state->Put("u/bob", "2");
  (void)state->Seal(Meta{});
  state.Reopen();
  CHECK(state.Get("u/ann") == "1");
  CHECK_FALSE(state.Get("u/bob").has_value());
  CHECK(state->LoadMeta().value()->next == 10);
}

TEST_CASE("an event that fails leaves no trace") {
  State state(AnyKind());
  state->Put("kept", "committed");
  state.Commit(1);
  state->Mark();
  state->Put("batch", "earlier event");
  state->Put("deleted", "earlier event");
  state->Delete("deleted");
  state->Mark();
  state->Put("kept", "x");
  state->Put("batch", "x");
  state->Put("batch", "y");
  state->Put("deleted", "x");
  state->Put("fresh", "x");
  state->Delete("fresh");
  state->Delete("batch");
  state->Rollback();
  CHECK(state.Get("kept") == "committed");
  CHECK(state.Get("batch") == "earlier event");
  CHECK_FALSE(state.Get("deleted").has_value());
  CHECK_FALSE(state.Get("fresh").has_value());
  CHECK(state.Overlay() ==
        Entries{{"batch", SealValue(1, "earlier event")}, {"deleted", std::nullopt}});
  state->Rollback();  // Nothing was written since.
  CHECK(state.Get("batch") == "earlier event");
}

TEST_CASE("what a rollback would bring back can be read before it") {
  State state(GENERATE("memory", "rocksdb"));
  const auto before = [&](std::string_view key) {
    std::string value = "untouched";
    const auto found = state->GetBefore(key, &value);
    REQUIRE(found.ok());
    return *found ? std::optional(value) : std::nullopt;
  };
  state->Put("disk", "1");
  state->Put("gone", "1");
  state.Commit(1);
  state->Put("batch", "1");
  state->Delete("gone");
  state->Mark();
  for (const char* key : {"disk", "gone", "batch", "new"}) {
    state->Put(key, "2");
    state->Put(key, "3");
  }
  state->Delete("disk");
  CHECK(before("disk") == "1");
  CHECK(before("gone") == std::nullopt);
  CHECK(before("batch") == "1");
  CHECK(before("new") == std::nullopt);
  CHECK(state.Get("batch") == "3");
  state->Mark();
  CHECK(before("batch") == "3");
  CHECK(before("disk") == std::nullopt);
  state->Rollback();
  CHECK(before("new") == "3");
}

TEST_CASE("the changelog gets sealed bytes, each key once, and restores them elsewhere") {
  State state(AnyKind());
  state->Put("u/bob", "a");
  state->Put("u/ann", "");
  state->Delete("t/old");
  state->Put("u/bob", "b");
  Entries entries = state.Overlay();
  std::ranges::sort(entries);
  CHECK(entries == Entries{{"t/old", std::nullopt},
                           {"u/ann", SealValue(1, "")},
                           {"u/bob", SealValue(1, "b")}});

  State other("memory");
  other->Put("t/old", "to be deleted");
  other.Commit(1);
  for (const auto& [key, value] : entries) REQUIRE(other->Restore(key, value).ok());
  CHECK(other.Get("u/bob") == "b");
  CHECK(other.Get("u/ann") == "");
  CHECK_FALSE(other.Get("t/old").has_value());
}

TEST_CASE("a restore is written with the position that ends it") {
  State state(AnyKind());
  REQUIRE(state->Restore("u/ann", SealValue(1, "old")).ok());
  REQUIRE(state->Restore("u/ann", SealValue(1, "new")).ok());
  Meta meta;
  meta.next = 5;
  meta.changelog_next = 17;
  REQUIRE(state->Write(state->Seal(meta)).ok());
  state->Applied();
  state.Reopen();
  CHECK(state.Get("u/ann") == "new");
  CHECK(*state->LoadMeta().value() == meta);
}

TEST_CASE("a restore larger than its buffer arrives whole") {
  State state(AnyKind());
  const std::string value = SealValue(1, std::string(10000, 'v'));
  for (int i = 0; i < 300; ++i) REQUIRE(state->Restore(StrCat("u/", 1000 + i), value).ok());
  CHECK(state.Scan("u/").size() == 300);
}

TEST_CASE("a restore refuses broken bytes and the meta record") {
  State state(AnyKind());
  CHECK(state->Restore("u/ann", "not sealed").code() == Code::kCorrupt);
  CHECK(state->Restore("u/ann", SealValue(2, "of a later release")).code() == Code::kInvalid);
  CHECK(state->Restore(kMetaKey, EncodeMeta(Meta{})).code() == Code::kInvalid);
  CHECK_FALSE(state.Get("u/ann").has_value());
}

TEST_CASE("a scan merges overlay and database in order, without neighbours and meta") {
  State state(AnyKind());
  for (const char* key : {"t/1", "t/3", "t/5", "t/7", "u/ann"}) state->Put(key, "disk");
  state.Commit(1);
  state->Put("t/0", "overlay");
  state->Put("t/3", "overlay");
  state->Delete("t/5");
  state->Put("t/9", "overlay");
  state->Put("s/x", "overlay");
  CHECK(state.Scan("t/") == Pairs{{"t/0", "overlay"},
                                  {"t/1", "disk"},
                                  {"t/3", "overlay"},
                                  {"t/7", "disk"},
                                  {"t/9", "overlay"}});
  CHECK(state.Scan("").size() == 7);
  for (size_t wanted = 1; wanted <= 5; ++wanted) {
    size_t seen = 0;
    REQUIRE(state->Scan("t/", [&](std::string_view, std::string_view) { return ++seen < wanted; })
                .ok());
    CHECK(seen == wanted);
  }
}

TEST_CASE("a byte changed on disk is found by get, scan and meta") {
  State state(AnyKind());
  state->Put("u/ann", "state");
  state.Commit(1);
  for (const std::string key : {"s/u/ann", "s/meta"}) {
    std::string value;
    REQUIRE(*state.database().Get(key, &value));
    value[2] = static_cast<char>(value[2] ^ 1);
    WriteBatch damage;
    damage.Put(key, value);
    REQUIRE(state.database().Write(damage).ok());
  }
  std::string value;
  const auto got = state->Get("u/ann", &value);
  CHECK(got.status().code() == Code::kCorrupt);
  CHECK(got.status().message().find("ann") == std::string::npos);
  CHECK(state->Scan("u/", [](auto, auto) { return true; }).code() == Code::kCorrupt);
  CHECK(state->LoadMeta().status().code() == Code::kCorrupt);
}

TEST_CASE("writes made while a sealed batch is being written stay for the next batch") {
  State state(AnyKind());
  state->Put("both", "first batch");
  state->Put("first", "first batch");
  const WriteBatch sealed = state->Seal(Meta{});
  state->Mark();
  state->Put("both", "second batch");
  state->Put("second", "second batch");
  REQUIRE(state->Write(sealed).ok());
  state->Applied();
  CHECK(state.Overlay() ==
        Entries{{"both", SealValue(1, "second batch")}, {"second", SealValue(1, "second batch")}});
  CHECK(state.Get("first") == "first batch");
  state->Rollback();
  CHECK(state.Get("both") == "first batch");
  CHECK_FALSE(state.Get("second").has_value());
}

TEST_CASE("another thread writes a sealed batch while this one reads and writes") {
  State state(AnyKind());
  const auto key = [](int i) { return "u/" + std::to_string(i); };
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 200; ++i) state->Put(key(i), std::to_string(round));
    const WriteBatch sealed = state->Seal(Meta{});
    Status written;
    std::thread writer([&] { written = state->Write(sealed); });
    for (int i = 0; i < 200; ++i) {
      CHECK(state.Get(key(i)) == std::to_string(round));
      CHECK_FALSE(state.Get(key(i + 1000)).has_value());
      if (i % 2 == 0) state->Put(key(i), "next");
    }
    writer.join();
    REQUIRE(written.ok());
    state->Applied();
    CHECK(state.Get(key(0)) == "next");
    CHECK(state.Get(key(1)) == std::to_string(round));
  }
}

TEST_CASE("two states in one database do not see each other") {
  AnyDatabase database(AnyKind());
  const auto left = MakeStateStore(*database, "s/0/");
  const auto right = MakeStateStore(*database, "s/1/");
  left->Put("u/ann", "left");
  REQUIRE(left->Write(left->Seal(Meta{})).ok());
  std::string value;
  CHECK_FALSE(*right->Get("u/ann", &value));
  CHECK_FALSE(right->LoadMeta().value().has_value());
}

TEST_CASE("a state can own its database and use all of its keys") {
  const auto state = MakeStateStore(std::make_unique<MemoryKeyValueStore>());
  state->Put("u/ann", "1");
  REQUIRE(state->Write(state->Seal(Meta{})).ok());
  state->Applied();
  std::string value;
  REQUIRE(*state->Get("u/ann", &value));
  CHECK(value == "1");
  CHECK(state->ApproximateSize() > 0);
}

TEST_CASE("random events, failures, commits and restarts leave what a plain map has") {
  State state(AnyKind());
  SplitMix64 random(42);
  std::map<std::string, std::string> durable, batch;
  int64_t position = 0;
  for (int event = 0; event < 3000; ++event) {
    state->Mark();
    auto after = batch;
    for (uint64_t i = random.Below(5); i > 0; --i) {
      const std::string key = StrCat("k", random.Below(30));
      if (random.Below(4) == 0) {
        state->Delete(key);
        after.erase(key);
      } else {
        const std::string value(random.Below(300), static_cast<char>(random.Below(256)));
        state->Put(key, value);
        after[key] = value;
      }
    }
    if (random.Below(5) == 0) {
      state->Rollback();
    } else {
      batch = after;
    }
    if (random.Below(10) == 0) {
      state.Commit(++position);
      durable = batch;
    } else if (random.Below(100) == 0) {
      state.Reopen();
      batch = durable;
    }
    const std::string key = StrCat("k", random.Below(30));
    const auto it = batch.find(key);
    REQUIRE(state.Get(key) == (it == batch.end() ? std::nullopt : std::optional(it->second)));
  }
  CHECK(state.Scan("k") == Pairs(batch.begin(), batch.end()));
  CHECK(state->LoadMeta().value()->next == position);
}

}  // namespace
}  // namespace bongsu
