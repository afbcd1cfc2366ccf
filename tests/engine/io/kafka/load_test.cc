#include "engine/io/kafka/load.h"

#include <algorithm>
#include <deque>

#include "tests/engine/io/kafka/fixture.h"

namespace bongsu {
namespace {

using Offsets = std::vector<int64_t>;

void AwaitAnswers(LoadProducer& producer, const std::deque<int64_t>& offsets) {
  REQUIRE(Eventually(milliseconds(30'000), [&] {
    REQUIRE(producer.Serve().ok());
    return std::none_of(offsets.begin(), offsets.end(),
                        [](int64_t offset) { return offset == LoadProducer::kPending; });
  }));
}

}  // namespace

TEST_CASE_METHOD(KafkaTest, "each record of a load test learns its offset") {
  if (Skipped()) return;
  const std::string topic = NewTopic("source", 2);
  std::deque<int64_t> offsets;  // Outlives the producer.
  auto producer = std::move(LoadProducer::Make(options(), topic, 1 << 20).value());
  REQUIRE(producer->partitions() == 2);
  for (int i = 0; i < 10; ++i) {
    const Header header{"origin", "loadtest:0:1:0"};
    const auto sent =
        producer->Send(i % 2, "key", StrCat("value ", i), {&header, 1}, &offsets.emplace_back());
    REQUIRE(sent.ok());
    REQUIRE(*sent);
  }
  AwaitAnswers(*producer, offsets);
  for (size_t i = 0; i < offsets.size(); ++i) CHECK(offsets[i] == static_cast<int64_t>(i / 2));
  CHECK(Committed(topic).size() == 10);
}

TEST_CASE_METHOD(KafkaTest, "what the broker does not take fills the queue, and that is said") {
  if (Skipped()) return;
  const std::string topic = NewTopic("source");
  std::deque<int64_t> offsets;
  auto producer = std::move(LoadProducer::Make(options(), topic, 1 << 20).value());
  const std::string body(64'000, 'x');
  bool full = false;
  // Nobody takes the answers, so that nothing leaves the queue.
  for (int i = 0; i < 40 && !full; ++i)
    full = !producer->Send(0, "key", body, {}, &offsets.emplace_back()).value();
  CHECK(full);
}

TEST_CASE_METHOD(KafkaTest, "a group's settled positions and a topic's ends are told at once") {
  if (Skipped()) return;
  const std::string topic = NewTopic("events", 2);
  const std::string group = options().Group("score");
  auto positions = std::move(OffsetProbe::OfGroup(options(), group, topic, 2).value());
  auto ends = std::move(OffsetProbe::OfEnds(options(), topic, 2).value());
  Offsets at;
  REQUIRE(Eventually(milliseconds(30'000), [&] { return positions->Ask(&at).ok(); }));
  CHECK(at == Offsets{0, 0});
  const auto producer = NewProducer("loader");
  auto transaction = Begin(*producer);
  Append(*transaction, topic, "one", 1);
  REQUIRE(ends->Ask(&at).ok());
  CHECK(at == Offsets{0, 0});
  const std::vector<Position> moved = {{{topic, 1}, 5}};
  REQUIRE(KafkaLog::MoveGroup(*transaction, group, moved).ok());
  REQUIRE(positions->Ask(&at).ok());
  CHECK(at == Offsets{0, 0});
  REQUIRE(transaction->Commit(seconds(30)) == Outcome::kCommitted);
  // A commit is told to its producer before readers see it.
  CHECK(Eventually(milliseconds(30'000), [&] {
    return positions->Ask(&at).ok() && at == Offsets{0, 5};
  }));
  // The record and the marker of its transaction.
  CHECK(Eventually(milliseconds(30'000), [&] {
    return ends->Ask(&at).ok() && at == Offsets{0, 2};
  }));
}

TEST_CASE_METHOD(KafkaTest, "topics are taken away; what is not there is fine") {
  if (Skipped()) return;
  const std::string topic = NewTopic("gone");
  const std::vector<std::string> names = {topic, options().Topic("never")};
  REQUIRE(DeleteTopics(options(), names).ok());
  CHECK(Eventually(milliseconds(30'000),
                   [&] { return log().Partitions(topic).status().code() == Code::kNotFound; }));
  CHECK(DeleteTopics(options(), names).ok());
}

}  // namespace bongsu
