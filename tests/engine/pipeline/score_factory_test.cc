// Opening a partition is recovery: whatever became of the disk, the stream goes on as if nothing
// had.
#include "engine/pipeline/score_factory.h"

#include <catch2/catch.hpp>

#include "state/overlay/overlay_store.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

const TopicPartition kFrom{"bongsu.events", 0};
const std::vector<std::string> kFirst = {"1 ann VIEW 1", "2 ann WAIT 2", "3 bob VIEW 3",
                                         "1 ann VIEW 1"};
const std::vector<std::string> kSecond = {"4 ann VIEW 4", "2 ann WAIT 2", "5 bob VIEW 5",
                                          "6 bob VIEW 6"};
const std::vector<std::string> kThird = {"7 ann VIEW 7", "tick 8000"};

Bank::Options OnePartition() {
  Bank::Options options;
  options.partitions = 1;
  return options;
}

std::string Calm() {
  Bank bank(OnePartition());
  for (const auto& lines : {kFirst, kSecond, kThird}) {
    bank.Send(lines);
    REQUIRE(bank.RunScore().ok());
  }
  return bank.Everything();
}

void Copy(KeyValueStore& from, KeyValueStore& to) {
  WriteBatch batch;
  REQUIRE(from.Scan("", "",
                    [&](std::string_view key, std::string_view value) {
                      batch.Put(std::string(key), std::string(value));
                      return true;
                    })
              .ok());
  REQUIRE(to.DeleteRange("", "").ok());
  REQUIRE(to.Write(batch).ok());
}

TEST_CASE("a disk that is wiped, old or lies is brought to the committed position") {
  const std::string damage =
      GENERATE("none", "wiped", "old", "store lies", "value lies", "meta lies");
  CAPTURE(damage);
  Bank bank(OnePartition());
  Disk& disk = bank.disks[kFrom];
  MemoryKeyValueStore before;
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  Copy(disk.data, before);
  bank.Send(kSecond);
  REQUIRE(bank.RunScore().ok());
  const double restored = bank.metrics["restore_records_total"];
  WriteBatch lie;
  if (damage == "wiped") REQUIRE(disk.data.DeleteRange("", "").ok());
  if (damage == "old") Copy(before, disk.data);
  if (damage == "store lies") disk.corrupt = true;
  if (damage == "value lies") lie.Put("u/ann", "nonsense");
  if (damage == "meta lies") lie.Put("meta", "nonsense");
  if (!lie.empty()) REQUIRE(disk.data.Write(lie).ok());
  bank.Send(kThird);
  REQUIRE(bank.RunScore().ok());
  CHECK((bank.metrics["restore_records_total"] > restored) == (damage != "none"));
  CHECK(disk.set_aside == (damage.find("lies") != damage.npos ? 1 : 0));
  CHECK(bank.Everything() == Calm());
}

TEST_CASE("a store that lies again right after it was restored is restored again") {
  Bank bank(OnePartition());
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  Disk& disk = bank.disks[kFrom];
  REQUIRE(disk.data.DeleteRange("", "").ok());
  int lies = 0;
  bank.on_note = [&](std::string_view note) {
    if (!note.starts_with("restored") || ++lies > 2) return;
    WriteBatch lie;
    lie.Put("m/folding/snapshot", "nonsense");
    REQUIRE(disk.data.Write(lie).ok());
  };
  for (const auto& lines : {kSecond, kThird}) {
    bank.Send(lines);
    REQUIRE(bank.RunScore().ok());
  }
  CHECK(disk.set_aside == 2);
  CHECK(bank.Everything() == Calm());
}

TEST_CASE("a restore starts where the store's part of the changelog ended") {
  Bank bank(OnePartition());
  MemoryKeyValueStore before;
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  const size_t first = bank.Read("changelog").size();
  Copy(bank.disks[kFrom].data, before);
  bank.Send(kSecond);
  REQUIRE(bank.RunScore().ok());
  const size_t both = bank.Read("changelog").size();
  Copy(before, bank.disks[kFrom].data);
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.metrics["restore_records_total"] == static_cast<double>(both - first));
}

// As after a commit that was reported and did not happen.
void LeadAhead(Bank& bank) {
  const auto store = MakeStateStore(bank.disks[kFrom].data, "");
  Meta meta = **store->LoadMeta();
  meta.next += 5;
  ++meta.sequence;
  store->Put("u/ann", "what was never committed");
  REQUIRE(store->Write(store->Seal(meta)).ok());
}

