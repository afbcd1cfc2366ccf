// Beside the workers: partitions without an owner, and copies for a takeover.
#include "engine/pipeline/group_watch.h"

#include <catch2/catch.hpp>

#include "state/overlay/overlay_store.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

struct Rig {
  explicit Rig(int standby) {
    bank.log().view = {
        true, {{"me.score-0", {{"bongsu.events", 0}}}, {"other.score-0", {{"bongsu.events", 1}}}}};
    GroupWatch::Options options;
    options.group = "score";
    options.instance = "me";
    options.input = "bongsu.events";
    options.changelog = "bongsu.changelog";
    options.partitions = 2;
    options.standby = standby;
    GroupWatch::Environment environment;
    environment.open_store =
        [this](const TopicPartition& from) -> Result<std::unique_ptr<StateStore>> {
      if (held.contains(from)) return std::unique_ptr<StateStore>();
      if (corrupt) return Status::Corrupt("the disk lied");
      return MakeStateStore(copies[from], "");
    };
    environment.set_aside = [this](const TopicPartition& from) {
      ++set_aside;
      corrupt = false;
      return copies[from].DeleteRange("", "");
    };
    environment.wanted = [this](const TopicPartition& from) { return wanted.contains(from); };
    environment.notify = [this](std::string_view note) { notes.emplace_back(note); };
    environment.report = [this](std::string_view reason) { reports.emplace_back(reason); };
    watch =
        std::make_unique<GroupWatch>(options, environment, bank.log(), bank.metrics, bank.clock);
  }
  void Pass(Duration time) {
    for (Duration passed{0}; passed < time; passed += std::chrono::milliseconds(500)) {
      bank.clock.now += std::chrono::milliseconds(500);
      watch->Step();
    }
  }
  std::optional<Meta> CopyMeta(int32_t partition) {
    return MakeStateStore(copies[{"bongsu.events", partition}], "")->LoadMeta().value();
  }
  Bank bank;
  std::map<TopicPartition, MemoryKeyValueStore> copies;
  std::set<TopicPartition> held, wanted;
  int set_aside = 0;
  bool corrupt = false;
  std::vector<std::string> notes, reports;
  std::unique_ptr<GroupWatch> watch;
};

TEST_CASE("a standby follows the changelog of what it would get, and of nothing else") {
  Rig rig(1);
  rig.bank.Send({"1 ann VIEW 1", "2 bob VIEW 2", "3 eve VIEW 3", "tick 4"});
  REQUIRE(rig.bank.RunScore().ok());
  rig.Pass(std::chrono::seconds(5));
  CHECK(rig.watch->following() == 1);
  CHECK(rig.bank.metrics["standby_partitions"] == 1);
  CHECK_FALSE(rig.CopyMeta(0).has_value());
  // What came is on the copy's disk with its position about a second later.
  rig.bank.Send({"4 ann VIEW 5", "5 bob VIEW 6", "6 eve VIEW 7", "tick 8"});
  REQUIRE(rig.bank.RunScore().ok());
  rig.Pass(std::chrono::seconds(3));
  const auto meta =
      MakeStateStore(rig.bank.disks[{"bongsu.events", 1}].data, "")->LoadMeta().value();
  REQUIRE(rig.CopyMeta(1).has_value());
  CHECK(rig.CopyMeta(1)->next == meta->next);
}

TEST_CASE("a standby gives a store to the worker that waits for it") {
  Rig rig(1);
  rig.Pass(std::chrono::seconds(3));
  REQUIRE(rig.watch->following() == 1);
  rig.wanted.insert({"bongsu.events", 1});
  rig.Pass(std::chrono::seconds(3));
  CHECK(rig.watch->following() == 0);
}

TEST_CASE("a standby leaves alone what a worker of its process still holds") {
  Rig rig(1);
  rig.held.insert({"bongsu.events", 1});
  rig.Pass(std::chrono::seconds(3));
  CHECK(rig.watch->following() == 0);
}

TEST_CASE("a stale copy is set aside before it is followed") {
  Rig rig(1);
  Meta old;
  old.cluster = 5;
  const auto store = MakeStateStore(rig.copies[{"bongsu.events", 1}], "");
  REQUIRE(store->Write(store->Seal(old)).ok());
  rig.Pass(std::chrono::seconds(3));
  CHECK(rig.set_aside == 1);
  CHECK(rig.watch->following() == 1);
}

TEST_CASE("a copy that does not open is set aside before it is followed") {
  Rig rig(1);
  rig.corrupt = true;
  rig.Pass(std::chrono::seconds(3));
  CHECK(rig.set_aside == 1);
  CHECK(rig.watch->following() == 1);
}

TEST_CASE("without a standby nothing is followed") {
  Rig rig(0);
  rig.Pass(std::chrono::seconds(5));
  CHECK(rig.watch->following() == 0);
}

TEST_CASE("a partition that nobody owns for two session time-outs makes the group assign anew") {
  Rig rig(0);
  rig.bank.log().view.members.pop_back();
  rig.Pass(std::chrono::seconds(10));
  CHECK(rig.bank.metrics["partitions_without_owner"] == 1);
  CHECK(rig.reports.empty());
  rig.Pass(std::chrono::seconds(5));
  REQUIRE(rig.reports.size() == 1);
  CHECK_THAT(rig.reports[0], Catch::Contains("1 partitions of bongsu.events"));
  CHECK(rig.bank.log().members == std::vector<std::string>{""});
  // Once it has an owner again, all is well.
  rig.bank.log().view.members.push_back({"other.score-0", {{"bongsu.events", 1}}});
  rig.Pass(std::chrono::seconds(3));
  CHECK(rig.reports.back().empty());
  CHECK(rig.bank.metrics["partitions_without_owner"] == 0);
}

TEST_CASE("making the group assign anew is tried again soon when the broker refuses") {
  Rig rig(0);
  rig.bank.log().view.members.pop_back();
  rig.bank.log().FailAt(Call::kNewConsumer, 1, Fault::kUnavailable, 2);
  rig.Pass(std::chrono::seconds(18));
  CHECK(rig.bank.log().members == std::vector<std::string>{""});
  CHECK(rig.notes.size() == 1);
}

TEST_CASE("a rebalance under way is no reason for alarm") {
  Rig rig(0);
  rig.bank.log().view = {false, {}};
  rig.Pass(std::chrono::minutes(1));
  CHECK(rig.reports.empty());
}

}  // namespace
}  // namespace bongsu
