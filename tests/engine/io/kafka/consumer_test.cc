#include "engine/io/kafka/consumer.h"

#include <set>

#include "tests/engine/io/kafka/fixture.h"
#include "tests/support/committed.h"

namespace bongsu {
namespace {

using Values = std::vector<std::string>;

// What a worker does with a change: forgets what is lost, reads what is gained from its position.
void Take(Consumer& consumer, const AssignmentChange& change, std::set<TopicPartition>* owned) {
  for (const TopicPartition& lost : change.lost) REQUIRE(owned->erase(lost) == 1);
  for (const TopicPartition& gained : change.gained) {
    const auto next = CommittedOf(consumer, gained);
    INFO(next.status().message());
    REQUIRE(next.ok());
    REQUIRE(consumer.Assign(gained, *next).ok());
    REQUIRE(owned->insert(gained).second);
  }
}

TEST_CASE_METHOD(KafkaTest, "positions and outputs are committed together") {
  if (Skipped()) return;
  const std::string in = NewTopic("in"), out = NewTopic("out");
  for (const char* value : {"a", "b", "c"}) REQUIRE(broker().Produce(in, 0, "k", value).ok());
  const TopicPartition from{in, 0};
  const auto consumer = Member("one", {in});
  CHECK(NextChange(*consumer).gained == std::vector{from});
  CHECK(CommittedOf(*consumer, from).value() == std::nullopt);
  REQUIRE(consumer->Assign(from, std::nullopt).ok());
  CHECK(PollToEnd(*consumer, from) == Values{"a", "b", "c"});
  CHECK(consumer->Lag(from) == 0);
  const auto producer = NewProducer("one");
  const std::array position = {Position{from, 2}};
  {
    const auto dropped = Begin(*producer);
    Append(*dropped, out, "dropped");
    REQUIRE(consumer->SavePositions(*dropped, position).ok());
  }
  CHECK(CommittedOf(*consumer, from).value() == std::nullopt);
  const auto kept = Begin(*producer);
  Append(*kept, out, "kept");
  REQUIRE(consumer->SavePositions(*kept, position).ok());
  REQUIRE(kept->Commit(kPatience) == Outcome::kCommitted);
  CHECK(CommittedOf(*consumer, from).value() == 2);
  CHECK(Committed(out) == Values{"kept"});
}

TEST_CASE_METHOD(KafkaTest, "a poll gives at most as many as asked for, the rest comes next") {
  if (Skipped()) return;
  const std::string in = NewTopic("in");
  std::vector<TestRecord> records(50);
  for (size_t i = 0; i < records.size(); ++i) records[i].value = StrCat(i);
  REQUIRE(broker().Produce(in, records).ok());
  const TopicPartition from{in, 0};
  const auto consumer = Member("one", {in});
  NextChange(*consumer);
  REQUIRE(consumer->Assign(from, 10).ok());
  const auto batch = consumer->NewBatch();
  std::vector<std::string> values;
  int64_t lag = 40;
  while (!consumer->AtEnd(from)) {
    REQUIRE(consumer->Poll(from, 7, kPatience, batch.get()).ok());
    CHECK(batch->records().size() <= 7);
    for (const Record& record : batch->records()) {
      CHECK(record.value == StrCat(record.offset));
      values.emplace_back(record.value);
    }
    if (!batch->records().empty()) {
      lag -= static_cast<int64_t>(batch->records().size());
      CHECK(consumer->Lag(from) == lag);
    }
  }
  CHECK(values.size() == 40);
  REQUIRE(broker().Produce(in, 0, "k", "more").ok());
  CHECK(consumer->AtEnd(from));  // Until a poll tells otherwise.
  REQUIRE(consumer->Poll(from, 7, kPatience, batch.get()).ok());
  REQUIRE(batch->records().size() == 1);
  CHECK(batch->records()[0].offset == 50);
}

TEST_CASE_METHOD(KafkaTest, "a wait ends when a record comes") {
  if (Skipped()) return;
  const std::string in = NewTopic("in");
  const TopicPartition from{in, 0};
  const auto consumer = Member("one", {in});
  NextChange(*consumer);
  REQUIRE(consumer->Assign(from, std::nullopt).ok());
  CHECK(PollToEnd(*consumer, from).empty());
  REQUIRE(broker().Produce(in, 0, "k", "v").ok());
  const auto batch = consumer->NewBatch();
  const auto start = std::chrono::steady_clock::now();
  while (batch->records().empty()) {
    consumer->Wait(kPatience);
    REQUIRE(consumer->Poll(from, 10, Duration(0), batch.get()).ok());
  }
  CHECK(std::chrono::steady_clock::now() - start < kPatience);
  CHECK(batch->records()[0].value == "v");
}

TEST_CASE_METHOD(KafkaTest,
                 "a second member takes over half of the partitions, and gives them back") {
  if (Skipped()) return;
  const std::string in = NewTopic("in", 4);
  std::set<TopicPartition> first_owns, second_owns;
  const auto first = Member("first", {in});
  Take(*first, NextChange(*first), &first_owns);
  CHECK(first_owns.size() == 4);
  {
    const auto second = Member("second", {in});
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (first_owns.size() != 2 || second_owns.size() != 2) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      const auto of_first = first->PollAssignment(milliseconds(10));
      const auto of_second = second->PollAssignment(milliseconds(10));
      REQUIRE(of_first.ok());
      REQUIRE(of_second.ok());
      Take(*first, *of_first, &first_owns);
      Take(*second, *of_second, &second_owns);
      first->Wait(milliseconds(20));
    }
    for (const TopicPartition& from : second_owns) {
      CHECK(first_owns.count(from) == 0);
      CHECK(first->Assign(from, 0).code() == Code::kFenced);
    }
  }
  // A static member that goes away keeps its partitions for the session time-out.
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (first_owns.size() != 4) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    const auto change = first->PollAssignment(milliseconds(10));
    REQUIRE(change.ok());
    Take(*first, *change, &first_owns);
    first->Wait(milliseconds(100));
  }
}

