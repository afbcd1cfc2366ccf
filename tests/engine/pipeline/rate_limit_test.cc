#include "engine/pipeline/rate_limit.h"

#include <array>
#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a limit gives so many a second, and a tenth of a second's at once") {
  TestClock clock;
  RateLimit limit(1000, clock);
  CHECK(limit.Take(1'000'000) == 100);
  CHECK(limit.Take(1) == 0);
  clock.SleepFor(milliseconds(5));
  CHECK(limit.Take(3) == 3);
  CHECK(limit.Take(3) == 2);
  limit.Return(2);
  CHECK(limit.Take(5) == 2);
  clock.SleepFor(std::chrono::hours(1));
  CHECK(limit.Take(1'000'000) == 100);
}

TEST_CASE("a limit of one in a while is kept as well") {
  TestClock clock;
  RateLimit limit(0.5, clock);
  size_t taken = 0;
  for (int i = 0; i < 2000; ++i) {
    taken += limit.Take(10);
    clock.SleepFor(milliseconds(10));
  }
  CHECK(taken == 10);
}

class LimitedWorker {
 public:
  explicit LimitedWorker(Bank& bank, double per_second) : factory_(bank.NewFactory()) {
    WorkerOptions options;
    options.name = options.transactional_id = "score-0";
    options.limits["bongsu.events"] = std::make_shared<RateLimit>(per_second, bank.clock);
    worker_.emplace(
        options, bank.log(),
        [&bank] {
          const std::string topics[] = {"bongsu.events"};
          return bank.log().NewConsumer("score", "score-0", topics);
        },
        factory_, bank.clock, bank.metrics, [](std::string_view) {});
  }
  Worker* operator->() { return &*worker_; }

 private:
  ScoreFactory factory_;
  std::optional<Worker> worker_;
};

TEST_CASE("what is over the limit waits in the log, and every partition gets its part") {
  Bank::Options options;
  options.partitions = 4;
  Bank bank(options);
  std::vector<std::string> lines;
  std::array<int, 4> sent{};
  for (int i = 0; i < 4000; ++i) {
    const std::string user = StrCat("user", i % 97);
    ++sent[static_cast<size_t>(PartitionOf(user, 4))];
    lines.push_back(StrCat(i, " ", user, " VIEW ", i));
  }
  bank.Send(lines);
  LimitedWorker worker(bank, 100);
  const Timestamp began = bank.clock.now;
  while (bank.clock.now - began < std::chrono::seconds(10)) {
    REQUIRE(worker->Step().ok());
    bank.clock.SleepFor(milliseconds(5));
  }
  CHECK(worker->processed() >= 990);
  CHECK(worker->processed() <= 1010);
  for (size_t partition = 0; partition < 4; ++partition) {
    const std::string lag =
        StrCat("consumer_lag_events{topic=bongsu.events}{partition=", partition, "}");
    CAPTURE(partition);
    CHECK(sent[partition] - bank.metrics[lag] > 200);
  }
}

TEST_CASE("while more than a batch waits an alert is no reason to commit; when none does it is") {
  Bank bank;
  std::vector<std::string> lines;
  for (int i = 0; i < 3000; ++i) lines.push_back(StrCat(i, " user", i % 7, " VIEW ", i));
  bank.Send(lines);
  ScoreFactory factory = bank.NewFactory();
  WorkerOptions options;
  options.name = options.transactional_id = "score-0";
  options.max_records = 100;
  options.interval = options.min_interval = milliseconds(20);
  options.catch_up_interval = std::chrono::seconds(1);
  options.catch_up_records = 400;
  const std::string topics[] = {"bongsu.events"};
  Worker worker(
      options, bank.log(), [&] { return bank.log().NewConsumer("score", "score-0", topics); },
      factory, bank.clock, bank.metrics, [](std::string_view) {});
  const auto turn = [&] {
    REQUIRE(worker.Step().ok());
    bank.clock.SleepFor(milliseconds(30));
  };
  for (int i = 0; i < 20 && !worker.behind(); ++i) turn();
  REQUIRE(worker.behind());
  const int64_t commits = worker.commits(), processed = worker.processed();
  for (int i = 0; i < 6; ++i) turn();
  CHECK((worker.processed() - processed) / std::max<int64_t>(worker.commits() - commits, 1) > 200);
  for (int i = 0; i < 200; ++i) turn();
  CHECK(worker.processed() == 3000);
  CHECK_FALSE(worker.behind());
}

}  // namespace
}  // namespace bongsu
