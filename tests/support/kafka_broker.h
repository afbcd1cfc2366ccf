// What a test does with a real Kafka cluster (kafka_cluster.h): topics, records, positions, through
// librdkafka and as an independent client. One shared node for most tests, clusters of their own
// for those that break them.
//
//   KafkaBroker* broker = KafkaBroker::Shared();   // One for the whole test program.
//   if (broker == nullptr) return;                 // No Java or Maven here: reported by Shared().
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "tests/support/kafka_cluster.h"

namespace bongsu {

struct TestRecord {
  int32_t partition = 0;
  int64_t offset = 0;
  std::string key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

class KafkaBroker final {
 public:
  // A cluster of its own. Null where Java or Maven is missing: says what to install as a Catch2
  // warning, or as a failure where the environment variable CI is "true". A cluster that does not
  // start is a failure.
  static std::unique_ptr<KafkaBroker> Start(KafkaClusterOptions options = {});
  // One node for the whole test program, started at the first call.
  static KafkaBroker* Shared();

  // False, and said so in the same way, where something could not be made.
  static bool Usable(const Status& status);

  KafkaCluster& cluster() { return *cluster_; }
  const std::string& bootstrap() const { return cluster_->bootstrap(); }
  pid_t pid() const { return cluster_->pid(0); }

  // On every node.
  Status CreateTopic(const std::string& name, int partitions,
                     const std::map<std::string, std::string>& config = {});
  // Raises their number to `partitions`.
  Status AddPartitions(const std::string& topic, int partitions);
  // Everything committed up to now, by partition and offset; an independent read_committed
  // consumer.
  Result<std::vector<TestRecord>> ReadCommitted(const std::string& topic);
  // Without `partition`, by the hash of the key. Returns when the broker has it.
  Status Produce(const std::string& topic, std::optional<int> partition, std::string_view key,
                 std::string_view value);
  Status Produce(const std::string& topic, const std::vector<TestRecord>& records);
  // In a transaction that is aborted: in the log, and for no reader of committed records.
  Status ProduceAborted(const std::string& topic, const std::vector<TestRecord>& records);
  // Where `group` stands in each partition of `topic`; -1 where it has no position. Does not wait
  // for open transactions.
  Result<std::vector<int64_t>> Positions(const std::string& group, const std::string& topic);
  // No transaction is open in `topic`: what was committed can be read. A commit is told to its
  // producer before that.
  Result<bool> Settled(const std::string& topic);
  // Moves the start of a partition's log, as retention does.
  Status DeleteRecordsBefore(const std::string& topic, int partition, int64_t offset);
  void Stop() { cluster_->StopAll(); }
  // After Stop: the same nodes with the same data, at the same addresses.
  Status Restart() { return cluster_->RestartAll(); }

 private:
  explicit KafkaBroker(std::unique_ptr<KafkaCluster> cluster) : cluster_(std::move(cluster)) {}
  std::unique_ptr<KafkaCluster> cluster_;
};

}  // namespace bongsu
