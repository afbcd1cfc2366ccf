// Whatever fails at whatever call: nothing is lost, nothing is doubled, and state fits what was
// published.
#include "engine/pipeline/worker.h"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "tests/support/pipeline_driver.h"

namespace bongsu {
namespace {

// People take turns; some events break, repeat, wait or come late.
std::vector<std::string> Stream(int events) {
  SplitMix64 random(7);
  std::vector<std::string> lines;
  int64_t second = 0;
  for (int i = 0; i < events; ++i) {
    second += static_cast<int64_t>(random.Below(300));
    const uint64_t kind = random.Below(20);
    const std::string action = kind == 0   ? "BOOM"
                               : kind == 1 ? "WAIT"
                               : kind == 2 ? "FORGET"
                               : kind == 3 ? "DROP"
                                           : "VIEW";
    const uint64_t id =
        kind == 4 ? random.Below(static_cast<uint64_t>(i) + 1) : static_cast<uint64_t>(i);
    lines.push_back(StrCat(id, " user", random.Below(6), " ", action, " ",
                           kind == 5 ? second / 2 : second, kind == 6 ? " vpn" : " app"));
    if (i % 50 == 17) lines.push_back(StrCat("tick ", second));
    if (kind == 7) lines.push_back(StrCat("x user", random.Below(6), " noise"));
  }
  return lines;
}

// State beside the log, in the log's transactions, or beside it while the next batch is worked on.
enum class Way { kApart, kTogether, kLate };
constexpr std::array kWays = {Way::kApart, Way::kTogether, Way::kLate};

void Go(Way way, Bank::Options* options) {
  options->shared = way == Way::kTogether;
  options->late = way == Way::kLate;
}

void SendInPieces(Bank& bank, const std::vector<std::string>& lines, size_t piece) {
  for (size_t at = 0; at < lines.size(); at += piece) {
    bank.Send({lines.begin() + static_cast<std::ptrdiff_t>(at),
               lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines.size(), at + piece))});
  }
}

