// Only who is gone is ended, only by who is there.
#include "engine/pipeline/stray_transactions.h"

#include <catch2/catch.hpp>

#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

const TopicPartition kOf{"bongsu.changelog", 0};

struct Rig {
  Rig() {
    bank.log().view = {true, {{"me.score-0", {}}, {"alive.score-0", {}}}};
    bank.log().open = OpenTransaction{17, "p.g.dead.score-0"};
  }
  bool End() {
    bank.clock.now += std::chrono::seconds(1);
    return stray.End(kOf).value();
  }
  Bank bank;
  std::vector<std::string> notes;
  StrayTransactions stray{
      {"g.score", "p.g", "me.score-0", [this](std::string_view note) { notes.emplace_back(note); }},
      bank.log(),
      bank.clock};
};

TEST_CASE("the transaction of an owner that is gone is ended and told of") {
  Rig rig;
  CHECK(rig.End());
  CHECK_FALSE(rig.bank.log().open.has_value());
  REQUIRE(rig.notes.size() == 1);
  CHECK_THAT(rig.notes[0], Catch::Contains("p.g.dead.score-0") && Catch::Contains("offset 17"));
  CHECK_FALSE(rig.End());
}

TEST_CASE("living workers are never fenced, so two cannot fence each other in turn") {
  Rig rig;
  rig.bank.log().open->id = "p.g.alive.score-0";
  CHECK_FALSE(rig.End());
  rig.bank.log().open->id = "p.g.me.score-0";
  CHECK_FALSE(rig.End());
  CHECK(rig.bank.log().open.has_value());
}

TEST_CASE("a worker that is no member itself ends nobody's transaction") {
  Rig rig;
  rig.bank.log().view.members.erase(rig.bank.log().view.members.begin());
  CHECK_FALSE(rig.End());
}

TEST_CASE("while the group is rebalancing nobody is taken for gone") {
  Rig rig;
  rig.bank.log().view.stable = false;
  CHECK_FALSE(rig.End());
}

TEST_CASE("a producer of another system is left alone") {
  Rig rig;
  for (const char* id : {"", "somebody", "p.gdead.score-0"}) {
    rig.bank.log().open->id = id;
    CHECK_FALSE(rig.End());
  }
}

TEST_CASE("the broker is asked at most twice a second for a partition") {
  Rig rig;
  rig.bank.log().open.reset();
  CHECK_FALSE(rig.End());
  rig.bank.log().open = OpenTransaction{17, "p.g.dead.score-0"};
  CHECK_FALSE(rig.stray.End(kOf).value());
  rig.bank.clock.now += std::chrono::milliseconds(600);
  CHECK(rig.stray.End(kOf).value());
}

}  // namespace
}  // namespace bongsu
