// Topics with `trim` forget what every group has passed, and only that.
#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "tests/engine/io/embedded/fixture.h"

namespace bongsu {
namespace {

using Values = std::vector<std::string>;
constexpr int64_t kMany = 20000;

int64_t RecordsIn(KeyValueStore& store) {
  int64_t count = 0;
  REQUIRE(store.Scan("l/r", "l/s", [&](std::string_view, std::string_view) { return ++count > 0; })
              .ok());
  return count;
}

void Save(LogFixture& log, Consumer& consumer, const TopicPartition& from, int64_t next) {
  const auto producer = log.NewProducer("saver");
  auto transaction = *producer->Begin();
  const Position position{from, next};
  REQUIRE(consumer.SavePositions(*transaction, std::span(&position, 1)).ok());
  REQUIRE(transaction->Commit(Duration::zero()) == Outcome::kCommitted);
}

TEST_CASE("records go once every group has passed them, and offsets continue") {
  LogFixture log(GENERATE(as<std::string>(), "memory", "rocksdb"));
  log.Write(kEvents0, Values(kMany, "v"));
  auto fast = log.NewConsumer("fast", {"events"});
  auto slow = log.NewConsumer("slow", {"events"});
  Save(log, *fast, kEvents0, kMany);
  CHECK(RecordsIn(log.store()) == kMany);
  Save(log, *slow, kEvents0, 10000);
  CHECK(RecordsIn(log.store()) == kMany - 10000);
  CHECK(log.ReadAll(kEvents0).size() == kMany - 10000);
  CHECK(log.Poll(*slow, kEvents1).empty());

  CHECK(slow->Assign(kEvents0, 9999).code() == Code::kInvalid);
  CHECK(log->NewReader(kEvents0, 9999).status().code() == Code::kInvalid);
  REQUIRE(slow->Assign(kEvents0, 10000).ok());
  CHECK(log.Poll(*slow, kEvents0, 1).size() == 1);

  Save(log, *slow, kEvents0, kMany);
  fast.reset();
  slow.reset();
  log.Reopen();
  CHECK(RecordsIn(log.store()) == 0);
  log.Write(kEvents0, {"next"});
  const auto reader = *log->NewReader(kEvents0, 0);
  const auto batch = reader->NewBatch();
  bool at_end = false;
  REQUIRE(reader->Poll(Duration::zero(), batch.get(), &at_end).ok());
  REQUIRE(batch->records().size() == 1);
  CHECK(batch->records()[0].offset == kMany);
}

TEST_CASE("a group that is away still holds its records back") {
  LogFixture log("memory");
  log.Write(kEvents0, Values(kMany, "v"));
  Save(log, *log.NewConsumer("away", {"events"}), kEvents0, 5);
  log.Reopen();
  const auto fast = log.NewConsumer("fast", {"events"});
  Save(log, *fast, kEvents0, kMany);
  CHECK(RecordsIn(log.store()) == kMany);
}

TEST_CASE("topics without trim keep everything") {
  LogFixture log("memory");
  log.Write(kAlerts, Values(kMany, "v"));
  const auto consumer = log.NewConsumer("g", {"alerts"});
  Save(log, *consumer, kAlerts, kMany);
  CHECK(RecordsIn(log.store()) == kMany);
}

TEST_CASE("a reader overtaken by trimming is told, not fed a gap") {
  LogFixture log("memory");
  log.Write(kEvents0, Values(kMany, "v"));
  const auto reader = *log->NewReader(kEvents0, 0);
  const auto consumer = log.NewConsumer("g", {"events"});
  Save(log, *consumer, kEvents0, kMany);
  bool at_end = false;
  const Status read = reader->Poll(Duration::zero(), reader->NewBatch().get(), &at_end);
  CHECK(read.code() == Code::kInvalid);
}

TEST_CASE("a trimming that the disk refuses is made up for by the next start") {
  LogFixture log(GENERATE(as<std::string>(), "memory", "rocksdb"));
  log.Write(kEvents0, Values(kMany, "v"));
  auto consumer = log.NewConsumer("g", {"events"});
  log.store().failing_ranges = true;
  Save(log, *consumer, kEvents0, kMany - 1);  // The commit itself stands.
  CHECK_FALSE(log->last_failure().ok());
  log.store().failing_ranges = false;
  CHECK(RecordsIn(log.store()) == kMany);
  CHECK(log.ReadAll(kEvents0).size() == 1);
  consumer.reset();
  log.Reopen();
  CHECK(RecordsIn(log.store()) == 1);
}

}  // namespace
}  // namespace bongsu
