#include "tests/support/kafka_broker.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>

#include "engine/base/strings.h"
#include "tests/support/kafka_cluster_tools.h"

namespace bongsu {
namespace {

constexpr int kTimeoutMs = 30'000;

Result<int> PartitionCount(rd_kafka_t* handle, const std::string& topic) {
  rd_kafka_topic_t* const of = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(handle, 0, of, &metadata, kTimeoutMs);
  rd_kafka_topic_destroy(of);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Unavailable(rd_kafka_err2str(error));
  const int count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  if (count == 0) return Status::NotFound("no topic " + topic);
  return count;
}

TestRecord ToRecord(const rd_kafka_message_t* message) {
  TestRecord record;
  record.partition = message->partition;
  record.offset = message->offset;
  record.key.assign(static_cast<const char*>(message->key), message->key_len);
  if (message->payload != nullptr) {
    record.value.emplace(static_cast<const char*>(message->payload), message->len);
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
      record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
    }
  }
  return record;
}

// One admin request and its answer: `ask` sends it to the queue given.
template <typename Ask, typename Look>
Status Admin(const std::string& bootstrap, Ask ask, Look look) {
  const Handle handle = NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}});
  rd_kafka_queue_t* const queue = rd_kafka_queue_new(handle.get());
  ask(handle.get(), queue);
  rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, kTimeoutMs);
  Status status = Status::Unavailable("the test broker did not answer");
  if (event != nullptr) {
    status = rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR
                 ? Status::Unavailable(rd_kafka_event_error_string(event))
                 : look(event);
    rd_kafka_event_destroy(event);
  }
  rd_kafka_queue_destroy(queue);
  return status;
}

