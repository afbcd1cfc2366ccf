// Topics with `compact` keep the newest record of each key, and only that.
#include <catch2/catch.hpp>
#include <map>

#include "engine/base/strings.h"
#include "tests/engine/io/embedded/fixture.h"

namespace bongsu {
namespace {

const TopicPartition kRisk{"risk", 1};

struct Put {
  std::string key;
  std::optional<std::string> value;
};

void Write(LogFixture& log, const std::vector<Put>& puts) {
  const auto producer = log.NewProducer("writer");
  auto transaction = *producer->Begin();
  for (const auto& [key, value] : puts) {
    REQUIRE(transaction->Append(kRisk.topic, kRisk.partition, key, value, {}).ok());
  }
  REQUIRE(transaction->Commit(Duration::zero()) == Outcome::kCommitted);
}

// "offset key=value" of every record.
std::vector<std::string> Read(LogFixture& log, int64_t from = 0) {
  auto reader = *log->NewReader(kRisk, from);
  const auto batch = reader->NewBatch();
  std::vector<std::string> seen;
  for (bool at_end = false; !at_end;) {
    batch->Clear();
    REQUIRE(reader->Poll(Duration::zero(), batch.get(), &at_end).ok());
    for (const Record& r : batch->records()) {
      seen.push_back(StrCat(r.offset, " ", r.key, r.value.data() ? "=" : "", r.value));
    }
  }
  return seen;
}

void OpenWith(LogFixture& log, bool compact) {
  log.topics = {{"risk", 2, false, compact}, {"alerts", 1, false}};
  log.Reopen();
}

using Lines = std::vector<std::string>;

TEST_CASE("the newest record of a key stays, in its place; a tombstone is one too") {
  LogFixture log(GENERATE(as<std::string>(), "memory", "rocksdb"));
  OpenWith(log, true);
  Write(log, {{"ann", "1"}, {"bob", "1"}, {"ann", "2"}, {"", "no key"}});
  CHECK(Read(log) == Lines{"1 bob=1", "2 ann=2", "3 =no key"});
  Write(log, {{"bob", std::nullopt}, {"cho", "1"}});
  CHECK(Read(log) == Lines{"2 ann=2", "3 =no key", "4 bob", "5 cho=1"});
  OpenWith(log, true);
  Write(log, {{"ann", "3"}});
  CHECK(Read(log) == Lines{"3 =no key", "4 bob", "5 cho=1", "6 ann=3"});
  CHECK(Read(log, 5) == Lines{"5 cho=1", "6 ann=3"});
}

TEST_CASE("a long run holds no more records than keys") {
  LogFixture log("memory");
  OpenWith(log, true);
  for (int round = 0; round < 50; ++round) {
    std::vector<Put> puts;
    for (int i = 0; i < 20; ++i) puts.push_back({StrCat("user", i % 7), StrCat(round, ".", i)});
    Write(log, puts);
  }
  CHECK(Read(log).size() == 7);
  CHECK(Read(log).back() == "999 user5=49.19");
}

TEST_CASE("a transaction that fails leaves the newest record where it was") {
  LogFixture log("memory");
  OpenWith(log, true);
  Write(log, {{"ann", "1"}});
  log.store().failing = true;
  {
    const auto producer = log.NewProducer("writer");
    auto transaction = *producer->Begin();
    REQUIRE(transaction->Append(kRisk.topic, kRisk.partition, "ann", "lost", {}).ok());
    CHECK(transaction->Commit(Duration::zero()) == Outcome::kAborted);
  }
  log.store().failing = false;
  CHECK(Read(log) == Lines{"0 ann=1"});
  Write(log, {{"ann", "2"}});
  CHECK(Read(log) == Lines{"1 ann=2"});
}

TEST_CASE("compaction may be turned on and off over a log that is there") {
  LogFixture log(GENERATE(as<std::string>(), "memory", "rocksdb"));
  OpenWith(log, false);
  Write(log, {{"ann", "1"}, {"ann", "2"}, {"bob", "1"}});
  CHECK(Read(log).size() == 3);
  OpenWith(log, true);
  CHECK(Read(log) == Lines{"1 ann=2", "2 bob=1"});
  Write(log, {{"bob", "2"}});
  CHECK(Read(log) == Lines{"1 ann=2", "3 bob=2"});
  OpenWith(log, false);
  Write(log, {{"ann", "3"}});
  CHECK(Read(log) == Lines{"1 ann=2", "3 bob=2", "4 ann=3"});
  OpenWith(log, true);
  Write(log, {{"ann", "4"}});
  CHECK(Read(log) == Lines{"3 bob=2", "5 ann=4"});
}

}  // namespace
}  // namespace bongsu
