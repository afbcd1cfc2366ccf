// A member of a consumer group, as two clients: one is the member and reads nothing, the other
// fetches what the member was given. So a rebalance is acknowledged at once, even while a partition
// is being restored, and a partition starts and stops without its neighbours being fetched again.
// Internal to engine/io/kafka; one worker thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/log.h"
#include "engine/io/kafka/client.h"
#include "engine/io/kafka/fetcher.h"

namespace bongsu::kafka {

class GroupConsumer final : public Consumer {
 public:
  // `all_partitions` of the topics: so many the fetch memory is divided by.
  static Result<std::unique_ptr<Consumer>> Make(const KafkaOptions& options,
                                                std::shared_ptr<BrokerHealth> health,
                                                std::string_view group, std::string_view member,
                                                std::span<const std::string> topics,
                                                int64_t all_partitions);
  ~GroupConsumer() override;

  Status Join() override;
  Result<AssignmentChange> PollAssignment(Duration timeout) override;
  Result<std::vector<CommittedPosition>> Committed(std::span<const TopicPartition> from,
                                                   Duration timeout) override;
  Status Assign(const TopicPartition& from, std::optional<int64_t> next) override;
  Status Poll(const TopicPartition& from, size_t max, Duration timeout,
              RecordBatch* batch) override;
  std::unique_ptr<RecordBatch> NewBatch() override;
  void Wait(Duration timeout) override;
  bool AtEnd(const TopicPartition& from) const override;
  int64_t Lag(const TopicPartition& from) const override;
  Status SavePositions(Transaction& transaction, std::span<const Position> positions) override;

 private:
  explicit GroupConsumer(const KafkaOptions& options) : options_(options) {}
  Status Open(std::shared_ptr<BrokerHealth> health, std::string_view group, std::string_view member,
              uint64_t queue_bytes);
  void OnRebalance(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t* partitions);
  Status ServeMember();
  Result<std::vector<CommittedPosition>> FetchPositions(std::span<const TopicPartition> from,
                                                        int timeout_ms);
  void Close();
  Fetch* Find(const TopicPartition& from) const;

  KafkaOptions options_;
  std::vector<std::string> topics_;
  std::string group_;
  std::shared_ptr<Client> member_, fetcher_;
  uint64_t queue_bytes_ = 0;  // Of a partition.
  rd_kafka_queue_t* member_queue_ = nullptr;
  int wake_fd_ = -1;
  AssignmentChange change_;  // Not yet told.
  std::vector<TopicPartition> owned_;
  std::map<TopicPartition, std::unique_ptr<Fetch>> fetches_;
};

}  // namespace bongsu::kafka