TEST_CASE_METHOD(KafkaTest, "a member that restarts within its session keeps its partitions") {
  if (Skipped()) return;
  const std::string in = NewTopic("in", 4);
  std::set<TopicPartition> before, after, other_owns;
  auto member = Member("first", {in});
  const auto other = Member("other", {in});
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (before.size() != 2 || other_owns.size() != 2) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    Take(*member, member->PollAssignment(milliseconds(10)).value(), &before);
    Take(*other, other->PollAssignment(milliseconds(10)).value(), &other_owns);
    other->Wait(milliseconds(20));
  }
  member.reset();
  member = Member("first", {in});
  Take(*member, NextChange(*member), &after);
  CHECK(after == before);
  // Nothing moved: the other one was not even told.
  CHECK(other->PollAssignment(Duration(0)).value().empty());
}

TEST_CASE_METHOD(KafkaTest, "a member that comes back for another topic does not get the old one") {
  if (Skipped()) return;
  const std::string before = NewTopic("before", 2), after = NewTopic("after", 2);
  auto member = Member("first", {before});
  const auto other = Member("other", {before});
  std::set<TopicPartition> owned, other_owns;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (owned.size() != 1 || other_owns.size() != 1) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    Take(*member, member->PollAssignment(milliseconds(10)).value(), &owned);
    Take(*other, other->PollAssignment(milliseconds(10)).value(), &other_owns);
  }
  member.reset();
  member = Member("first", {after});
  const auto seen = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < seen) {
    const Result<AssignmentChange> change = member->PollAssignment(milliseconds(10));
    REQUIRE(change.ok());
    for (const TopicPartition& gained : change->gained) CHECK(gained.topic == after);
    (void)other->PollAssignment(milliseconds(10));
  }
}

TEST_CASE_METHOD(KafkaTest, "partitions that a topic gets later are noticed soon") {
  if (Skipped()) return;
  const std::string in = NewTopic("in");
  const auto consumer = Member("one", {in});
  CHECK(NextChange(*consumer).gained.size() == 1);
  REQUIRE(broker().AddPartitions(in, 3).ok());
  size_t gained = 0;
  for (int changes = 0; changes < 3 && gained != 3; ++changes) {
    gained = NextChange(*consumer).gained.size();  // All are lost before, with eager assignment.
  }
  CHECK(gained == 3);
}

TEST_CASE_METHOD(KafkaTest, "a second instance with the name of the first fences it") {
  if (Skipped()) return;
  const std::string in = NewTopic("in");
  const auto first = Member("same", {in});
  NextChange(*first);
  const auto second = Member("same", {in});
  NextChange(*second);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  Status status = Status::Ok();
  while (status.ok() && std::chrono::steady_clock::now() < end) {
    status = first->PollAssignment(milliseconds(100)).status();
    if (status.ok()) first->Wait(milliseconds(100));
  }
  CHECK(status.code() == Code::kFenced);
}

