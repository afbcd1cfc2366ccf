// One holder a partition; what is given back stays open for a while.
#include "engine/pipeline/store_keeper.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

const TopicPartition kOf{"in", 3};

struct Rig {
  std::unique_ptr<KeyValueStore> Take() {
    auto taken = keeper.Take(kOf);
    REQUIRE(taken.ok());
    return *std::move(taken);
  }
  TestClock clock;
  std::atomic<int> opened = 0;
  int set_aside = 0;
  Status fails;
  StoreKeeper keeper{
      {[this](const TopicPartition&) -> Result<std::unique_ptr<KeyValueStore>> {
         BONGSU_RETURN_IF_ERROR(fails);
         ++opened;
         return std::unique_ptr<KeyValueStore>(std::make_unique<MemoryKeyValueStore>());
       },
       [this](const TopicPartition&) {
         ++set_aside;
         return Status::Ok();
       }},
      std::chrono::minutes(5),
      clock};
};

void Put(KeyValueStore& store, const std::string& key) {
  WriteBatch batch;
  batch.Put(key, "value");
  REQUIRE(store.Write(batch).ok());
}

bool Has(KeyValueStore& store, const std::string& key) {
  std::string value;
  return store.Get(key, &value).value();
}

TEST_CASE("who asks for a store that is held waits, and the holder hears of it") {
  Rig rig;
  auto first = rig.Take();
  CHECK_FALSE(rig.keeper.Wanted(kOf));
  CHECK(rig.Take() == nullptr);
  CHECK(rig.keeper.Wanted(kOf));
  first.reset();
  CHECK(rig.Take() != nullptr);
  CHECK_FALSE(rig.keeper.Wanted(kOf));
}

TEST_CASE("a store that comes back is still open, until nobody has wanted it for long") {
  Rig rig;
  Put(*rig.Take(), "a");
  rig.clock.now += std::chrono::minutes(4);
  rig.keeper.Tend();
  CHECK(Has(*rig.Take(), "a"));
  CHECK(rig.opened == 1);
  rig.clock.now += std::chrono::minutes(6);
  rig.keeper.Tend();
  CHECK_FALSE(Has(*rig.Take(), "a"));
  CHECK(rig.opened == 2);
}

TEST_CASE("a store that is held is not closed under its holder") {
  Rig rig;
  const auto held = rig.Take();
  rig.clock.now += std::chrono::hours(1);
  rig.keeper.Tend();
  Put(*held, "a");
  CHECK(Has(*held, "a"));
}

TEST_CASE("a store that is set aside is closed first and opened anew") {
  Rig rig;
  Put(*rig.Take(), "a");
  REQUIRE(rig.keeper.SetAside(kOf).ok());
  CHECK(rig.set_aside == 1);
  CHECK_FALSE(Has(*rig.Take(), "a"));
}

TEST_CASE("a store that somebody else has taken since is not set aside under them") {
  Rig rig;
  rig.Take();  // Given back at once.
  const auto quicker = rig.Take();
  CHECK(rig.keeper.SetAside(kOf).code() == Code::kUnavailable);
  CHECK(rig.set_aside == 0);
  Put(*quicker, "a");
  CHECK(Has(*quicker, "a"));
}

TEST_CASE("a store that does not open can be asked for again") {
  Rig rig;
  rig.fails = Status::Corrupt("the disk lied");
  CHECK(rig.keeper.Take(kOf).status().code() == Code::kCorrupt);
  rig.fails = Status::Ok();
  CHECK(rig.Take() != nullptr);
}

TEST_CASE("stores are opened ahead, side by side, and one that does not open is asked for again") {
  Rig rig;
  std::vector<TopicPartition> all;
  for (int32_t i = 0; i < 40; ++i) all.push_back({"in", i});
  const auto held = rig.Take();  // Is not opened a second time.
  rig.keeper.Warm(all);
  for (const TopicPartition& each : all) {
    if (each == kOf) continue;
    while (rig.keeper.Take(each).value() == nullptr) std::this_thread::yield();
  }
  CHECK(rig.opened == 40);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // Nobody is at work any more.
  rig.fails = Status::Corrupt("the disk lied");
  rig.keeper.Warm(std::vector<TopicPartition>{{"in", 77}});
  const auto taken = [&] { return rig.keeper.Take({"in", 77}); };
  while (taken().ok()) std::this_thread::yield();
  CHECK(taken().status().code() == Code::kCorrupt);
}

}  // namespace
}  // namespace bongsu
