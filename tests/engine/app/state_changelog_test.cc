#include "engine/app/state_changelog.h"

#include "tests/engine/app/state_fixture.h"

namespace bongsu {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("the end of a changelog is its last meta, however far back") {
  Changelogs log({{"bongsu.changelog", 1}});
  CHECK_FALSE(log.End().meta);
  log.Write({.entries = {{"u/kim", "old"}}, .meta = log.NewMeta(3), .partitions = 4});
  Changelogs::Entries many;
  for (int i = 0; i < 3000; ++i) many.emplace_back(StrCat("u/", i), "x");
  const size_t size = GENERATE(0, 1, 999, 3000);
  CAPTURE(size);
  many.resize(size);
  log.Write({.entries = many, .meta = log.NewMeta(9), .partitions = 4});
  const ChangelogEnd end = log.End();
  REQUIRE(end.meta);
  CHECK(end.meta->next == 9);
  CHECK(end.partitions == 4);
  CHECK(end.whole);
  CHECK(end.offsets.stable_end > end.offsets.start);
}

TEST_CASE("a transaction that is not whole is told of, unless compaction may have done it") {
  Changelogs log({{"bongsu.changelog", 1}});
  Meta meta = log.NewMeta(9);
  const bool old = GENERATE(false, true);
  if (old) meta.written -= Duration(std::chrono::hours(25)).count();
  log.Write({.entries = {{"u/kim", "a"}, {"u/lee", "b"}}, .meta = meta, .lost = 1});
  CHECK(log.End().whole == old);
  log.Write({.entries = {}, .meta = log.NewMeta(9)});
  CHECK(log.End().whole);
}

TEST_CASE("records without their meta are a transaction that is not whole") {
  Changelogs log({{"bongsu.changelog", 1}});
  log.Write({.entries = {{"u/kim", "a"}}, .meta = log.NewMeta(9)});
  const auto producer = *log.log().NewProducer("score-0");
  const auto transaction = *producer->Begin();
  REQUIRE(transaction->Append("bongsu.changelog", 0, "u/kim", SealValue(1, "b"), {}).ok());
  REQUIRE(transaction->Commit(Duration(0)) == Outcome::kCommitted);
  CHECK_FALSE(log.End().whole);
  CHECK(log.End().meta->next == 9);
}

TEST_CASE("state that was made with another number of partitions is refused") {
  Changelogs log({{"bongsu.changelog", 4}});
  const auto check = [&] {
    return CheckCountUnchanged(log.log(), "bongsu.changelog", "bongsu.events", 4);
  };
  CHECK(check().ok());  // No state yet.
  log.Write({.meta = log.NewMeta(1)});
  CHECK(check().ok());  // Of a release that did not tell.
  log.Write({.to = {"bongsu.changelog", 2}, .meta = log.NewMeta(1), .partitions = 2});
  const Status status = check();
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Contains("bongsu.events has 4 partitions"));
  CHECK_THAT(status.message(), Contains("made with 2"));
  CHECK_THAT(status.message(), Contains("bongsu state reshard"));
  log.Write({.to = {"bongsu.changelog", 1}, .meta = log.NewMeta(1), .partitions = 4});
  CHECK(check().ok());
}

}  // namespace
}  // namespace bongsu