TEST_CASE("a store that is ahead of what is committed is made anew from the changelog") {
  Bank bank(OnePartition());
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  LeadAhead(bank);
  for (const auto& lines : {kSecond, kThird}) {
    bank.Send(lines);
    REQUIRE(bank.RunScore().ok());
  }
  CHECK(bank.disks[kFrom].set_aside == 1);
  CHECK(bank.Everything() == Calm());
}

TEST_CASE("a store that was ahead and was passed by another owner is made anew too") {
  Bank bank(OnePartition());
  MemoryKeyValueStore ahead;
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  LeadAhead(bank);
  Copy(bank.disks[kFrom].data, ahead);
  bank.Send(kSecond);
  REQUIRE(bank.RunScore().ok());
  Copy(ahead, bank.disks[kFrom].data);
  bank.Send(kThird);
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.disks[kFrom].set_aside == 2);
  CHECK(bank.Everything() == Calm());
}

TEST_CASE("a store that does not know where its part of the changelog ended reads it again") {
  Bank bank(OnePartition());
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  const auto store = MakeStateStore(bank.disks[kFrom].data, "");
  Meta meta = **store->LoadMeta();
  meta.changelog_next = 0;
  MemoryKeyValueStore lost;
  REQUIRE(store->Write(store->Seal(meta)).ok());
  Copy(bank.disks[kFrom].data, lost);
  bank.Send(kSecond);
  REQUIRE(bank.RunScore().ok());
  Copy(lost, bank.disks[kFrom].data);
  bank.Send(kThird);
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.disks[kFrom].set_aside == 0);
  CHECK(bank.Everything() == Calm());
}

TEST_CASE("without a changelog a store that does not fit the position is refused with the remedy") {
  Bank::Options options = OnePartition();
  options.shared = true;
  Bank bank(options);
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  const auto store = MakeStateStore(*bank.raw().shared_store(), "s/0/");
  Meta meta = **store->LoadMeta();
  meta.next += 5;
  REQUIRE(store->Write(store->Seal(meta)).ok());
  const Status status = bank.RunScore();
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Catch::Contains("move data_dir away"));
}

TEST_CASE("a group without a position does not take over state that has one") {
  Bank made(OnePartition()), other(OnePartition());
  made.Send(kFirst);
  REQUIRE(made.RunScore().ok());
  Copy(made.disks[kFrom].data, other.disks[kFrom].data);
  other.Send(kFirst);
  const Status status = other.RunScore();
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Catch::Contains("has no position there"));
}

TEST_CASE("who stood still is not refused for an answer of before") {
  Bank made(OnePartition()), other(OnePartition());
  made.Send(kFirst);
  REQUIRE(made.RunScore().ok());
  Copy(made.disks[kFrom].data, other.disks[kFrom].data);
  ScoreFactory factory = other.NewFactory();
  const auto open = [&](Duration still) {
    const auto opening = factory.Open(kFrom, std::nullopt);
    REQUIRE(opening.ok());
    other.clock.now += still;
    return (*opening)->Step().status().code();
  };
  CHECK(open(std::chrono::seconds(18)) == Code::kUnavailable);
  CHECK(open(Duration(0)) == Code::kUnavailable);  // The first refusal; the coordinator may be new.
  CHECK(open(Duration(0)) == Code::kInvalid);
}

TEST_CASE("a changelog that ends within a transaction is refused") {
  Bank bank(OnePartition());
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  REQUIRE(bank.disks[kFrom].data.DeleteRange("", "").ok());
  auto producer = *bank.raw().NewProducer("torn");
  auto transaction = *producer->Begin();
  REQUIRE(transaction->Append("bongsu.changelog", 0, "u/ann", std::nullopt, {}).ok());
  REQUIRE(transaction->Commit(Duration(0)) == Outcome::kCommitted);
  const Status status = bank.RunScore();
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Catch::Contains("1 records without their meta"));
}

TEST_CASE("a model that starts cold is told of") {
  Bank bank(OnePartition());
  bank.Send(kFirst);
  REQUIRE(bank.RunScore().ok());
  bank.notes.clear();
  bank.options.parts.model_inputs = "something else";
  bank.Send(kSecond);
  REQUIRE(bank.RunScore().ok());
  REQUIRE_FALSE(bank.notes.empty());
  CHECK_THAT(bank.notes[0], Catch::Contains("model folding of bongsu.events-0 starts cold"));
}

}  // namespace
}  // namespace bongsu
