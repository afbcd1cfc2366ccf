// A log in a database that can be reopened, and the few verbs its tests speak in.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/embedded/embedded_log.h"
#include "tests/state/rocksdb/stores.h"
#include "tests/support/committed.h"
#include "tests/support/store_around.h"

namespace bongsu {

class StoppedClock final : public Clock {
 public:
  Timestamp Now() const override { return now; }
  void SleepFor(Duration d) const override { now += d; }
  mutable Timestamp now = FromMillis(1'000'000);
};

// Refuses writes while `failing`, as a full disk does.
class FaultyStore final : public StoreAround {
 public:
  using StoreAround::StoreAround;
  Status Write(const WriteBatch& batch, bool sync) override {
    ++writes;
    return failing ? Status::Unavailable("disk full; free some") : StoreAround::Write(batch, sync);
  }
  Status DeleteRange(std::string_view from, std::string_view to) override {
    return failing_ranges ? Status::Unavailable("disk full; free some")
                          : StoreAround::DeleteRange(from, to);
  }
  bool failing = false;
  bool failing_ranges = false;
  int writes = 0;
};

class LogFixture final {
 public:
  explicit LogFixture(const std::string& kind) : database_(kind), store_(*database_) { Reopen(); }

  void Reopen() {
    log_.reset();
    auto made = EmbeddedLog::Make(store_, topics, clock);
    INFO(made.status().message());
    REQUIRE(made.ok());
    log_ = *std::move(made);
  }
  EmbeddedLog& operator*() { return *log_; }
  EmbeddedLog* operator->() { return log_.get(); }
  FaultyStore& store() { return store_; }

  std::unique_ptr<Producer> NewProducer(std::string_view id = "p") {
    auto made = log_->NewProducer(id);
    REQUIRE(made.ok());
    return *std::move(made);
  }
  // A member that has joined and reads everything from its saved positions on.
  std::unique_ptr<Consumer> NewConsumer(std::string_view group, std::vector<std::string> of) {
    auto made = log_->NewConsumer(group, "member", of);
    REQUIRE(made.ok());
    std::unique_ptr<Consumer> consumer = *std::move(made);
    REQUIRE(consumer->Join().ok());
    const auto change = consumer->PollAssignment(Duration::zero());
    REQUIRE(change.ok());
    for (const TopicPartition& gained : change->gained) {
      const auto committed = CommittedOf(*consumer, gained);
      REQUIRE(committed.ok());
      REQUIRE(consumer->Assign(gained, *committed).ok());
    }
    return consumer;
  }
  // Appends the values to a partition in one transaction.
  void Write(const TopicPartition& to, const std::vector<std::string>& values) {
    const auto producer = NewProducer("writer");
    auto transaction = producer->Begin();
    REQUIRE(transaction.ok());
    for (const std::string& value : values) {
      REQUIRE((*transaction)->Append(to.topic, to.partition, "key", value, {}).ok());
    }
    REQUIRE((*transaction)->Commit(Duration::zero()) == Outcome::kCommitted);
  }
  static std::vector<std::string> Values(const RecordBatch& batch) {
    std::vector<std::string> values;
    for (const Record& record : batch.records()) values.emplace_back(record.value);
    return values;
  }
  static std::vector<std::string> Poll(Consumer& consumer, const TopicPartition& from,
                                       size_t max = 1000) {
    const auto batch = consumer.NewBatch();
    const Status polled = consumer.Poll(from, max, Duration::zero(), batch.get());
    INFO(polled.message());
    REQUIRE(polled.ok());
    return Values(*batch);
  }
  std::vector<std::string> ReadAll(const TopicPartition& from) {
    auto reader = log_->NewReader(from, 0);
    REQUIRE(reader.ok());
    const auto batch = (*reader)->NewBatch();
    for (bool at_end = false; !at_end;) {
      REQUIRE((*reader)->Poll(Duration::zero(), batch.get(), &at_end).ok());
    }
    return Values(*batch);
  }

  StoppedClock clock;
  std::vector<EmbeddedTopic> topics = {{"events", 2, true}, {"alerts", 1, false}};

 private:
  AnyDatabase database_;
  FaultyStore store_;
  std::unique_ptr<EmbeddedLog> log_;
};

inline const TopicPartition kEvents0{"events", 0}, kEvents1{"events", 1}, kAlerts{"alerts", 0};

}  // namespace bongsu