TEST_CASE_METHOD(KafkaTest, "an owner of yesterday cannot commit its positions") {
  if (Skipped()) return;
  const std::string in = NewTopic("in"), out = NewTopic("out");
  REQUIRE(broker().Produce(in, 0, "k", "v").ok());
  const auto first = Member("same", {in});
  const auto gained = NextChange(*first).gained;
  const auto producer = NewProducer("worker-of-first");
  const auto stale = Begin(*producer);
  Append(*stale, out, "stale");
  REQUIRE(first->SavePositions(*stale, std::array{Position{gained[0], 1}}).ok());
  const auto second = Member("same", {in});
  NextChange(*second);
  CHECK(stale->Commit(kPatience) != Outcome::kCommitted);
  CHECK(Committed(out).empty());
  CHECK(CommittedOf(*second, gained[0]).value() == std::nullopt);
}

TEST_CASE_METHOD(KafkaTest, "positions are of the generation in which they were saved") {
  if (Skipped()) return;
  const std::string in = NewTopic("in"), out = NewTopic("out");
  const TopicPartition from{in, 0};
  const auto first = Member("one", {in});
  NextChange(*first);
  const auto producer = NewProducer("worker-of-first");
  const auto stale = Begin(*producer);
  Append(*stale, out, "stale");
  REQUIRE(first->SavePositions(*stale, std::array{Position{from, 1}}).ok());
  const auto second = Member("two", {in});
  CHECK_FALSE(NextChange(*first).lost.empty());
  // In the new generation the partition may be another's.
  const auto end = std::chrono::steady_clock::now() + seconds(5);
  while (std::chrono::steady_clock::now() < end) {
    REQUIRE(first->PollAssignment(milliseconds(50)).ok());
    REQUIRE(second->PollAssignment(milliseconds(50)).ok());
  }
  CHECK(stale->Commit(kPatience) == Outcome::kAborted);
  CHECK(CommittedOf(*first, from).value() == std::nullopt);
}

TEST_CASE_METHOD(KafkaTest, "the fetch of a position waits for the transaction that holds it") {
  if (Skipped()) return;
  const std::string in = NewTopic("in"), out = NewTopic("out");
  const TopicPartition from{in, 0};
  const auto consumer = Member("one", {in});
  NextChange(*consumer);
  auto producer = NewProducer("one");
  const auto transaction = Begin(*producer);
  Append(*transaction, out, "v");
  REQUIRE(consumer->SavePositions(*transaction, std::array{Position{from, 5}}).ok());
  REQUIRE(transaction->Commit(kPatience) == Outcome::kCommitted);
  // Right after the commit, before its markers are everywhere: the new position, never the old one.
  CHECK(CommittedOf(*consumer, from).value() == 5);
}

TEST_CASE_METHOD(KafkaTest, "reading on after a position that retention has passed is refused") {
  if (Skipped()) return;
  const std::string in = NewTopic("in");
  for (int i = 0; i < 5; ++i) REQUIRE(broker().Produce(in, 0, "k", "v").ok());
  REQUIRE(broker().DeleteRecordsBefore(in, 0, 4).ok());
  const TopicPartition from{in, 0};
  const auto consumer = Member("one", {in});
  NextChange(*consumer);
  REQUIRE(consumer->Assign(from, 2).ok());
  const auto batch = consumer->NewBatch();
  Status status = Status::Ok();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (status.ok() && std::chrono::steady_clock::now() < end) {
    status = consumer->Poll(from, 10, milliseconds(500), batch.get());
  }
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Catch::Contains("offsets 4 to 5"));
  CHECK(consumer->Poll(from, 10, Duration(0), batch.get()).code() == Code::kInvalid);
}

TEST_CASE_METHOD(KafkaTest, "there is no member for a topic that is not there") {
  if (Skipped()) return;
  const std::array topics = {options().Topic("missing")};
  const Status status = log().NewConsumer("g", "one", topics).status();
  CHECK(status.code() == Code::kNotFound);
  CHECK_THAT(status.message(), Catch::Contains("bongsu topics create"));
}

}  // namespace
}  // namespace bongsu
