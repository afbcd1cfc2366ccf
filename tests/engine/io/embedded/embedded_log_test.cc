#include "engine/io/embedded/embedded_log.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "engine/base/strings.h"
#include "state/overlay/overlay_store.h"
#include "tests/engine/io/embedded/fixture.h"
#include "tests/support/committed.h"

namespace bongsu {
namespace {

using Catch::Matchers::Contains;
using Values = std::vector<std::string>;

std::string AnyKind() {
  return GENERATE(as<std::string>(), "memory", "rocksdb");
}

TEST_CASE("records come in order, whole, with the clock's time") {
  LogFixture log(AnyKind());
  const auto producer = log.NewProducer();
  auto transaction = *producer->Begin();
  const Header headers[] = {{"origin", "db:0:1:0"}};
  REQUIRE(transaction->Append("events", 0, "ann", "first", headers).ok());
  log.clock.SleepFor(std::chrono::seconds(1));
  REQUIRE(transaction->Append("events", 0, "bob", std::nullopt, {}).ok());
  REQUIRE(transaction->Commit(Duration::zero()) == Outcome::kCommitted);

  const auto consumer = log.NewConsumer("g", {"events"});
  const auto batch = consumer->NewBatch();
  REQUIRE(consumer->Poll(kEvents0, 10, Duration::zero(), batch.get()).ok());
  REQUIRE(batch->records().size() == 2);
  const Record& first = batch->records()[0];
  CHECK(first.offset == 0);
  CHECK(first.timestamp == FromMillis(1'000'000));
  CHECK(first.key == "ann");
  CHECK(first.value == "first");
  REQUIRE(first.headers.size() == 1);
  CHECK(first.headers[0].name == "origin");
  CHECK(first.headers[0].value == "db:0:1:0");
  CHECK(batch->records()[1].offset == 1);
  CHECK(batch->records()[1].timestamp == FromMillis(1'001'000));
  CHECK(batch->records()[1].value.data() == nullptr);
}

TEST_CASE("a consumer goes on where its last poll ended, and knows how far it is") {
  LogFixture log(AnyKind());
  const auto consumer = log.NewConsumer("g", {"events"});
  CHECK(consumer->AtEnd(kEvents0));
  log.Write(kEvents0, {"a", "b", "c"});
  CHECK_FALSE(consumer->AtEnd(kEvents0));
  CHECK(consumer->Lag(kEvents0) == 3);
  CHECK(log.Poll(*consumer, kEvents0, 2) == Values{"a", "b"});
  CHECK(consumer->Lag(kEvents0) == 1);
  CHECK(log.Poll(*consumer, kEvents0, 2) == Values{"c"});
  CHECK(consumer->AtEnd(kEvents0));
  CHECK(log.Poll(*consumer, kEvents0, 2).empty());
  CHECK(log.Poll(*consumer, kEvents1).empty());
}

TEST_CASE("a poll replaces the records of the one before") {
  LogFixture log(AnyKind());
  log.Write(kEvents0, {"a", "b"});
  const auto consumer = log.NewConsumer("g", {"events"});
  const auto batch = consumer->NewBatch();
  REQUIRE(consumer->Poll(kEvents0, 1, Duration::zero(), batch.get()).ok());
  REQUIRE(consumer->Poll(kEvents0, 1, Duration::zero(), batch.get()).ok());
  CHECK(log.Values(*batch) == Values{"b"});
}

TEST_CASE("a transaction that is dropped or fails leaves nothing, and can be sent again") {
  LogFixture log(AnyKind());
  auto consumer = log.NewConsumer("g", {"events"});
  const auto producer = log.NewProducer();
  REQUIRE((*producer->Begin())->Append("events", 0, "k", "dropped", {}).ok());

  const Position position{kEvents1, 0};
  WriteBatch state;
  state.Put("s/k", "v");
  log.store().failing = true;
  auto transaction = *producer->Begin();
  REQUIRE(transaction->Append("events", 0, "k", "failed", {}).ok());
  REQUIRE(transaction->Join(state));
  REQUIRE(consumer->SavePositions(*transaction, std::span(&position, 1)).ok());
  CHECK(transaction->Commit(Duration::zero()) == Outcome::kAborted);
  CHECK_THAT(log->last_failure().message(), Contains("disk full"));
  log.store().failing = false;

  CHECK(log.Poll(*consumer, kEvents0).empty());
  CHECK_FALSE(CommittedOf(*consumer, kEvents1).value().has_value());
  std::string value;
  CHECK_FALSE(*log->shared_store()->Get("s/k", &value));
  consumer.reset();  // The log must outlive it.
  log.Reopen();
  CHECK(log.ReadAll(kEvents0).empty());
}

TEST_CASE("the outputs of an aborted transaction take the same offsets when they are sent again") {
  LogFixture log(AnyKind());
  const auto producer = log.NewProducer();
  for (const bool failing : {true, false}) {
    log.store().failing = failing;
    auto transaction = *producer->Begin();
    REQUIRE(transaction->Append("events", 0, "k", "again", {}).ok());
    CHECK((transaction->Commit(Duration::zero()) == Outcome::kCommitted) == !failing);
  }
  CHECK(log->last_failure().ok());
  CHECK(log.ReadAll(kEvents0) == Values{"again"});
}

TEST_CASE("outputs, positions and state of one transaction become durable in one write") {
  LogFixture log(AnyKind());
  log.Write(kEvents1, {"in"});
  auto consumer = log.NewConsumer("score", {"events"});
  CHECK(log.Poll(*consumer, kEvents1) == Values{"in"});
  const auto state = MakeStateStore(*log->shared_store(), "s/1/");
  state->Put("u/ann", "profile");
  const WriteBatch sealed = state->Seal(Meta{});

  const auto producer = log.NewProducer();
  auto transaction = *producer->Begin();
  REQUIRE(transaction->Append("alerts", 0, "ann", "alert", {}).ok());
  const Position position{kEvents1, 1};
  REQUIRE(consumer->SavePositions(*transaction, std::span(&position, 1)).ok());
  CHECK(transaction->Join(sealed));
  const int writes = log.store().writes;
  REQUIRE(transaction->Commit(Duration::zero()) == Outcome::kCommitted);
  CHECK(log.store().writes == writes + 1);

  consumer.reset();
  log.Reopen();
  const auto again = log.NewConsumer("score", {"events"});
  CHECK(*CommittedOf(*again, kEvents1).value() == 1);
  CHECK_FALSE(CommittedOf(*again, kEvents0).value().has_value());
  CHECK(log.Poll(*again, kEvents1).empty());
  CHECK(log.ReadAll(kAlerts) == Values{"alert"});
  std::string value;
  REQUIRE(*MakeStateStore(*log->shared_store(), "s/1/")->Get("u/ann", &value));
  CHECK(value == "profile");
}

TEST_CASE("offsets continue after a restart") {
  LogFixture log(AnyKind());
  log.Write(kEvents0, {"a", "b"});
  log.Reopen();
  log.Write(kEvents0, {"c"});
  CHECK(log.ReadAll(kEvents0) == Values{"a", "b", "c"});
  const auto reader = *log->NewReader(kEvents0, 2);
  const auto batch = reader->NewBatch();
  bool at_end = false;
  REQUIRE(reader->Poll(Duration::zero(), batch.get(), &at_end).ok());
  CHECK(at_end);
  REQUIRE(batch->records().size() == 1);
  CHECK(batch->records()[0].offset == 2);
  CHECK(reader->next() == 3);
}

TEST_CASE("a reader appends to its batch and comes to the end in bounded steps") {
  LogFixture log("memory");
  for (int i = 0; i < 4; ++i) log.Write(kAlerts, Values(10000, "v"));
  const auto reader = *log->NewReader(kAlerts, 0);
  const auto batch = reader->NewBatch();
  bool at_end = false;
  int polls = 0;
  for (; !at_end; ++polls) REQUIRE(reader->Poll(Duration::zero(), batch.get(), &at_end).ok());
  CHECK(polls > 1);
  REQUIRE(batch->records().size() == 40000);
  for (int64_t i = 0; i < 40000; ++i) REQUIRE(batch->records()[size_t(i)].offset == i);
}

TEST_CASE("a topic keeps its number of partitions, and says what to do about it") {
  LogFixture log(AnyKind());
  const EmbeddedTopic wrong{"events", 3, true};
  const auto made = EmbeddedLog::Make(log.store(), {wrong}, log.clock);
  CHECK(made.status().code() == Code::kInvalid);
  CHECK_THAT(made.status().message(), Contains("events has 2") && Contains("set it to 2"));
}

TEST_CASE("topics may be added, left out and given in another order") {
  LogFixture log(AnyKind());
  log.Write(kEvents0, {"event"});
  log.Write(kAlerts, {"alert"});
  log.topics = {{"alerts", 1, false}, {"decisions", 1, false}};
  log.Reopen();
  log.Write({"decisions", 0}, {"decision"});
  CHECK(log.ReadAll(kAlerts) == Values{"alert"});
  CHECK(log->Partitions("events").status().code() == Code::kNotFound);
  log.topics = {{"decisions", 1, false}, {"alerts", 1, false}, {"events", 2, true}};
  log.Reopen();
  CHECK(log.ReadAll(kEvents0) == Values{"event"});
  CHECK(log.ReadAll({"decisions", 0}) == Values{"decision"});
  CHECK(*log->Partitions("events") == 2);
}

TEST_CASE("bad topics are refused when the log is made") {
  MemoryKeyValueStore store;
  const StoppedClock clock;
  const auto topics =
      GENERATE(values<std::vector<EmbeddedTopic>>({{{"", 1, false}},
                                                   {{"a/b", 1, false}},
                                                   {{"a", 0, false}},
                                                   {{"a", 65536, false}},
                                                   {{"a", 1, false}, {"a", 1, false}}}));
  CHECK(EmbeddedLog::Make(store, topics, clock).status().code() == Code::kInvalid);
}

TEST_CASE("a log of a later release is left alone") {
  LogFixture log("memory");
  WriteBatch batch;
  batch.Put("l/v", "2");
  REQUIRE(log.store().Write(batch, false).ok());
  const auto made = EmbeddedLog::Make(log.store(), log.topics, log.clock);
  CHECK(made.status().code() == Code::kInvalid);
  CHECK_THAT(made.status().message(), Contains("format 2"));
}

TEST_CASE("a damaged record is corrupt, not a crash") {
  LogFixture log("memory");
  log.Write(kAlerts, {"alert"});
  std::string key, value;
  REQUIRE(log.store()
              .Scan("l/r", "l/s",
                    [&](std::string_view k, std::string_view v) {
                      key = k;
                      value = v;
                      return true;
                    })
              .ok());
  WriteBatch damage;
  damage.Put(key, value.substr(0, value.size() - 1));
  REQUIRE(log.store().Write(damage, false).ok());
  const auto reader = *log->NewReader(kAlerts, 0);
  bool at_end = false;
  CHECK(reader->Poll(Duration::zero(), reader->NewBatch().get(), &at_end).code() == Code::kCorrupt);
}

TEST_CASE("a group has one member, which owns everything until it goes") {
  LogFixture log("memory");
  auto first = log.NewConsumer("g", {"events", "alerts"});
  CHECK(first->PollAssignment(Duration::zero())->empty());
  const Values topics{"events"};
  const auto second = *log->NewConsumer("g", "late", topics);
  CHECK(second->PollAssignment(Duration::zero()).status().code() == Code::kInvalid);
  const Status refused = second->Join();
  CHECK(refused.code() == Code::kInvalid);
  CHECK_THAT(refused.message(), Contains("late cannot join"));
  (void)log.NewConsumer("another", {"events"});
  first.reset();
  REQUIRE(second->Join().ok());
  CHECK(second->PollAssignment(Duration::zero())->gained == std::vector{kEvents0, kEvents1});
}

TEST_CASE("what is asked of the wrong partition, topic or position is refused with a reason") {
  LogFixture log("memory");
  log.Write(kEvents0, {"a"});
  const auto consumer = log.NewConsumer("g", {"events"});
  const auto batch = consumer->NewBatch();
  CHECK(consumer->Poll(kAlerts, 1, Duration::zero(), batch.get()).code() == Code::kInvalid);
  CHECK(consumer->Assign(kEvents0, 2).code() == Code::kInvalid);
  CHECK(consumer->Assign(kEvents0, 1).ok());
  CHECK(log->NewReader({"nothing", 0}, 0).status().code() == Code::kNotFound);
  CHECK(log->NewReader({"events", 2}, 0).status().code() == Code::kNotFound);
  CHECK(log->NewConsumer("g/h", "m", Values{"events"}).status().code() == Code::kInvalid);
  CHECK(log->NewConsumer("g", "m", Values{"nothing"}).status().code() == Code::kNotFound);
  const auto producer = log.NewProducer();
  auto transaction = *producer->Begin();
  CHECK(transaction->Append("nothing", 0, "k", "v", {}).code() == Code::kNotFound);
  CHECK(transaction->Append("events", 2, "k", "v", {}).code() == Code::kNotFound);
  const Position beyond{kEvents0, 2}, foreign{kAlerts, 0};
  CHECK(consumer->SavePositions(*transaction, std::span(&beyond, 1)).code() == Code::kInvalid);
  CHECK(consumer->SavePositions(*transaction, std::span(&foreign, 1)).code() == Code::kInvalid);
  LogFixture other("memory");
  const Position good{kEvents0, 1};
  auto elsewhere = *other.NewProducer()->Begin();
  CHECK(consumer->SavePositions(*elsewhere, std::span(&good, 1)).code() == Code::kInvalid);
}

TEST_CASE("a producer's id is of one producer at a time, with one transaction at a time") {
  LogFixture log("memory");
  const auto old = log.NewProducer("w0");
  auto under_way = *old->Begin();
  CHECK(old->Begin().status().code() == Code::kInvalid);
  REQUIRE(under_way->Append("events", 0, "k", "of the old", {}).ok());
  const auto other = log.NewProducer("w1");
  const auto now = log.NewProducer("w0");
  CHECK(under_way->Commit(Duration::zero()) == Outcome::kFenced);
  CHECK(old->Begin().status().code() == Code::kFenced);
  CHECK(other->Begin().ok());
  auto transaction = *now->Begin();
  REQUIRE(transaction->Append("events", 0, "k", "of the new", {}).ok());
  CHECK(transaction->Commit(Duration::zero()) == Outcome::kCommitted);
  CHECK(log.ReadAll(kEvents0) == Values{"of the new"});
}

TEST_CASE("a commit wakes a consumer that waits on another thread") {
  LogFixture log(AnyKind());
  const bool by_poll = GENERATE(true, false);
  const auto consumer = log.NewConsumer("g", {"events"});
  std::atomic<bool> waiting{false};
  Values seen;
  std::thread reader([&] {
    const auto batch = consumer->NewBatch();
    waiting = true;
    while (seen.empty()) {
      // An hour: a wake-up that gets lost hangs the test instead of passing late.
      if (!by_poll) consumer->Wait(std::chrono::hours(1));
      const Duration patience = by_poll ? std::chrono::hours(1) : Duration::zero();
      if (!consumer->Poll(kEvents1, 10, patience, batch.get()).ok()) return;
      seen = LogFixture::Values(*batch);
    }
  });
  while (!waiting) std::this_thread::yield();
  log.Write(kEvents1, {"wake up"});
  reader.join();
  CHECK(seen == Values{"wake up"});
}

TEST_CASE("waiting for nothing ends with its time") {
  LogFixture log("memory");
  const auto consumer = log.NewConsumer("g", {"events"});
  consumer->Wait(Duration(1000));
  const auto batch = consumer->NewBatch();
  REQUIRE(consumer->Poll(kEvents0, 1, Duration(1000), batch.get()).ok());
  CHECK(batch->records().empty());
}

TEST_CASE("several producers write one partition while a consumer sees transactions whole") {
  LogFixture log(AnyKind());
  const auto consumer = log.NewConsumer("g", {"events"});
  constexpr int kThreads = 3, kTransactions = 60;
  std::vector<std::unique_ptr<Producer>> producers;
  for (int t = 0; t < kThreads; ++t) producers.push_back(log.NewProducer(StrCat("p", t)));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTransactions; ++i) {
        auto transaction = *producers[size_t(t)]->Begin();
        for (const char* part : {"begin", "end"}) {
          if (!transaction->Append("events", 0, StrCat(t), part, {}).ok()) return;
        }
        if (transaction->Commit(Duration::zero()) != Outcome::kCommitted) return;
      }
    });
  }
  Values seen;
  const auto batch = consumer->NewBatch();
  while (seen.size() < kThreads * kTransactions * 2) {
    REQUIRE(consumer->Poll(kEvents0, 1000, std::chrono::seconds(30), batch.get()).ok());
    REQUIRE_FALSE(batch->records().empty());
    const Values more = log.Values(*batch);
    CHECK(more.size() % 2 == 0);
    seen.insert(seen.end(), more.begin(), more.end());
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < seen.size(); ++i) REQUIRE(seen[i] == (i % 2 == 0 ? "begin" : "end"));
}

}  // namespace
}  // namespace bongsu
