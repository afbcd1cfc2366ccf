// What the tests of engine/io/kafka share: the broker, topics of their own and short words for long
// calls.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/strings.h"
#include "engine/io/kafka/kafka_log.h"
#include "tests/support/kafka_broker.h"

namespace bongsu {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(30);

class KafkaTest {
 public:
  KafkaTest() : broker_(KafkaBroker::Shared()) {
    if (broker_ == nullptr) return;
    static int tests = 0;
    options_.brokers = broker_->bootstrap();
    options_.prefix = StrCat("test", ++tests);
    options_.group = options_.prefix;
    Result<std::unique_ptr<KafkaLog>> log = KafkaLog::Make(options_);
    REQUIRE(log.ok());
    log_ = std::move(*log);
  }

 protected:
  bool Skipped() const { return broker_ == nullptr; }
  KafkaBroker& broker() { return *broker_; }
  KafkaLog& log() { return *log_; }
  const KafkaOptions& options() const { return options_; }

  std::string NewTopic(const std::string& name, int partitions = 1) {
    const std::string topic = options_.Topic(name);
    const Status status = broker_->CreateTopic(topic, partitions);
    INFO(status.message());
    REQUIRE(status.ok());
    return topic;
  }
  std::unique_ptr<Producer> NewProducer(const std::string& id) {
    Result<std::unique_ptr<Producer>> producer = log_->NewProducer(id);
    INFO(producer.status().message());
    REQUIRE(producer.ok());
    return std::move(*producer);
  }
  std::unique_ptr<Transaction> Begin(Producer& producer) {
    Result<std::unique_ptr<Transaction>> transaction = producer.Begin();
    INFO(transaction.status().message());
    REQUIRE(transaction.ok());
    return std::move(*transaction);
  }
  void Append(Transaction& transaction, const std::string& topic, std::string_view value,
              int partition = 0) {
    const Status status = transaction.Append(topic, partition, "key", value, {});
    INFO(status.message());
    REQUIRE(status.ok());
  }
  std::unique_ptr<Consumer> Member(const std::string& name, std::vector<std::string> topics) {
    Result<std::unique_ptr<Consumer>> consumer = log_->NewConsumer(options_.group, name, topics);
    INFO(consumer.status().message());
    REQUIRE(consumer.ok());
    REQUIRE((*consumer)->Join().ok());
    return std::move(*consumer);
  }
  std::unique_ptr<Reader> NewReader(const TopicPartition& from, int64_t next = 0) {
    Result<std::unique_ptr<Reader>> reader = log_->NewReader(from, next);
    INFO(reader.status().message());
    REQUIRE(reader.ok());
    return std::move(*reader);
  }
  static AssignmentChange NextChange(Consumer& consumer) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      Result<AssignmentChange> change = consumer.PollAssignment(milliseconds(100));
      INFO(change.status().message());
      REQUIRE(change.ok());
      if (!change->empty()) return std::move(*change);
      consumer.Wait(milliseconds(50));
    }
    FAIL("no change of the assignment");
    return {};
  }
  std::vector<std::string> Committed(const std::string& topic) {
    Result<std::vector<TestRecord>> records = broker_->ReadCommitted(topic);
    INFO(records.status().message());
    REQUIRE(records.ok());
    std::vector<std::string> values;
    for (const TestRecord& record : *records) values.push_back(record.value.value_or("(none)"));
    return values;
  }
  // Values read until the end of the partition.
  static std::vector<std::string> ReadToEnd(Reader& reader) {
    std::vector<std::string> values;
    const auto batch = reader.NewBatch();
    for (bool at_end = false; !at_end;) {
      const Status status = reader.Poll(kPatience, batch.get(), &at_end);
      INFO(status.message());
      REQUIRE(status.ok());
      for (const Record& record : batch->records()) values.emplace_back(record.value);
    }
    return values;
  }
  // Values polled until the partition has been read to its end.
  static std::vector<std::string> PollToEnd(Consumer& consumer, const TopicPartition& from) {
    std::vector<std::string> values;
    const auto batch = consumer.NewBatch();
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!consumer.AtEnd(from)) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      const Status status = consumer.Poll(from, 100, milliseconds(500), batch.get());
      INFO(status.message());
      REQUIRE(status.ok());
      for (const Record& record : batch->records()) values.emplace_back(record.value);
    }
    return values;
  }

 private:
  KafkaBroker* broker_;
  KafkaOptions options_;
  std::unique_ptr<KafkaLog> log_;
};

}  // namespace bongsu
