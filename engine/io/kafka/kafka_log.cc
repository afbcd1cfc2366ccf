#include "engine/io/kafka/kafka_log.h"

#include <mutex>
#include <set>

#include "engine/base/strings.h"
#include "engine/io/kafka/client.h"
#include "engine/io/kafka/consumer.h"
#include "engine/io/kafka/probe.h"
#include "engine/io/kafka/producer.h"
#include "engine/io/kafka/reader.h"
#include "engine/io/kafka/topics_admin.h"

namespace bongsu {
namespace {

constexpr Duration kMetadataTimeout = std::chrono::seconds(5);
constexpr int kHealthMs = 500;

// One client serves all readers: each has a queue of its own, and a restore of many partitions
// neither connects nor asks for leaders once for each. Only who reads a partition that is being
// read already gets another.
struct ReadingClient {
  std::mutex mutex;
  std::shared_ptr<kafka::Client> client;
  std::set<TopicPartition> busy;
};

Result<std::shared_ptr<kafka::Client>> ClientToRead(const std::shared_ptr<ReadingClient>& shared,
                                                    const KafkaOptions& options,
                                                    std::shared_ptr<kafka::BrokerHealth> health,
                                                    const TopicPartition& from) {
  const std::lock_guard lock(shared->mutex);
  if (shared->busy.contains(from)) return kafka::PartitionReader::NewClient(options, health);
  if (!shared->client) {
    BONGSU_ASSIGN_OR_RETURN(shared->client, kafka::PartitionReader::NewClient(options, health));
  }
  shared->busy.insert(from);
  return std::shared_ptr<kafka::Client>(shared->client.get(),
                                        [shared, from, keep = shared->client](kafka::Client*) {
                                          const std::lock_guard unlock(shared->mutex);
                                          shared->busy.erase(from);
                                        });
}

}  // namespace

struct KafkaLog::Shared {
  KafkaOptions options;
  std::shared_ptr<kafka::BrokerHealth> health = std::make_shared<kafka::BrokerHealth>();
  // For questions about topics. Of the consumer kind, which never makes a topic by asking for it.
  std::shared_ptr<kafka::Client> lookup;
  // The same, for what only committed readers see and for all there is.
  std::shared_ptr<kafka::Client> committed, everything;

  std::mutex probing;  // A client reads a partition once at a time.
  std::shared_ptr<ReadingClient> reading = std::make_shared<ReadingClient>();
};

KafkaLog::KafkaLog(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
KafkaLog::~KafkaLog() = default;

Result<std::unique_ptr<KafkaLog>> KafkaLog::Make(const KafkaOptions& options) {
  if (options.brokers.empty()) {
    return Status::Invalid("kafka.brokers: empty; name a broker, or leave Kafka out");
  }
  Problems problems;
  CheckProperties(options, &problems);
  if (!problems.empty()) return Status::Invalid(problems.Format());
  auto shared = std::make_shared<Shared>();
  shared->options = options;
  BONGSU_ASSIGN_OR_RETURN(
      shared->lookup,
      kafka::Client::Make(RD_KAFKA_CONSUMER, options, {{"reconnect.backoff.max.ms", "2000"}},
                          {{"allow.auto.create.topics", "false"}}, shared->health));
  BONGSU_ASSIGN_OR_RETURN(shared->committed, kafka::NewProbe(options, shared->health, true));
  BONGSU_ASSIGN_OR_RETURN(shared->everything, kafka::NewProbe(options, shared->health, false));
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(shared)));
}

Result<std::unique_ptr<Consumer>> KafkaLog::NewConsumer(std::string_view group,
                                                        std::string_view member,
                                                        std::span<const std::string> topics) {
  int64_t all_partitions = 0;
  for (const std::string& topic : topics) {
    BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, Partitions(topic));
    all_partitions += partitions;
  }
  return kafka::GroupConsumer::Make(shared_->options, shared_->health, group, member, topics,
                                    all_partitions);
}

Result<std::unique_ptr<Producer>> KafkaLog::NewProducer(std::string_view id) {
  if (id.empty()) return Status::Invalid("kafka: a producer needs a transactional.id");
  return kafka::TransactionalProducer::Make(shared_->options, shared_->health, shared_->lookup, id);
}

Result<std::unique_ptr<Producer>> KafkaLog::NewPlainProducer() {
  return kafka::TransactionalProducer::Make(shared_->options, shared_->health, shared_->lookup, "");
}

Result<std::unique_ptr<Reader>> KafkaLog::NewReader(const TopicPartition& from, int64_t next) {
  BONGSU_ASSIGN_OR_RETURN(auto client,
                          ClientToRead(shared_->reading, shared_->options, shared_->health, from));
  return kafka::PartitionReader::Make(std::move(client), from, next);
}

Result<LogOffsets> KafkaLog::Offsets(const TopicPartition& of) {
  return kafka::QueryOffsets(*shared_->committed, *shared_->everything, of);
}

Result<std::optional<OpenTransaction>> KafkaLog::FindOpenTransaction(const TopicPartition& of) {
  BONGSU_ASSIGN_OR_RETURN(const LogOffsets log, Offsets(of));
  if (log.stable_end >= log.end) return std::optional<OpenTransaction>();
  const std::lock_guard lock(shared_->probing);
  return kafka::ReadOpenTransaction(shared_->everything, of, log.stable_end);
}

Result<GroupView> KafkaLog::Describe(std::string_view group) {
  return kafka::DescribeGroup(*shared_->lookup, group);
}

Result<std::string> KafkaLog::Identity() {
  return kafka::ClusterId(*shared_->lookup);
}

Result<std::vector<CommittedPosition>> KafkaLog::Positions(std::string_view group,
                                                           std::span<const TopicPartition> of) {
  return kafka::GroupPositions(shared_->options, shared_->health, group, of);
}

Status KafkaLog::MoveGroup(Transaction& transaction, std::string_view group,
                           std::span<const Position> positions) {
  auto* const kafka = dynamic_cast<kafka::ProducerTransaction*>(&transaction);
  if (kafka == nullptr) {
    return Status::Invalid("kafka: positions of this log need a transaction of this log");
  }
  kafka->AddPositions(
      kafka::GroupMetadata(rd_kafka_consumer_group_metadata_new(std::string(group).c_str())),
      positions);
  return Status::Ok();
}

Result<std::vector<std::string>> KafkaLog::CheckTopics(std::span<const TopicSpec> specs,
                                                       TopicChecks checks) {
  return kafka::TopicAdmin(shared_->lookup).Compare(specs, checks);
}

Result<int32_t> KafkaLog::Partitions(std::string_view topic) {
  return shared_->lookup->Partitions(topic, kMetadataTimeout);
}

std::string KafkaLog::Health() {
  rd_kafka_t* const handle = shared_->lookup->get();
  rd_kafka_poll(handle, 0);
  if (shared_->health->Get().empty()) return {};
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(handle, 0, nullptr, &metadata, kHealthMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(metadata);
    shared_->health->Up();
  }
  return shared_->health->Get();
}

}  // namespace bongsu