// Returns when the broker has them.
Status Send(rd_kafka_t* handle, const std::string& topic, const std::vector<TestRecord>& records) {
  for (const TestRecord& record : records) {
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    void* const bytes = record.value ? const_cast<char*>(record.value->data()) : nullptr;
    const size_t size = record.value ? record.value->size() : 0;
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
        RD_KAFKA_V_KEY(record.key.data(), record.key.size()), RD_KAFKA_V_VALUE(bytes, size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_headers_destroy(headers);
      return Status::Unavailable(rd_kafka_err2str(error));
    }
  }
  const rd_kafka_resp_err_t error = rd_kafka_flush(handle, kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Unavailable(rd_kafka_err2str(error));
  return Status::Ok();
}

Status ResultOf(const rd_kafka_topic_result_t* topic) {
  if (rd_kafka_topic_result_error(topic) == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Ok();
  return Status::Invalid(rd_kafka_topic_result_error_string(topic));
}

// Takes `error`; null is success.
Status Taken(rd_kafka_error_t* error) {
  if (error == nullptr) return Status::Ok();
  const std::string text = rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  return Status::Unavailable(text);
}

}  // namespace

// Only a missing tool is a reason to go without; a cluster that does not start is a failure.
bool KafkaBroker::Usable(const Status& status) {
  if (status.ok()) return true;
  const char* const ci = std::getenv("CI");
  if (status.code() == Code::kNotFound && !(ci && std::string_view(ci) == "true")) {
    WARN("skipped: " << status.message());
  } else {
    FAIL(status.message());
  }
  return false;
}

std::unique_ptr<KafkaBroker> KafkaBroker::Start(KafkaClusterOptions options) {
  Result<std::unique_ptr<KafkaCluster>> cluster = KafkaCluster::Start(std::move(options));
  if (!Usable(cluster.status())) return nullptr;
  return std::unique_ptr<KafkaBroker>(new KafkaBroker(std::move(*cluster)));
}

KafkaBroker* KafkaBroker::Shared() {
  static Result<std::unique_ptr<KafkaCluster>> cluster = KafkaCluster::Start();
  if (!Usable(cluster.status())) return nullptr;
  static KafkaBroker broker(std::move(*cluster));
  return &broker;
}

Status KafkaBroker::CreateTopic(const std::string& name, int partitions,
                                const std::map<std::string, std::string>& config) {
  char text[512];
  rd_kafka_NewTopic_t* topic =
      rd_kafka_NewTopic_new(name.c_str(), partitions, cluster_->nodes(), text, sizeof(text));
  if (topic == nullptr) return Status::Invalid(text);
  for (const auto& [key, value] : config)
    rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  const Status status = Admin(
      cluster_->direct(),
      [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_CreateTopics(handle, &topic, 1, nullptr, queue);
      },
      [](rd_kafka_event_t* event) {
        size_t count = 0;
        const auto* const result = rd_kafka_event_CreateTopics_result(event);
        return ResultOf(rd_kafka_CreateTopics_result_topics(result, &count)[0]);
      });
  rd_kafka_NewTopic_destroy(topic);
  if (!status.ok()) return status;
  // The controller has it; wait until the broker tells of it as well.
  const Handle handle = NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", cluster_->direct()}});
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  while (std::chrono::steady_clock::now() < end) {
    const Result<int> count = PartitionCount(handle.get(), name);
    if (count.ok() && *count == partitions) return Status::Ok();
  }
  return Status::Unavailable("the test broker does not tell of the new topic " + name);
}

Status KafkaBroker::AddPartitions(const std::string& topic, int partitions) {
  char text[512];
  rd_kafka_NewPartitions_t* request = rd_kafka_NewPartitions_new(
      topic.c_str(), static_cast<size_t>(partitions), text, sizeof(text));
  if (request == nullptr) return Status::Invalid(text);
  const Status status = Admin(
      cluster_->direct(),
      [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_CreatePartitions(handle, &request, 1, nullptr, queue);
      },
      [](rd_kafka_event_t* event) {
        size_t count = 0;
        const auto* const result = rd_kafka_event_CreatePartitions_result(event);
        return ResultOf(rd_kafka_CreatePartitions_result_topics(result, &count)[0]);
      });
  rd_kafka_NewPartitions_destroy(request);
  return status;
}

Status KafkaBroker::DeleteRecordsBefore(const std::string& topic, int partition, int64_t offset) {
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  rd_kafka_topic_partition_list_destroy(list);
  const Status status = Admin(
      cluster_->direct(),
      [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteRecords(handle, &request, 1, nullptr, queue);
      },
      [](rd_kafka_event_t* event) {
        const auto* const offsets =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
        if (offsets->elems[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Ok();
        return Status::Invalid(rd_kafka_err2str(offsets->elems[0].err));
      });
  rd_kafka_DeleteRecords_destroy(request);
  return status;
}

Result<std::vector<TestRecord>> KafkaBroker::ReadCommitted(const std::string& topic) {
  const Handle handle = NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", cluster_->direct()},
                                                      {"group.id", "test-reader"},
                                                      {"enable.auto.commit", "false"},
                                                      {"enable.partition.eof", "true"},
                                                      {"fetch.wait.max.ms", "10"},
                                                      {"isolation.level", "read_committed"}});
  BONGSU_ASSIGN_OR_RETURN(const int partitions, PartitionCount(handle.get(), topic));
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(handle.get(), list);
  rd_kafka_topic_partition_list_destroy(list);
  std::vector<TestRecord> records;
  Status status = Status::Ok();
  for (int ended = 0; ended < partitions && status.ok();) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(handle.get(), kTimeoutMs);
    if (message == nullptr) {
      status = Status::Unavailable("the test broker is silent");
      break;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      records.push_back(ToRecord(message));
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ended;
    } else {
      status = Status::Unavailable(rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(handle.get());
  if (!status.ok()) return status;
  std::sort(records.begin(), records.end(), [](const TestRecord& a, const TestRecord& b) {
    return std::pair(a.partition, a.offset) < std::pair(b.partition, b.offset);
  });
  return records;
}

Result<bool> KafkaBroker::Settled(const std::string& topic) {
  std::vector<int64_t> ends[2];
  for (const bool committed : {false, true}) {
    const Handle handle =
        NewHandle(RD_KAFKA_CONSUMER,
                  {{"bootstrap.servers", cluster_->direct()},
                   {"isolation.level", committed ? "read_committed" : "read_uncommitted"}});
    BONGSU_ASSIGN_OR_RETURN(const int partitions, PartitionCount(handle.get(), topic));
    for (int i = 0; i < partitions; ++i) {
      int64_t low = 0;
      const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
          handle.get(), topic.c_str(), i, &low, &ends[committed].emplace_back(), kTimeoutMs);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return Status::Unavailable(StrCat(topic, '-', i, ": ", rd_kafka_err2str(error)));
    }
  }
  return ends[0] == ends[1];
}

Result<std::vector<int64_t>> KafkaBroker::Positions(const std::string& group,
                                                    const std::string& topic) {
  const Handle handle = NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", cluster_->direct()},
                                                      {"group.id", group},
                                                      {"isolation.level", "read_uncommitted"}});
  BONGSU_ASSIGN_OR_RETURN(const int partitions, PartitionCount(handle.get(), topic));
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) rd_kafka_topic_partition_list_add(list, topic.c_str(), i);
  const rd_kafka_resp_err_t error = rd_kafka_committed(handle.get(), list, kTimeoutMs);
  std::vector<int64_t> positions;
  for (int i = 0; i < partitions; ++i) {
    positions.push_back(list->elems[i].offset < 0 ? -1 : list->elems[i].offset);
  }
  rd_kafka_topic_partition_list_destroy(list);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Unavailable(rd_kafka_err2str(error));
  return positions;
}

Status KafkaBroker::Produce(const std::string& topic, std::optional<int> partition,
                            std::string_view key, std::string_view value) {
  TestRecord record;
  record.partition = partition.value_or(RD_KAFKA_PARTITION_UA);
  record.key = key;
  record.value = value;
  return Produce(topic, {record});
}

Status KafkaBroker::Produce(const std::string& topic, const std::vector<TestRecord>& records) {
  const Handle handle = NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", cluster_->direct()},
                                                      {"enable.idempotence", "true"},
                                                      {"linger.ms", "5"},
                                                      {"message.max.bytes", "8388608"},
                                                      {"queue.buffering.max.messages", "1000000"},
                                                      {"partitioner", "murmur2_random"}});
  return Send(handle.get(), topic, records);
}

Status KafkaBroker::ProduceAborted(const std::string& topic,
                                   const std::vector<TestRecord>& records) {
  const Handle handle = NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", cluster_->direct()},
                                                      {"transactional.id", "test-aborter"}});
  BONGSU_RETURN_IF_ERROR(Taken(rd_kafka_init_transactions(handle.get(), kTimeoutMs)));
  BONGSU_RETURN_IF_ERROR(Taken(rd_kafka_begin_transaction(handle.get())));
  BONGSU_RETURN_IF_ERROR(Send(handle.get(), topic, records));
  return Taken(rd_kafka_abort_transaction(handle.get(), kTimeoutMs));
}

}  // namespace bongsu
