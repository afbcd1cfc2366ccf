#include "engine/pipeline/timers.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"
#include "tests/support/store_around.h"

using namespace bongsu;

namespace {

// Counts how often the database is searched through.
class CountingStore final : public StoreAround {
 public:
  using StoreAround::StoreAround;
  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    ++scans;
    return StoreAround::Scan(from, to, visit);
  }
  int scans = 0;
};

struct Clockwork {
  MemoryKeyValueStore memory;
  CountingStore database{memory};
  std::unique_ptr<StateStore> store = MakeStateStore(database, "");
  Timers timers{*store};

  Clockwork() { REQUIRE(timers.Start().ok()); }
  void Mark() {
    store->Mark();
    timers.Mark();
  }
  void Undo() {
    store->Rollback();
    timers.Undo();
  }
  void Commit() {
    REQUIRE(store->Write(store->Seal({})).ok());
    store->Applied();
  }
  std::string Take(int64_t now_ms) {
    Mark();
    const auto due = timers.Take(FromMillis(now_ms));
    REQUIRE(due.ok());
    return *due ? StrCat(ToMillis((*due)->at), " ", (*due)->op, " ", (*due)->user) : "none";
  }
};

}  // namespace

TEST_CASE("timers come in the order of time, operator and person") {
  Clockwork clock;
  clock.timers.Set(FromMillis(20), "risk", "bob");
  clock.timers.Set(FromMillis(10), "risk", "cid");
  clock.timers.Set(FromMillis(20), "decide", "zoe");
  clock.timers.Set(FromMillis(20), "risk", "ann");
  CHECK_FALSE(clock.timers.AnyDue(FromMillis(9)));
  CHECK(clock.timers.AnyDue(FromMillis(10)));
  CHECK(clock.Take(9) == "none");
  CHECK(clock.Take(100) == "10 risk cid");
  CHECK(clock.Take(100) == "20 decide zoe");
  CHECK(clock.Take(100) == "20 risk ann");
  CHECK(clock.Take(100) == "20 risk bob");
  CHECK(clock.Take(100) == "none");
  CHECK_FALSE(clock.timers.AnyDue(FromMillis(1'000'000)));
}

TEST_CASE("what a failed event did to timers is undone") {
  Clockwork clock;
  clock.timers.Set(FromMillis(10), "risk", "ann");
  clock.Mark();
  clock.timers.Cancel(FromMillis(10), "risk", "ann");
  clock.timers.Set(FromMillis(5), "risk", "bob");
  clock.Undo();
  CHECK_FALSE(clock.timers.AnyDue(FromMillis(9)));
  CHECK(clock.Take(50) == "10 risk ann");
  CHECK(clock.Take(50) == "none");
}

TEST_CASE("a restart finds the timers that are left") {
  Clockwork clock;
  for (int i = 0; i < 3; ++i) clock.timers.Set(FromMillis(10 + i), "risk", "ann");
  CHECK(clock.Take(10) == "10 risk ann");
  clock.Commit();
  Timers again(*clock.store);
  REQUIRE(again.Start().ok());
  CHECK_FALSE(again.AnyDue(FromMillis(10)));
  CHECK(again.AnyDue(FromMillis(11)));
}

// Each look for the first timer passed the remains of all that had been taken: half of the time of
// a long replay.
TEST_CASE("taking many timers hardly ever searches the store") {
  Clockwork clock;
  const int count = 3 * static_cast<int>(Timers::kAtHand);
  for (int i = 0; i < count; ++i) clock.timers.Set(FromMillis(i), "risk", StrCat("u", i));
  clock.Commit();
  const int before = clock.database.scans;
  for (int i = 0; i < count; ++i) REQUIRE(clock.Take(count) == StrCat(i, " risk u", i));
  CHECK(clock.Take(count) == "none");
  CHECK(clock.database.scans - before <= 4);
}

TEST_CASE("many timers, set, cancelled, undone and taken in any order, are those of a plain list") {
  Clockwork clock;
  SplitMix64 random(3);
  std::vector<std::pair<int64_t, std::string>> plain;
  int64_t now = 0;
  for (int i = 0; i < 60'000; ++i) {
    const uint64_t dice = random.Below(20);
    clock.Mark();
    if (dice < 14) {
      const int64_t at = now + static_cast<int64_t>(random.Below(dice < 7 ? 20'000'000 : 2'000));
      const std::string user = StrCat("u", i);
      clock.timers.Set(FromMillis(at), "risk", user);
      if (dice == 0) {
        clock.Undo();
      } else {
        plain.insert(std::upper_bound(plain.begin(), plain.end(), std::pair(at, user)), {at, user});
      }
    } else if (dice < 17 && !plain.empty()) {
      const auto one = plain.begin() + static_cast<std::ptrdiff_t>(random.Below(plain.size()));
      clock.timers.Cancel(FromMillis(one->first), "risk", one->second);
      if (dice == 16) {
        clock.Undo();
      } else {
        plain.erase(one);
      }
    } else {
      now += static_cast<int64_t>(random.Below(600));
      while (!plain.empty() && plain.front().first <= now) {
        REQUIRE(clock.Take(now) == StrCat(plain.front().first, " risk ", plain.front().second));
        plain.erase(plain.begin());
      }
      REQUIRE(clock.Take(now) == "none");
    }
    if (i % 5000 == 0) clock.Commit();
  }
  CHECK(plain.size() > 2 * Timers::kAtHand);  // Else nothing was ever beyond what is at hand.
  for (const auto& [at, user] : plain) REQUIRE(clock.Take(at) == StrCat(at, " risk ", user));
  CHECK(clock.Take(now + 100'000'000) == "none");
}
