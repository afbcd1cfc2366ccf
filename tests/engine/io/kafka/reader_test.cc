#include "engine/io/kafka/reader.h"

#include "tests/engine/io/kafka/fixture.h"

namespace bongsu {
namespace {

using Values = std::vector<std::string>;

TEST_CASE_METHOD(KafkaTest, "a reader of an empty partition is at its end at once") {
  if (Skipped()) return;
  const auto reader = NewReader({NewTopic("in"), 0});
  CHECK(ReadToEnd(*reader).empty());
  CHECK(reader->next() == 0);
}

TEST_CASE_METHOD(KafkaTest, "a reader reaches the end across aborted records and markers") {
  if (Skipped()) return;
  const std::string topic = NewTopic("in");
  const auto producer = NewProducer("writer");
  for (const bool commit : {true, false, true, false}) {
    const auto transaction = Begin(*producer);
    Append(*transaction, topic, commit ? "kept" : "dropped");
    if (commit) REQUIRE(transaction->Commit(kPatience) == Outcome::kCommitted);
    if (!commit) REQUIRE(broker().Produce(topic, 0, "k", "beside").ok());
  }
  const auto reader = NewReader({topic, 0});
  CHECK(ReadToEnd(*reader) == Values{"kept", "beside", "kept", "beside"});
  // Each of the four transactions that sent a record added a marker; the dropped ones may not have
  // been sent at all, so the end is asked of the broker by going on from it.
  CHECK(reader->next() >= 6);
  REQUIRE(broker().Produce(topic, 0, "k", "later").ok());
  const auto next = NewReader({topic, 0}, reader->next());
  CHECK(ReadToEnd(*next) == Values{"later"});
  CHECK(ReadToEnd(*reader) == Values{"later"});
}

TEST_CASE_METHOD(KafkaTest, "a reader stops before an open transaction") {
  if (Skipped()) return;
  const std::string topic = NewTopic("in");
  REQUIRE(broker().Produce(topic, 0, "k", "before").ok());
  const auto producer = NewProducer("writer");
  const auto open = Begin(*producer);
  Append(*open, topic, "open");
  REQUIRE(broker().Produce(topic, 0, "k", "after").ok());
  const auto reader = NewReader({topic, 0});
  const Values read = ReadToEnd(*reader);
  // Whether the open record was sent before or after its neighbour is the broker's business.
  CHECK(std::find(read.begin(), read.end(), "open") == read.end());
  REQUIRE(open->Commit(kPatience) == Outcome::kCommitted);
  const Values rest = ReadToEnd(*reader);
  CHECK(std::find(rest.begin(), rest.end(), "open") != rest.end());
  CHECK(read.size() + rest.size() == 3);
}

TEST_CASE_METHOD(KafkaTest,
                 "a position that retention has passed is refused, naming the log start") {
  if (Skipped()) return;
  const std::string topic = NewTopic("in");
  for (int i = 0; i < 5; ++i) REQUIRE(broker().Produce(topic, 0, "k", "v").ok());
  REQUIRE(broker().DeleteRecordsBefore(topic, 0, 3).ok());
  const auto reader = NewReader({topic, 0}, 1);
  const auto batch = reader->NewBatch();
  bool at_end = false;
  const Status status = reader->Poll(kPatience, batch.get(), &at_end);
  CHECK(status.code() == Code::kInvalid);
  CHECK_THAT(status.message(), Catch::Contains(topic + "-0: the next offset to read is 1"));
  CHECK_THAT(status.message(), Catch::Contains("offsets 3 to 5"));
  CHECK_THAT(status.message(), Catch::Contains("--accept-gap"));
  // From the beginning means from what is there.
  CHECK(ReadToEnd(*NewReader({topic, 0}, 0)).size() == 2);
}

TEST_CASE_METHOD(KafkaTest, "there is no reader of a partition that is not there") {
  if (Skipped()) return;
  const std::string topic = NewTopic("in");
  CHECK(log().NewReader({topic, 1}, 0).status().code() == Code::kNotFound);
  const Status missing = log().NewReader({options().Topic("missing"), 0}, 0).status();
  CHECK(missing.code() == Code::kNotFound);
  CHECK_THAT(missing.message(), Catch::Contains("bongsu topics create"));
}

}  // namespace
}  // namespace bongsu
