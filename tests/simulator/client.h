// The log as one simulated process sees it: what librdkafka and engine/io/kafka do between the
// engine and the broker, with the same answers to the same troubles. Each call is a point where the
// process may die or stand still (awaits.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/log.h"
#include "tests/simulator/awaits.h"
#include "tests/simulator/broker.h"
#include "tests/simulator/mutant.h"

namespace bongsu::sim {

// Records that live as long as the batch, whatever the broker compacts meanwhile.
class SimBatch final : public RecordBatch {
 public:
  std::span<const Record> records() const override { return records_; }
  void Clear() override;
  void Add(int64_t offset, Timestamp time, std::shared_ptr<const Payload> payload);
  // Another value in the place of a record.
  void Replace(int64_t offset, std::shared_ptr<const Payload> payload);
  size_t size() const { return records_.size(); }

 private:
  std::vector<std::shared_ptr<const Payload>> kept_;
  std::vector<std::vector<Header>> headers_;
  std::vector<Record> records_;
};

class SimLog final : public Log {
 public:
  struct Hooks {
    // A producer is initialised with the id; before it happens.
    std::function<void(const std::string& id)> on_init = [](const std::string&) {};
    // A partition is being read, or no more.
    std::function<void(const TopicPartition&, bool)> on_reading = [](const TopicPartition&, bool) {
    };
  };
  SimLog(Broker& broker, Awaits& awaits, Mutant mutant, Hooks hooks)
      : broker_(broker), awaits_(awaits), mutant_(mutant), hooks_(std::move(hooks)) {}

  Result<std::unique_ptr<Consumer>> NewConsumer(std::string_view group, std::string_view member,
                                                std::span<const std::string> topics) override;
  Result<std::unique_ptr<Producer>> NewProducer(std::string_view id) override;
  Result<std::unique_ptr<Producer>> NewPlainProducer() override;
  Result<std::unique_ptr<Reader>> NewReader(const TopicPartition& from, int64_t next) override;
  Result<int32_t> Partitions(std::string_view topic) override;
  Result<LogOffsets> Offsets(const TopicPartition& of) override;
  Result<std::optional<OpenTransaction>> FindOpenTransaction(const TopicPartition& of) override;
  Result<GroupView> Describe(std::string_view group) override;
  Result<std::string> Identity() override { return std::string("simulated"); }
  KeyValueStore* shared_store() override { return nullptr; }

  // The next Poll of a consumer begins again at an offset before (librdkafka's stale fetch).
  bool refetch = false;

  // For the parts of the client.
  Broker& broker() { return broker_; }
  Awaits& awaits() { return awaits_; }
  World& world() { return awaits_.world(); }
  Mutant mutant() const { return mutant_; }
  const Hooks& hooks() const { return hooks_; }
  // A request reaches the broker within `timeout`, or not at all.
  Status Request(Point point, Duration timeout);
  Status AwaitBroker(Duration timeout);
  // Mutants only: partitions whose group position was denied, and what a reader was told last.
  std::map<TopicPartition, std::optional<int64_t>> answered;

 private:
  Broker& broker_;
  Awaits& awaits_;
  const Mutant mutant_;
  const Hooks hooks_;
};

// Reads the committed records of one partition.
class Cursor final {
 public:
  Cursor(SimLog& log, TopicPartition from, int64_t next)
      : log_(log), from_(std::move(from)), started_(next), next_(next) {}
  // At most `max`; when they are gone, kInvalid at the position it began with, else kUnavailable.
  Status Read(size_t max, SimBatch* batch);
  bool at_end() const { return at_end_; }
  int64_t next() const { return next_; }
  int64_t lag() const;
  void GoBack(int64_t records);

 private:
  SimLog& log_;
  const TopicPartition from_;
  const int64_t started_;
  int64_t next_;
  bool at_end_ = false;
};

}  // namespace bongsu::sim
