// One partition from record to outputs.
#include "engine/pipeline/score_shard.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

Bank::Options OnePartition() {
  Bank::Options options;
  options.partitions = 1;
  return options;
}

TEST_CASE("an event on which an operator breaks is a dead letter and leaves no trace") {
  Bank broken(OnePartition()), never(OnePartition());
  broken.Send({"1 ann VIEW 1", "2 ann VIEW 2", "3 ann BOOM 2", "4 ann VIEW 3"});
  never.Send({"1 ann VIEW 1", "2 ann VIEW 2"});
  never.SendTo(0, "not an event");  // Takes the offset.
  never.Send({"4 ann VIEW 3"});
  REQUIRE(broken.RunScore().ok());
  REQUIRE(never.RunScore().ok());
  // Transactions of the source take no offsets here, so both stand at the same place.
  CHECK(broken.StateOf(0) == never.StateOf(0));
  CHECK(broken.Read("alerts") == never.Read("alerts"));
  CHECK(broken.Read("user-risk") == never.Read("user-risk"));
  REQUIRE(broken.Read("dead-letters").size() == 1);
  CHECK_THAT(broken.Read("dead-letters")[0], Catch::Contains("3 ann BOOM 2 reason=operator"));
  CHECK(broken.metrics["dead_letters_total{reason=operator}"] == 1);
  CHECK(broken.metrics["alerts_suppressed_total{reason=never}"] == 0);
}

TEST_CASE("duplicates are dropped by source and id, over restarts too") {
  Bank bank(OnePartition());
  bank.Send({"1 ann VIEW 1 db", "1 ann VIEW 1 db", "1 ann VIEW 1 vpn"});
  REQUIRE(bank.RunScore().ok());
  bank.Send({"1 ann VIEW 1 vpn", "2 ann VIEW 2 vpn"});
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.metrics["events_scored_total"] == 3);
  CHECK(bank.metrics["events_duplicate_total"] == 2);
  CHECK(bank.Read("alerts").size() == 1);
}

TEST_CASE("ticks fire timers in order, and only once") {
  Bank bank(OnePartition());
  bank.Send({"1 ann WAIT 100", "2 bob WAIT 50", "3 cho WAIT 60", "4 cho CANCEL 70", "tick 3700"});
  REQUIRE(bank.RunScore().ok());
  auto risks = bank.Read("user-risk");
  REQUIRE(risks.size() == 6);
  CHECK(risks[4] == "0 bob risk bob 3650000 7 cause=event");
  CHECK(risks[5] == "0 ann risk ann 3700000 7 cause=event");
  bank.Send({"tick 9999"});
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.Read("user-risk").size() == 6);
  CHECK(bank.metrics["control_events_total{kind=tick}"] == 2);
}

TEST_CASE("control events that say nothing sensible are dead letters; the others are kept") {
  Bank bank(OnePartition());
  bank.SendTo(0, "{}", {{kTypeHeader, "coup"}});
  bank.SendTo(0, "{}", {{kTypeHeader, kTick}});
  bank.SendTo(0, "{}", {{kTypeHeader, kTick}, {kTimeHeader, "12x"}});
  bank.SendTo(0, "5 ann VIEW 1", {{kOriginHeader, "nowhere"}});
  bank.SendTo(0, "{}", {{kTypeHeader, kVersion}, {kDigestHeader, "abc"}});
  bank.SendTo(0, "{}", {{kTypeHeader, kDecision}});
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.Read("dead-letters").size() == 4);
  CHECK(bank.metrics["dead_letters_total{reason=control}"] == 3);
  CHECK(bank.metrics["dead_letters_total{reason=origin}"] == 1);
  CHECK(bank.metrics["control_events_total{kind=decision}"] == 1);
  CHECK_THAT(bank.StateOf(0), Catch::Contains(StrCat(HexEncode("version"), "=", HexEncode("abc"))));
}

TEST_CASE("a risk that is gone is a tombstone") {
  Bank bank(OnePartition());
  bank.Send({"1 ann FORGET 1"});
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.Read("user-risk") == std::vector<std::string>{"0 ann (none) cause=decay"});
}

}  // namespace
}  // namespace bongsu
