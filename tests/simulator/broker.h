// The broker of the simulation: topics, the coordinators of transactions and groups, being away and
// back, compaction and retention. It answers at once and never lies (unless told to); what a
// network does to requests and answers is the client's part (client.h). One broker stands for the
// cluster.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulator/group.h"
#include "tests/simulator/partition_log.h"
#include "tests/simulator/transactions.h"

namespace bongsu::sim {

// As `bongsu topics create` sets them.
inline constexpr Duration kCompactionLag = std::chrono::minutes(10);
inline constexpr Duration kTombstonesStay = std::chrono::days(7);
inline constexpr Duration kSession = std::chrono::seconds(6);  // And transaction.timeout.

class Broker final {
 public:
  explicit Broker(World& world);

  void MakeTopic(const std::string& name, int32_t partitions);
  std::optional<int32_t> Partitions(const std::string& topic) const;
  PartitionLog& log(const TopicPartition& of);
  const std::map<TopicPartition, PartitionLog>& logs() const { return logs_; }
  Group& group(const std::string& name);
  Transactions& transactions() { return transactions_; }

  // Produces one record as part of the id's transaction; its offset goes to `*offset`.
  Transactions::Answer Produce(const std::string& id, int epoch, const TopicPartition& to,
                               std::shared_ptr<const Payload> payload, int64_t* offset);

  bool up() const { return up_; }
  void Down(Duration how_long);  // Requests get no answer, markers and sessions wait.
  void SlowMarkers(Duration how_long) { slow_until_ = world_.now() + how_long; }
  // The coordinator denies once, to the next who asks, that a group has a position there; not twice
  // within two minutes.
  void Deny(std::optional<TopicPartition> position) { denies_ = std::move(position); }
  bool Denies(const TopicPartition& position);

 private:
  void SweepGroups();

  World& world_;
  Transactions transactions_;
  std::map<TopicPartition, PartitionLog> logs_;
  std::map<std::string, int32_t> topics_;
  std::map<std::string, std::unique_ptr<Group>> groups_;
  bool up_ = true;
  Timestamp up_since_, slow_until_, down_until_, denied_at_;
  std::optional<TopicPartition> denies_;
};

}  // namespace bongsu::sim
