// What an EmbeddedLog hands out. Each object belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/embedded/core.h"

namespace bongsu::embedded_internal {

// A producer and its transaction share it; either may end first.
struct ProducerState {
  std::string id;
  uint64_t epoch = 0;
  bool open = false;  // A transaction is under way.
  Pending pending;    // Its buffers serve every transaction.
};

class EmbeddedTransaction final : public Transaction {
 public:
  EmbeddedTransaction(Core& core, std::shared_ptr<ProducerState> state)
      : core_(core), state_(std::move(state)) {}
  ~EmbeddedTransaction() override;
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header> headers) override;
  bool Join(const WriteBatch& batch) override;
  Outcome Commit(Duration timeout) override;
  Status Save(Group* group, size_t slot, int64_t next);
  const Core& core() const { return core_; }

 private:
  Core& core_;
  const std::shared_ptr<ProducerState> state_;
  bool done_ = false;
  std::string last_topic_;  // Outputs come in runs of one topic and partition.
  int32_t last_partition_ = -1;
  size_t last_slot_ = 0;
};

class EmbeddedProducer final : public Producer {
 public:
  EmbeddedProducer(Core& core, std::string_view id);
  Result<std::unique_ptr<Transaction>> Begin() override;

 private:
  Core& core_;
  const std::shared_ptr<ProducerState> state_;
};

class EmbeddedConsumer final : public Consumer {
 public:
  EmbeddedConsumer(Core& core, std::string group, std::string member, std::vector<size_t> slots);
  ~EmbeddedConsumer() override;
  Status Join() override;
  Result<AssignmentChange> PollAssignment(Duration timeout) override;
  Result<std::vector<CommittedPosition>> Committed(std::span<const TopicPartition> from,
                                                   Duration timeout) override;
  Status Assign(const TopicPartition& from, std::optional<int64_t> next) override;
  Status Poll(const TopicPartition& from, size_t max, Duration timeout,
              RecordBatch* batch) override;
  std::unique_ptr<RecordBatch> NewBatch() override { return std::make_unique<EmbeddedBatch>(); }
  void Wait(Duration timeout) override;
  bool AtEnd(const TopicPartition& from) const override;
  int64_t Lag(const TopicPartition& from) const override;
  Status SavePositions(Transaction& transaction, std::span<const Position> positions) override;

 private:
  struct Partition {
    size_t slot = 0;
    bool assigned = false;
    int64_t next = 0;
  };
  Result<Partition*> Find(const TopicPartition& from);
  const Partition* Reading(const TopicPartition& from) const;

  Core& core_;
  const std::string name_, member_;
  std::vector<Partition> partitions_;
  Group* group_ = nullptr;  // Null before Join.
  bool announced_ = false;
};

class EmbeddedReader final : public Reader {
 public:
  EmbeddedReader(Core& core, size_t slot, int64_t next) : core_(core), slot_(slot), next_(next) {}
  Status Poll(Duration timeout, RecordBatch* batch, bool* at_end) override;
  std::unique_ptr<RecordBatch> NewBatch() override { return std::make_unique<EmbeddedBatch>(); }
  int64_t next() const override { return next_; }

 private:
  Core& core_;
  const size_t slot_;
  int64_t next_;
};

}  // namespace bongsu::embedded_internal