TEST_CASE("however many records a batch holds, outputs and state are the same bytes") {
  const auto lines = Stream(600);
  std::string expected;
  for (const size_t max : {10'000, 1000, 100, 7, 1}) {
    for (const Way way : kWays) {
      for (const size_t people : {100, 1}) {
        Bank::Options options;
        options.max_records = max;
        Go(way, &options);
        options.cached_people = people;
        Bank bank(options);
        SendInPieces(bank, lines, 100);
        REQUIRE(bank.RunScore().ok());
        if (expected.empty()) expected = bank.Everything();
        CAPTURE(max, static_cast<int>(way), people);
        CHECK((bank.Everything() == expected));
        CHECK(bank.Read("alerts").size() > 50);
        CHECK(bank.Read("dead-letters").size() > 20);
      }
    }
  }
}

// Runs in three pieces with the fault in the middle of it all; an outage may end the run.
void RunWithFault(Bank& bank, const std::vector<std::string>& lines, Call call, int nth,
                  Fault fault) {
  const auto third = static_cast<std::ptrdiff_t>(lines.size() / 3);
  bank.Send({lines.begin(), lines.begin() + third});
  bank.log().FailAt(call, nth, fault);
  REQUIRE(bank.RunScore().ok());
  bank.Send({lines.begin() + third, lines.begin() + 2 * third});
  REQUIRE(bank.RunScore().ok());
  bank.Send({lines.begin() + 2 * third, lines.end()});
  REQUIRE(bank.RunScore().ok());
}

TEST_CASE("any call of the log may fail: nothing is lost and nothing doubled") {
  const auto lines = Stream(90);
  const Way way = GENERATE(Way::kApart, Way::kTogether, Way::kLate);
  Bank::Options options;
  Go(way, &options);
  options.max_records = 20;
  Bank calm(options);
  RunWithFault(calm, lines, Call::kCount, 0, Fault::kUnavailable);
  const std::string expected = calm.Everything();
  REQUIRE(calm.Read("alerts").size() > 8);
  for (int c = 0; c < static_cast<int>(Call::kCount); ++c) {
    const auto call = static_cast<Call>(c);
    int happened = 0;
    const int step = call == Call::kAppend ? 13 : 1;
    for (int nth = 1; nth <= calm.log().calls(call); nth += step) {
      CAPTURE(c, nth, static_cast<int>(way));
      Bank bank(options);
      RunWithFault(bank, lines, call, nth, Fault::kUnavailable);
      happened += bank.log().failed();
      REQUIRE((bank.Everything() == expected));
    }
    CAPTURE(c);
    CHECK((happened > 0 || call == Call::kNewReader || call == Call::kReaderPoll));
  }
}

TEST_CASE("a commit may end in any way: nothing is lost and nothing doubled") {
  const auto lines = Stream(90);
  const Way way = GENERATE(Way::kApart, Way::kTogether, Way::kLate);
  const Fault fault = GENERATE(Fault::kAborted, Fault::kUnknownCommitted, Fault::kUnknownAborted,
                               Fault::kFenced, Fault::kRebalanced);
  Bank::Options options;
  Go(way, &options);
  options.max_records = 10;
  Bank calm(options);
  RunWithFault(calm, lines, Call::kCount, 0, fault);
  const std::string expected = calm.Everything();
  const int commits = calm.log().calls(Call::kCommit);
  REQUIRE(commits >= 9);
  for (int nth = 1; nth <= commits; ++nth) {
    CAPTURE(static_cast<int>(fault), nth, static_cast<int>(way));
    Bank bank(options);
    RunWithFault(bank, lines, Call::kCommit, nth, fault);
    REQUIRE(bank.log().failed());
    REQUIRE((bank.Everything() == expected));
  }
}

TEST_CASE("a member that is fenced joins again, and ends when that happens again soon") {
  const auto lines = Stream(90);
  Bank calm;
  RunWithFault(calm, lines, Call::kCount, 0, Fault::kFenced);
  Bank bank;
  RunWithFault(bank, lines, Call::kPollAssignment, 2, Fault::kFenced);
  CHECK(bank.log().failed());
  CHECK((bank.Everything() == calm.Everything()));

  Bank twice;
  twice.Send({lines.begin(), lines.end()});
  twice.log().FailAt(Call::kPollAssignment, 1, Fault::kFenced, 2);
  CHECK(twice.RunScore().code() == Code::kFenced);
}

TEST_CASE("a worker whose transactions are fenced, its positions too, joins again each time") {
  const Call call = GENERATE(Call::kBegin, Call::kSavePositions, Call::kAppend);
  Bank bank;
  bank.Send({"1 ann VIEW 1"});
  bank.log().FailAt(call, 1, Fault::kFenced, 2);
  CHECK(bank.RunScore().ok());
  CHECK(bank.log().failed());
}

TEST_CASE("after an unknown outcome the state is brought forward from the changelog") {
  Bank bank;
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2", "3 ann VIEW 3"});
  bank.log().FailAt(Call::kCommit, 1, Fault::kUnknownCommitted);
  REQUIRE(bank.RunScore().ok());
  CHECK(bank.Read("alerts").size() == 1);
  CHECK(bank.metrics["restore_records_total"] > 0);
  CHECK(bank.metrics["commits_total{outcome=unknown}"] == 1);
  CHECK_THAT(bank.reports.at(1), Catch::Contains("outcome of a commit is unknown"));
}

TEST_CASE("partitions may come and go between any two turns") {
  const auto lines = Stream(120);
  Bank::Options options;
  options.max_records = 8;
  Bank calm(options);
  calm.Send(lines);
  REQUIRE(calm.RunScore().ok());

  Bank bank(options);
  bank.Send(lines);
  ScoreFactory factory = bank.NewFactory();
  const std::string topics[] = {"bongsu.events"};
  WorkerOptions worker_options;
  worker_options.name = worker_options.transactional_id = "score-0";
  worker_options.max_records = 8;
  worker_options.min_interval = std::chrono::hours(1);  // Commits when full: something is in hand.
  if (GENERATE(false, true)) worker_options.executor = std::make_shared<LateExecutor>();
  Worker worker(
      worker_options, bank.log(),
      [&] { return bank.log().NewConsumer("score", "score-0", topics); }, factory, bank.clock,
      bank.metrics, [](std::string_view) {});
  for (int turn = 0; turn < 200 && !worker.Idle(); ++turn) {
    if (turn % 5 == 3) bank.log().Rebalance();
    REQUIRE(worker.Step().ok());
    if (turn > 150) bank.clock.now += std::chrono::hours(2);
  }
  REQUIRE(worker.Flush().ok());
  CHECK(worker.Idle());
  CHECK(bank.metrics["rebalances_total{kind=lost}"] > 3);
  CHECK((bank.Everything() == calm.Everything()));
  CHECK(bank.metrics["events_scored_total"] == calm.metrics["events_scored_total"]);
}

// Says one word for the role as a whole, after the first records of what is owned.
class WordFactory final : public ShardFactory {
 public:
  explicit WordFactory(ScoreFactory inner) : inner_(std::move(inner)) {}
  Result<std::unique_ptr<Opening>> Open(const TopicPartition& from,
                                        std::optional<int64_t> committed) override {
    return inner_.Open(from, committed);
  }
  void OnTurn(Timestamp, Outputs* outputs) override {
    if (said_ || worker->processed() == lost_at_) return;
    said_ = true;
    outputs->Add("bongsu.dead-letters", 0, "all is said up to here", "");
  }
  void OnReset() override { said_ = false; }
  void OnLost(const TopicPartition&) override { lost_at_ = worker->processed(); }
  const Worker* worker = nullptr;

 private:
  ScoreFactory inner_;
  bool said_ = false;
  int64_t lost_at_ = 0;
};

TEST_CASE("what is said for all is not committed without the records that were lost meanwhile") {
  Bank::Options bank_options;
  bank_options.partitions = 1;
  Bank bank(bank_options);
  WordFactory factory(bank.NewFactory());
  const std::string topics[] = {"bongsu.events"};
  WorkerOptions options;
  options.name = options.transactional_id = "score-0";
  if (GENERATE(false, true)) options.executor = std::make_shared<LateExecutor>();
  Worker worker(
      options, bank.log(), [&] { return bank.log().NewConsumer("score", "score-0", topics); },
      factory, bank.clock, bank.metrics, [](std::string_view) {});
  factory.worker = &worker;
  bank.Send({"x ann noise"});
  bank.log().FailAt(Call::kCommit, 1, Fault::kRebalanced);
  for (int turn = 0; turn < 50; ++turn) {
    bank.clock.now += std::chrono::seconds(1);
    REQUIRE(worker.Step().ok());
  }
  REQUIRE(bank.log().failed());
  const auto letters = bank.Read("dead-letters");
  REQUIRE(letters.size() == 2);
  CHECK_THAT(letters[1], Catch::Contains("all is said up to here"));
}

// A broker or a disk that never answers.
class StuckExecutor final : public Executor {
 public:
  void Start(std::function<void()> job) override { job_ = std::move(job); }
  bool ended() const override { return job_ == nullptr; }
  void Wait() override {
    if (job_) std::exchange(job_, nullptr)();
  }
  void WaitFor(Duration) override { on_wait(); }
  std::function<void()> on_wait;

 private:
  std::function<void()> job_;
};

TEST_CASE("a worker whose commit does not end stops its beats") {
  Bank bank;
  ScoreFactory factory = bank.NewFactory();
  const std::string topics[] = {"bongsu.events"};
  WorkerOptions options;
  options.name = options.transactional_id = "score-0";
  const auto stuck = std::make_shared<StuckExecutor>();
  options.executor = stuck;
  Worker worker(
      options, bank.log(), [&] { return bank.log().NewConsumer("score", "score-0", topics); },
      factory, bank.clock, bank.metrics, [](std::string_view) {});
  bank.Send({"1 ann VIEW 1"});
  std::stop_source stop;
  std::vector<int64_t> beats;  // Second by second.
  stuck->on_wait = [&] {
    bank.clock.now += std::chrono::seconds(1);
    beats.push_back(worker.beats());
    if (beats.size() == 200) stop.request_stop();
  };
  REQUIRE(worker.Run(stop.get_token()).ok());
  REQUIRE(beats.size() == 200);
  CHECK(beats[20] > beats[10]);
  CHECK(beats[199] == beats[100]);
}

TEST_CASE("what is said of a partition goes with it") {
  Bank::Options options;
  options.partitions = 1;
  Bank bank(options);
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2", "3 ann VIEW 3"});
  ScoreFactory factory = bank.NewFactory();
  const std::string topics[] = {"bongsu.events"};
  WorkerOptions worker_options;
  worker_options.name = worker_options.transactional_id = "score-0";
  Worker worker(
      worker_options, bank.log(),
      [&] { return bank.log().NewConsumer("score", "score-0", topics); }, factory, bank.clock,
      bank.metrics, [](std::string_view) {});
  const std::string lag = "consumer_lag_events{topic=bongsu.events}{partition=0}";
  const std::string opening = "partitions_opening{worker=score-0}";
  const std::string maturity = "model_maturity{model=folding}{partition=0}";
  for (int turn = 0; turn < 20; ++turn) {
    bank.clock.now += std::chrono::seconds(1);
    REQUIRE(worker.Step().ok());
  }
  CHECK(bank.metrics.Has(lag));
  CHECK(bank.metrics[lag] == 0);
  CHECK(bank.metrics[opening] == 0);
  CHECK(bank.metrics[maturity] == 1);
  CHECK(bank.metrics["event_latency_seconds"] == 3);  // Of every event, alert or not.
  CHECK(bank.metrics["state_bytes_written_total"] > 0);

  bank.log().FailAt(Call::kAssign, 1);  // It cannot go to work on what it is given back.
  bank.log().Rebalance();
  for (int turn = 0; turn < 5 && !bank.log().failed(); ++turn) (void)worker.Step();
  REQUIRE(bank.log().failed());
  CHECK(std::isnan(bank.metrics[lag]));
  CHECK(std::isnan(bank.metrics[maturity]));
}

TEST_CASE("the next batch is worked on while one is committed, and no further") {
  Bank::Options bank_options;
  bank_options.partitions = 1;
  Bank bank(bank_options);
  ScoreFactory factory = bank.NewFactory();
  const std::string topics[] = {"bongsu.events"};
  WorkerOptions options;
  options.name = options.transactional_id = "score-0";
  options.max_records = 2;
  options.executor = std::make_shared<LateExecutor>();
  Worker worker(
      options, bank.log(), [&] { return bank.log().NewConsumer("score", "score-0", topics); },
      factory, bank.clock, bank.metrics, [](std::string_view) {});
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2", "3 ann VIEW 3", "4 ann VIEW 4", "5 ann VIEW 5",
             "6 ann VIEW 6", "7 ann VIEW 7"});
  std::set<std::pair<int64_t, int64_t>> seen;  // Processed, committed batches.
  for (int turn = 0; turn < 100 && !worker.Idle(); ++turn) {
    bank.clock.now += std::chrono::seconds(1);
    REQUIRE(worker.Step().ok());
    seen.emplace(worker.processed(), worker.commits());
    CHECK(worker.processed() <= 2 * worker.commits() + 4);
  }
  CHECK(worker.Idle());
  CHECK(seen.contains({4, 0}));
  CHECK(seen.contains({6, 1}));
  CHECK(worker.commits() == 4);
  CHECK(bank.Read("alerts").size() == 2);
}

