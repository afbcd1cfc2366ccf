// The log: Kafka, embedded, files and stdin behind one face (design sections 2 and 6).
//
// A worker thread owns one Consumer and one Producer. Consumer: Join, then PollAssignment, Assign
// and Poll in a loop. Producer: Begin, then Append…, SavePositions of the consumer, Commit; one
// transaction at a time. Each object belongs to one thread; different objects may be used by
// different threads. Another thread may commit a transaction while this one reads on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/state.h"
#include "engine/core/time.h"

namespace bongsu {

struct TopicPartition {
  std::string topic;  // For files: the name of the source.
  int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

struct Header {
  std::string_view name, value;
};

struct Record {
  int64_t offset = 0;  // Gaps are normal.
  Timestamp
      timestamp;  // The broker's or, for files, the time of reading: only for latency and checks.
  std::string_view key, value;
  std::span<const Header> headers;
  // Not empty when the bytes could not be taken whole (a line over the limit): the reason, for the
  // dead letter.
  std::string_view broken;
};

// The records of one Poll, in order; they and what they point to live until the next Poll or Clear.
class RecordBatch {
 public:
  virtual ~RecordBatch() = default;
  virtual std::span<const Record> records() const = 0;
  virtual void Clear() = 0;
};

enum class Outcome {
  kCommitted,
  kAborted,  // Nothing of it is visible; the same outputs may be sent again in a new transaction.
  kUnknown,  // Throw away producer and shards; opening them again tells.
  kFenced    // Another owner took over; throw away producer and shards.
};

// All the outputs of one batch of one worker, or none of them.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Status Append(std::string_view topic, int32_t partition, std::string_view key,
                        std::optional<std::string_view> value, std::span<const Header> headers) = 0;
  // State that must become durable with this transaction, where log and state share one database.
  // False where they do not: then it is written after Commit.
  virtual bool Join(const WriteBatch& batch) = 0;
  virtual Outcome Commit(Duration timeout) = 0;
  // After kCommitted: the offset that follows the last record appended to a partition; nullopt if
  // unknown.
  virtual std::optional<int64_t> NextOffset(std::string_view /*topic*/,
                                            int32_t /*partition*/) const {
    return std::nullopt;
  }
};

struct Position {
  TopicPartition from;
  int64_t next = 0;
};

struct AssignmentChange {
  std::vector<TopicPartition> lost, gained;  // Handle `lost` first.
  bool empty() const { return lost.empty() && gained.empty(); }
};

// Where a group stands in a partition, as far as it is settled.
struct CommittedPosition {
  bool known = false;           // False while a transaction that may move it is open.
  std::optional<int64_t> next;  // Once known; nullopt: the group has no position there.
};

class Consumer {
 public:
  virtual ~Consumer() = default;
  // Starts to be a member; nothing is read yet.
  virtual Status Join() = 0;
  // What changed since the last call; waits up to `timeout` for something to change only when
  // nothing is assigned. kFenced: this member must end.
  virtual Result<AssignmentChange> PollAssignment(Duration timeout) = 0;
  // The stable committed positions of gained partitions, in their order; waits for them up to
  // `timeout`. What is not known then is asked for again.
  virtual Result<std::vector<CommittedPosition>> Committed(std::span<const TopicPartition> from,
                                                           Duration timeout) = 0;
  // Starts reading at `next` (nullopt: the beginning). Only partitions gained and not lost.
  virtual Status Assign(const TopicPartition& from, std::optional<int64_t> next) = 0;
  // At most `max` records of one partition, in order; waits up to `timeout` for the first.
  // Back-pressure is not calling it.
  virtual Status Poll(const TopicPartition& from, size_t max, Duration timeout,
                      RecordBatch* batch) = 0;
  virtual std::unique_ptr<RecordBatch> NewBatch() = 0;
  // Waits up to `timeout` until some assigned partition may have records.
  virtual void Wait(Duration timeout) = 0;
  // The last Poll has read everything that was there. For files: for good.
  virtual bool AtEnd(const TopicPartition& from) const = 0;
  // Records between the position and the end, as last known.
  virtual int64_t Lag(const TopicPartition& from) const = 0;
  // Makes the positions part of `transaction`.
  virtual Status SavePositions(Transaction& transaction, std::span<const Position> positions) = 0;
};

class Producer {
 public:
  virtual ~Producer() = default;
  virtual Result<std::unique_ptr<Transaction>> Begin() = 0;
};

// Reads one partition, committed records only, without being a member of anything: restore, replay,
// tail.
class Reader {
 public:
  virtual ~Reader() = default;
  // Appends what comes until `timeout` or the end of the partition as it was at some moment during
  // the call; `*at_end` tells which.
  virtual Status Poll(Duration timeout, RecordBatch* batch, bool* at_end) = 0;
  virtual std::unique_ptr<RecordBatch> NewBatch() = 0;
  // The offset after the last record or marker read; where a later Reader may start.
  virtual int64_t next() const = 0;
};

struct LogOffsets {
  int64_t start = 0;       // Of the oldest record that is kept.
  int64_t stable_end = 0;  // Committed readers get what lies before.
  int64_t end = 0;         // After the last record, of an open transaction too.
};

// A transaction that holds back the committed readers of a partition.
struct OpenTransaction {
  int64_t offset = 0;  // Its first record there: the last stable offset.
  std::string id;      // From the record's header `transactional.id`; empty without one.
};

struct GroupMember {
  std::string name;  // As given to NewConsumer.
  std::vector<TopicPartition> owns;
};
struct GroupView {
  bool stable = false;  // No rebalance is under way.
  std::vector<GroupMember> members;
};

// Makes the above for one kind of log. Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  virtual Result<std::unique_ptr<Consumer>> NewConsumer(std::string_view group,
                                                        std::string_view member,
                                                        std::span<const std::string> topics) = 0;
  // `id` is the transactional.id: the same over restarts of the same worker, of one worker at a
  // time.
  // Making one ends what an earlier holder of the id has left open, and fences it.
  virtual Result<std::unique_ptr<Producer>> NewProducer(std::string_view id) = 0;
  // Publishes without transactions: what is appended may be seen at once, Commit waits until it is
  // acknowledged, and what is not (kUnknown) is appended anew. Takes no positions and no state.
  virtual Result<std::unique_ptr<Producer>> NewPlainProducer() {
    return Status::Invalid("this log publishes in transactions only");
  }
  virtual Result<std::unique_ptr<Reader>> NewReader(const TopicPartition& from, int64_t next) = 0;
  // kNotFound with the remedy when the topic does not exist.
  virtual Result<int32_t> Partitions(std::string_view topic) = 0;
  virtual Result<LogOffsets> Offsets(const TopicPartition& of) = 0;
  // nullopt when nothing is open there at this moment.
  virtual Result<std::optional<OpenTransaction>> FindOpenTransaction(const TopicPartition& of) = 0;
  // Who is in a consumer group at this moment.
  virtual Result<GroupView> Describe(std::string_view group) = 0;
  // Of the cluster: what was written in another one is unknown here.
  virtual Result<std::string> Identity() = 0;
  // Where state shares the log's database (embedded), that database: then no changelog is written.
  virtual KeyValueStore* shared_store() = 0;
};

}  // namespace bongsu
