// People keep what is known of them, in the partition where their events will come.
#include "engine/app/state_reshard.h"

#include "engine/app/visit_records.h"
#include "engine/base/hash.h"
#include "engine/core/state_keys.h"
#include "tests/engine/app/state_fixture.h"

namespace bongsu {
namespace {

constexpr int32_t kOld = 2, kNew = 5;

std::string Timer(std::string_view id) {
  std::string key;
  TimerKey(FromMillis(5), id, &key);
  return key;
}

class Move {
 public:
  Move()
      : log({{"old.changelog", kOld},
             {"old.user-risk", kOld},
             {"old.artifacts", 1},
             {"old.ingest-state", 1},
             {"new.changelog", kNew},
             {"new.user-risk", kNew},
             {"new.artifacts", 1},
             {"new.ingest-state", 1},
             {"new.events", kNew}}) {
    plan.from = {"old.changelog", "old.user-risk", "old.artifacts", "old.ingest-state", kOld};
    plan.to = {"new.changelog", "new.user-risk", "new.artifacts", "new.ingest-state", kNew};
    plan.input = "new.events";
    plan.transactional_id = "state";
    plan.dedup_window = 128;
    plan.cluster = 42;
    plan.now = log.clock().Now();
    plan.save_positions = [this](Transaction&, std::span<const Position> saved) {
      positions.assign(saved.begin(), saved.end());
      return Status::Ok();
    };
  }
  // Each person's entries into the old partition of the person, as a shard writes them.
  void WriteOld() {
    for (int32_t partition = 0; partition < kOld; ++partition) {
      Changelogs::Batch first{{"old.changelog", partition}, {}, log.NewMeta(10), kOld, 0}, second;
      for (const std::string& user : users) {
        if (PartitionOf(user, kOld) != partition) continue;
        first.entries.emplace_back("u/" + user, "old profile");
        first.entries.emplace_back("r/" + user, "held");
        second.entries.emplace_back("u/" + user, "profile of " + user);
        second.entries.emplace_back("r/" + user, std::nullopt);
        second.entries.emplace_back("e/" + user, "events");
        second.entries.emplace_back(Timer("risk/" + user), "");
      }
      first.entries.emplace_back("schema/1", "layout");
      first.entries.emplace_back("m/hst/snapshot", "trees");
      log.Write(first);
      second.to = first.to;
      second.meta = log.NewMeta(20 + partition);
      second.meta.time = 1000 * (partition + 1);
      log.Write(second);
    }
  }

  Changelogs log;
  ReshardPlan plan;
  std::vector<Position> positions;
  const std::vector<std::string> users = {"ann", "bob", "cho", "dan", "eve", "a/b", "김"};
};

TEST_CASE("a person's entries are in the partition of the person, and nowhere else") {
  Move move;
  move.WriteOld();
  const auto result = Reshard(move.log.log(), move.plan);
  INFO(result.status().message());
  REQUIRE(result.ok());
  CHECK(result->records == static_cast<int64_t>(6 * move.users.size()));
  CHECK(result->cold_models == std::set<std::string>{"hst"});
  size_t found = 0;
  for (int32_t partition = 0; partition < kNew; ++partition) {
    auto folded = move.log.Fold({"new.changelog", partition});
    CHECK(folded["schema/1"] == "layout");
    CHECK_FALSE(folded.contains("m/hst/snapshot"));
    for (const std::string& user : move.users) {
      if (PartitionOf(user, kNew) != partition) continue;
      ++found;
      CHECK(folded["u/" + user] == "profile of " + user);
      CHECK(folded["e/" + user] == "events");
      CHECK(folded.contains(Timer("risk/" + user)));
      CHECK_FALSE(folded.contains("r/" + user));
      for (const char* kind : {"u/", "e/"}) folded.erase(kind + user);
      folded.erase(Timer("risk/" + user));
    }
    CHECK(folded.size() == 1);
  }
  CHECK(found == move.users.size());
}

TEST_CASE("the new partitions begin at the start of their input, in the time of the old ones") {
  Move move;
  move.WriteOld();
  REQUIRE(Reshard(move.log.log(), move.plan).ok());
  REQUIRE(move.positions.size() == kNew);
  for (int32_t partition = 0; partition < kNew; ++partition) {
    CHECK(move.positions[static_cast<size_t>(partition)].next == 0);
    const ChangelogEnd end = move.log.End({"new.changelog", partition});
    REQUIRE(end.meta);
    CHECK(end.meta->next == 0);
    CHECK(end.meta->sequence == 1);
    CHECK(end.meta->time == 2000);
    CHECK(end.meta->cluster == 42);
    CHECK(end.partitions == kNew);
    CHECK(end.whole);
  }
}

TEST_CASE("standing risks, artifacts and the cursors of sources come along") {
  Move move;
  move.WriteOld();
  const auto producer = *move.log.log().NewProducer("score-0");
  const auto transaction = *producer->Begin();
  const Header cause{"cause", "event"};
  REQUIRE(transaction->Append("old.user-risk", 0, "ann", "{\"score\":70}", {&cause, 1}).ok());
  REQUIRE(transaction->Append("old.ingest-state", 0, "logs/a.jsonl", "cursor", {}).ok());
  REQUIRE(transaction->Append("old.artifacts", 0, "00ff", "tables", {}).ok());
  REQUIRE(transaction->Commit(Duration(0)) == Outcome::kCommitted);
  const auto result = Reshard(move.log.log(), move.plan);
  REQUIRE(result.ok());
  CHECK(result->risks == 1);
  std::vector<std::string> seen;
  const auto note = [&](const Record& record) {
    seen.push_back(StrCat(record.key, " ", record.value));
    return Status::Ok();
  };
  REQUIRE(VisitRecords(move.log.log(), {"new.user-risk", PartitionOf("ann", kNew)}, 0, note).ok());
  REQUIRE(VisitRecords(move.log.log(), {"new.ingest-state", 0}, 0, note).ok());
  REQUIRE(VisitRecords(move.log.log(), {"new.artifacts", 0}, 0, note).ok());
  CHECK(seen ==
        std::vector<std::string>{"ann {\"score\":70}", "logs/a.jsonl cursor", "00ff tables"});
}

TEST_CASE("without state there is nothing to move") {
  Move move;
  const auto result = Reshard(move.log.log(), move.plan);
  CHECK(result.status().code() == Code::kInvalid);
  CHECK(move.positions.empty());
}

}  // namespace
}  // namespace bongsu