TEST_CASE("the first commit does not wait for its interval") {
  Bank bank;
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2"});
  ScoreFactory factory = bank.NewFactory();
  const std::string topics[] = {"bongsu.events"};
  WorkerOptions options;
  options.name = options.transactional_id = "score-0";
  options.interval = options.min_interval = std::chrono::hours(1);
  Worker worker(
      options, bank.log(), [&] { return bank.log().NewConsumer("score", "score-0", topics); },
      factory, bank.clock, bank.metrics, [](std::string_view) {});
  const auto step_often = [&] {
    for (int turn = 0; turn < 50; ++turn) REQUIRE(worker.Step().ok());
  };
  step_often();
  CHECK(worker.processed() == 2);
  CHECK(worker.commits() == 1);
  bank.Send({"3 ann VIEW 3"});
  step_often();
  CHECK(worker.processed() == 3);
  CHECK(worker.commits() == 1);
}

TEST_CASE("a worker goes on after a stale fetch of as many records as a batch holds") {
  Bank bank, calm;
  bank.options.max_records = 3;
  bank.Send({"1 ann VIEW 1", "2 ann VIEW 2", "3 ann VIEW 3", "4 ann VIEW 4"});
  REQUIRE(bank.RunScore().ok());
  bank.log().refetch = 4;
  bank.Send({"5 ann VIEW 5", "6 ann VIEW 6"});
  REQUIRE(bank.RunScore().ok());
  calm.Send({"1 ann VIEW 1", "2 ann VIEW 2", "3 ann VIEW 3", "4 ann VIEW 4"});
  calm.Send({"5 ann VIEW 5", "6 ann VIEW 6"});
  REQUIRE(calm.RunScore().ok());
  CHECK((bank.Everything() == calm.Everything()));
}

