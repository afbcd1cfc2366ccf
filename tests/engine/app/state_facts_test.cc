// What an opening would do is told before anything opens.
#include "engine/app/state_facts.h"

#include <catch2/catch.hpp>

namespace bongsu {
namespace {

using Catch::Matchers::Contains;
using Kind = ExpectedOpening::Kind;
constexpr uint64_t kCluster = 42;
const Timestamp kNow = FromMillis(1'772'456'400'000);

Meta At(int64_t next, int64_t changelog_next) {
  Meta meta;
  meta.next = next;
  meta.changelog_next = changelog_next;
  meta.cluster = kCluster;
  meta.written = kNow.time_since_epoch().count();
  return meta;
}

// All stands at 100.
PartitionFacts AtRest() {
  PartitionFacts facts;
  facts.group = {true, 100};
  facts.input = {10, 120, 120};
  facts.changelog.offsets = {5, 300, 300};
  facts.changelog.meta = At(100, 0);
  facts.local = At(100, 299);
  return facts;
}

ExpectedOpening Judge(const PartitionFacts& facts) {
  return JudgeOpening(facts, kCluster, kNow);
}

void CheckRefused(const PartitionFacts& facts, const std::string& why) {
  const ExpectedOpening opening = Judge(facts);
  CHECK(opening.kind == Kind::kRefused);
  CHECK_THAT(opening.text, Contains(why));
}

TEST_CASE("a store that stands where the group does starts at once") {
  CHECK(Judge(AtRest()).kind == Kind::kStart);
  PartitionFacts none;
  none.group.known = true;
  CHECK(Judge(none).kind == Kind::kStart);
}

TEST_CASE("a store that is behind, old or missing is brought forward") {
  PartitionFacts facts = AtRest();
  facts.local->next = 90;
  facts.local->changelog_next = 250;
  CHECK(Judge(facts).kind == Kind::kRestore);
  CHECK(Judge(facts).records == 50);
  facts.local->written -= Duration(std::chrono::hours(24 * 6)).count();
  CHECK(Judge(facts).records == 295);
  CHECK_THAT(Judge(facts).text, Contains("set aside"));
  facts.local = At(100, 299);
  facts.local->cluster = 1;
  CHECK(Judge(facts).records == 295);
  facts.local = At(101, 299);
  CHECK(Judge(facts).records == 295);
  CHECK_THAT(Judge(facts).text, Contains("ahead of the group's position 100"));
  facts.local.reset();
  CHECK(Judge(facts).records == 295);
  facts.store_problem = "checksum";
  CHECK_THAT(Judge(facts).text, Contains("checksum"));
}

TEST_CASE("a store of an older format looks whether its partition was finalized") {
  PartitionFacts facts = AtRest();
  facts.local->format = kOldestMetaFormat;
  CHECK(Judge(facts).kind == Kind::kRestore);
  CHECK(Judge(facts).records == 1);
}

TEST_CASE("what would be refused is refused with the remedy") {
  PartitionFacts facts = AtRest();
  SECTION("a transaction is open") {
    facts.group.known = false;
    CheckRefused(facts, "transaction");
  }
  SECTION("the group has no position") {
    facts.group.next.reset();
    CheckRefused(facts, "bongsu state reset --reason");
  }
  SECTION("the group was moved back") {
    facts.group.next = 80;
    CheckRefused(facts, "bongsu state reset --reason");
  }
  SECTION("the group was moved forward") {
    facts.group.next = 110;
    CheckRefused(facts, "the changelog stands at 100, the group at 110");
  }
  SECTION("retention was faster") {
    facts.input.start = 105;
    CheckRefused(facts,
                 "offsets 100 to 104 of the input were deleted before they were read; accept "
                 "the gap with `bongsu state reset --accept-gap");
  }
  SECTION("the input was made anew") {
    facts.input = {0, 7, 7};
    CheckRefused(facts, "made anew");
  }
  SECTION("the store is lost and the changelog torn") {
    facts.local.reset();
    facts.changelog.whole = false;
    CheckRefused(facts, "not whole");
  }
  SECTION("the store and the changelog are lost") {
    facts.local.reset();
    facts.changelog = {};
    CheckRefused(facts, "no state");
  }
}

}  // namespace
}  // namespace bongsu
