#include "engine/app/state_reset.h"

#include <catch2/catch.hpp>

namespace bongsu {
namespace {

using Catch::Matchers::Contains;
constexpr uint64_t kCluster = 42;
const Timestamp kNow = FromMillis(1'772'456'400'000);

// The changelog stands at 100, the group at 80.
PartitionFacts MovedBack() {
  PartitionFacts facts;
  facts.partition = 3;
  facts.group = {true, 80};
  facts.input = {10, 120, 120};
  facts.changelog.offsets = {5, 300, 300};
  facts.changelog.meta = Meta();
  facts.changelog.meta->next = 100;
  facts.changelog.meta->sequence = 7;
  facts.changelog.meta->records = 12;
  facts.changelog.meta->digest = 99;
  facts.changelog.meta->format = kOldestMetaFormat;
  return facts;
}

ResetStep Plan(const PartitionFacts& facts, bool accept_gap = false) {
  const Result<ResetStep> step = PlanReset(facts, accept_gap, kCluster, kNow);
  INFO(step.status().message());
  REQUIRE(step.ok());
  return *step;
}

std::string Refusal(const PartitionFacts& facts, bool accept_gap = false) {
  const Result<ResetStep> step = PlanReset(facts, accept_gap, kCluster, kNow);
  REQUIRE_FALSE(step.ok());
  CHECK_THAT(step.status().message(), Contains("partition 3: "));
  return step.status().message();
}

TEST_CASE("the group gets the changelog's position, and nothing else is written") {
  PartitionFacts facts = MovedBack();
  const ResetStep step = Plan(facts);
  CHECK(step.move);
  CHECK(step.from == 80);
  CHECK(step.to == 100);
  CHECK_FALSE(step.meta);
  CHECK(step.Words() == "partition 3: the group goes from 80 to 100");
  facts.group.next.reset();
  CHECK(Plan(facts).Words() == "partition 3: the group goes from no position to 100");
  facts.group.next = 100;
  CHECK(Plan(facts).empty());
}

TEST_CASE("a partition without state and position is left alone") {
  PartitionFacts facts;
  facts.group.known = true;
  CHECK(Plan(facts).empty());
}

TEST_CASE("a gap is gone over only when it is accepted, with a meta of its own") {
  PartitionFacts facts = MovedBack();
  facts.input.start = 105;
  CHECK_THAT(Refusal(facts), Contains("offsets 100 to 104") && Contains("--accept-gap"));
  const ResetStep step = Plan(facts, true);
  CHECK(step.to == 105);
  CHECK(step.skipped == 5);
  REQUIRE(step.meta);
  CHECK(step.meta->next == 105);
  CHECK(step.meta->sequence == 8);
  CHECK(step.meta->records == 0);
  CHECK(step.meta->digest == 0);
  CHECK(step.meta->format == kOldestMetaFormat);
  CHECK(step.meta->cluster == kCluster);
  CHECK(step.meta->written == kNow.time_since_epoch().count());
}

TEST_CASE("where there is no gap, accepting one changes nothing") {
  CHECK(Plan(MovedBack(), true).to == 100);
  CHECK_FALSE(Plan(MovedBack(), true).meta);
}

TEST_CASE("a transaction that is not whole is taken as it is") {
  PartitionFacts facts = MovedBack();
  facts.changelog.whole = false;
  const ResetStep step = Plan(facts);
  CHECK(step.torn);
  REQUIRE(step.meta);
  CHECK(step.meta->next == 100);
  CHECK(step.meta->records == 0);
}

TEST_CASE("a store that is ahead of the changelog does not fit") {
  PartitionFacts facts = MovedBack();
  facts.local = Meta();
  facts.local->next = GENERATE(90, 100, 101);
  CHECK(Plan(facts).set_aside == (facts.local->next == 101));
  facts.group.next = 100;
  CHECK(Plan(facts).empty() == (facts.local->next != 101));
}

TEST_CASE("what has no answer is refused") {
  PartitionFacts facts = MovedBack();
  SECTION("the changelog is gone") {
    facts.changelog.meta.reset();
    CHECK_THAT(Refusal(facts, true), Contains("no state to go by"));
  }
  SECTION("the input was made anew") {
    facts.input = {0, 50, 50};
    CHECK_THAT(Refusal(facts, true), Contains("made anew"));
  }
  SECTION("a transaction is open") {
    facts.group.known = false;
    CHECK_THAT(Refusal(facts, true), Contains("open"));
  }
}

TEST_CASE("the record says who, where, when, why and what") {
  PartitionFacts facts = MovedBack();
  const ResetStep moved = Plan(facts);
  facts.group.next = 100;
  const std::vector<ResetStep> steps = {Plan(facts), moved};
  CHECK(ResetRecord({"disk \"swap\"", "kim", "node7"}, "bongsu.score", "bongsu.events", steps,
                    kNow) ==
        R"({"kind":"state_reset","time":"2026-03-02T13:00:00.000Z","user":"kim","host":"node7",)"
        R"("reason":"disk \"swap\"","group":"bongsu.score","topic":"bongsu.events",)"
        R"("partitions":[{"partition":3,"from":80,"to":100,"skipped":0,"torn":false,)"
        R"("set_aside":false}]})");
  CHECK_FALSE(RequestBy("x").user.empty());
  CHECK_FALSE(RequestBy("x").host.empty());
}

}  // namespace
}  // namespace bongsu