TEST_CASE("at least once: whatever fails, results only come again, and state is as it should be") {
  const auto lines = Stream(300);
  Bank calm;
  SendInPieces(calm, lines, 100);
  REQUIRE(calm.RunScore().ok());
  const std::vector<std::string> alerts = calm.Read("alerts");
  const auto fault = GENERATE(Fault::kAborted, Fault::kUnknownCommitted, Fault::kUnknownAborted,
                              Fault::kRebalanced);
  const int nth = GENERATE(1, 2, 5);
  CAPTURE(static_cast<int>(fault), nth);
  Bank bank;
  bank.options.at_least_once = true;
  bank.options.max_records = 40;
  SendInPieces(bank, lines, 100);
  bank.log().FailAt(Call::kCommit, nth, fault);
  REQUIRE(bank.RunScore().ok());
  REQUIRE(bank.log().failed());
  const std::vector<std::string> got = bank.Read("alerts");
  CHECK(got.size() >= alerts.size());
  CHECK((std::set<std::string>(got.begin(), got.end()) ==
         std::set<std::string>(alerts.begin(), alerts.end())));
  for (int32_t p = 0; p < 2; ++p) CHECK((bank.StateOf(p) == calm.StateOf(p)));
}

TEST_CASE("an error that will not pass ends the worker with its reason") {
  Bank::Options options;
  options.shared = true;  // No changelog: a corrupt store cannot be made again.
  Bank bank(options);
  bank.Send({"1 ann VIEW 1"});
  REQUIRE(bank.RunScore().ok());
  WriteBatch lie;
  for (const char* key : {"s/0/meta", "s/1/meta"}) lie.Put(key, "nonsense");
  REQUIRE(bank.raw().shared_store()->Write(lie).ok());
  CHECK(bank.RunScore().code() == Code::kCorrupt);
}

}  // namespace
}  // namespace bongsu
