#include "engine/io/kafka/kafka_log.h"

#include <mutex>

#include "engine/base/strings.h"
#include "engine/io/kafka/client.h"
#include "engine/io/kafka/consumer.h"
#include "engine/io/kafka/producer.h"
#include "engine/io/kafka/reader.h"

namespace bongsu {
namespace {

constexpr Duration kMetadataTimeout = std::chrono::seconds(5);
constexpr int kHealthMs = 500;

}  // namespace

struct KafkaLog::Shared {
  KafkaOptions options;
  std::shared_ptr<kafka::BrokerHealth> health = std::make_shared<kafka::BrokerHealth>();
  // For questions about topics. Of the consumer kind, which never makes a topic by asking for it.
  std::shared_ptr<kafka::Client> lookup;
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
  return kafka::TransactionalProducer::Make(shared_->options, shared_->health, shared_->lookup, id);
}

Result<std::unique_ptr<Reader>> KafkaLog::NewReader(const TopicPartition& from, int64_t next) {
  return kafka::PartitionReader::Make(shared_->options, shared_->health, from, next);
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
