// Not run by default: `test_engine_io_kafka "[speed]"` prints what a commit and a record cost here.
#include <algorithm>
#include <cstdio>

#include "tests/engine/io/kafka/fixture.h"

namespace bongsu {
namespace {

using SteadyClock = std::chrono::steady_clock;

double Millis(SteadyClock::duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

TEST_CASE_METHOD(KafkaTest, "cost of a commit and of a record", "[.][speed]") {
  if (Skipped()) return;
  const std::string in = NewTopic("in", 4), out = NewTopic("out", 4);
  const auto consumer = Member("one", {in});
  NextChange(*consumer);
  const auto producer = NewProducer("one");
  std::vector<double> commits;
  for (int round = 0; round < 100; ++round) {
    const auto transaction = Begin(*producer);
    for (int i = 0; i < 20; ++i) Append(*transaction, out, "value of a hundred bytes or so", i % 4);
    REQUIRE(consumer->SavePositions(*transaction, std::array{Position{{in, 0}, round}}).ok());
    const auto start = SteadyClock::now();
    REQUIRE(transaction->Commit(kPatience) == Outcome::kCommitted);
    commits.push_back(Millis(SteadyClock::now() - start));
    consumer->Wait(milliseconds(20));
  }
  std::sort(commits.begin(), commits.end());
  std::printf("commit of 20 records and a position: p50 %.1f ms, p95 %.1f ms\n", commits[50],
              commits[95]);

  constexpr int kRecords = 400'000;
  const std::string value(300, 'v');
  auto start = SteadyClock::now();
  for (int done = 0; done < kRecords; done += 20'000) {
    const auto transaction = Begin(*producer);
    for (int i = 0; i < 20'000; ++i) {
      REQUIRE(transaction->Append(in, i % 4, "user-1", value, {}).ok());
    }
    REQUIRE(transaction->Commit(kPatience) == Outcome::kCommitted);
  }
  std::printf("produce in transactions: %.0f records/s\n",
              kRecords / Millis(SteadyClock::now() - start) * 1000);

  start = SteadyClock::now();
  const auto batch = consumer->NewBatch();
  size_t read = 0;
  for (int p = 0; p < 4; ++p) REQUIRE(consumer->Assign({in, p}, 0).ok());
  for (int ended = 0; ended < 4;) {
    ended = 0;
    for (int p = 0; p < 4; ++p) {
      REQUIRE(consumer->Poll({in, p}, 1000, Duration(0), batch.get()).ok());
      read += batch->records().size();
      if (consumer->AtEnd({in, p})) ++ended;
    }
    consumer->Wait(milliseconds(100));
  }
  CHECK(read == kRecords);
  std::printf("consume: %.0f records/s\n", kRecords / Millis(SteadyClock::now() - start) * 1000);
}

}  // namespace
}  // namespace bongsu
