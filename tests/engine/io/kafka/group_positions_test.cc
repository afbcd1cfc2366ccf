// Positions of a group from outside it, and moving them while nobody is in it.
#include "tests/engine/io/kafka/fixture.h"

namespace bongsu {
namespace {

TEST_CASE_METHOD(KafkaTest, "a group without members is moved with a transaction, or not at all") {
  if (Skipped()) return;
  const std::string topic = NewTopic("in", 3), out = NewTopic("out");
  const std::vector<TopicPartition> all = {{topic, 0}, {topic, 1}, {topic, 2}};
  const auto positions = [&] {
    const auto read = log().Positions(options().group, all);
    INFO(read.status().message());
    REQUIRE(read.ok());
    std::vector<int64_t> next;
    for (const CommittedPosition& each : *read) {
      CHECK(each.known);
      next.push_back(each.next.value_or(-1));
    }
    return next;
  };
  CHECK(positions() == std::vector<int64_t>{-1, -1, -1});
  const auto producer = NewProducer("mover");
  const std::vector<Position> moved = {{all[0], 7}, {all[2], 9}};
  {
    const auto given_up = Begin(*producer);
    Append(*given_up, out, "never");
    REQUIRE(KafkaLog::MoveGroup(*given_up, options().group, moved).ok());
  }
  CHECK(positions() == std::vector<int64_t>{-1, -1, -1});
  const auto transaction = Begin(*producer);
  Append(*transaction, out, "moved");
  REQUIRE(KafkaLog::MoveGroup(*transaction, options().group, moved).ok());
  REQUIRE(transaction->Commit(kPatience) == Outcome::kCommitted);
  CHECK(positions() == std::vector<int64_t>{7, -1, 9});
  CHECK(Committed(out) == std::vector<std::string>{"moved"});
}

}  // namespace
}  // namespace bongsu
