// A transactional producer and its one transaction at a time: all outputs of a batch and the
// positions of its inputs, or none (design section 6). Internal to engine/io/kafka; one worker
// thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/log.h"
#include "engine/io/kafka/client.h"

namespace bongsu::kafka {

class ProducerTransaction;

// Null without any. Belongs to the record once that is sent; else rd_kafka_headers_destroy.
rd_kafka_headers_t* NewHeaders(std::span<const Header> headers);

class TransactionalProducer final : public Producer {
 public:
  // `lookup` answers questions about topics: unlike a producer it never makes one by asking.
  // Without an `id` it publishes without transactions (Log::NewPlainProducer).
  static Result<std::unique_ptr<Producer>> Make(const KafkaOptions& options,
                                                std::shared_ptr<BrokerHealth> health,
                                                std::shared_ptr<Client> lookup,
                                                std::string_view id);
  ~TransactionalProducer() override;
  Result<std::unique_ptr<Transaction>> Begin() override;

 private:
  friend class ProducerTransaction;
  struct Topic {
    rd_kafka_topic_t* handle = nullptr;
    int32_t partitions = 0;
    // By partition: the offset of this transaction's last record, as delivery reports tell it;
    // below 0 while unknown.
    mutable std::vector<int64_t> last;
  };

  TransactionalProducer(const KafkaOptions& options, std::shared_ptr<BrokerHealth> health,
                        std::shared_ptr<Client> lookup, std::string_view id);
  // A client of its own, ready for a transaction.
  Status Connect();
  void Disconnect();
  Status Initialise();
  void WarmTopics();
  Result<const Topic*> FindTopic(std::string_view name);
  Status Send(const Topic& topic, int32_t partition, std::string_view key,
              std::optional<std::string_view> value, std::span<const Header> headers);
  // A transaction that must not commit: kAborted when the broker agrees.
  Outcome Abort();
  Outcome Dead(std::string_view step, rd_kafka_resp_err_t error, std::string_view text);

  bool plain() const { return id_.empty(); }

  const KafkaOptions options_;
  const std::shared_ptr<BrokerHealth> health_;
  const std::string id_;
  std::shared_ptr<Client> client_, lookup_;
  std::map<std::string, Topic, std::less<>> topics_;
  bool open_ = false;  // A transaction is open.
  // An answer to an earlier transaction may still come, and librdkafka would take it for one to the
  // next: that needs another client.
  bool stale_ = false;
  bool dead_ = false;  // Only a new producer can go on.
};

class ProducerTransaction final : public Transaction {
 public:
  explicit ProducerTransaction(TransactionalProducer* producer) : producer_(producer) {}
  ~ProducerTransaction() override;  // Aborts what was not committed.

  // Without a partition (below 0) the key chooses it.
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header> headers) override;
  bool Join(const WriteBatch&) override { return false; }
  Outcome Commit(Duration timeout) override;
  std::optional<int64_t> NextOffset(std::string_view topic, int32_t partition) const override;

  // Of a member: the broker refuses an owner of yesterday by its generation, that of this moment.
  // Or of nobody: positions of a group without members, which no generation fences.
  void AddPositions(GroupMetadata group, std::span<const Position> positions);

 private:
  Outcome GiveUp();
  enum class Step { kDone, kAbort, kUnknown, kDead };
  Step Flush(const Deadline& deadline);
  struct GroupPositions {
    GroupMetadata group;
    PartitionList positions;
  };
  Step SendPositions(const Deadline& deadline);
  Step Finish(const Deadline& deadline);
  Step Examine(std::string_view step, rd_kafka_error_t* error);

  TransactionalProducer* producer_;
  std::vector<GroupPositions> positions_;
  Code failure_ = Code::kOk;  // Of the last Append that failed: it must not commit.
  bool done_ = false;
  Outcome dead_outcome_ = Outcome::kUnknown;
};

}  // namespace bongsu::kafka
