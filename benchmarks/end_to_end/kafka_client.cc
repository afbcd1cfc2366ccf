#include "benchmarks/end_to_end/kafka_client.h"

#include <algorithm>
#include <initializer_list>
#include <numeric>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/core/event.h"
#include "engine/core/topics.h"

namespace bongsu::benchmarks {
namespace {

constexpr int kTimeoutMs = 60'000;

using Property = std::pair<const char*, std::string>;

Result<Handle> NewHandle(rd_kafka_type_t type, std::initializer_list<Property> properties) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  char text[512];
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), text, sizeof(text)) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return Status::Invalid(text);
    }
  }
  rd_kafka_t* const handle = rd_kafka_new(type, conf, text, sizeof(text));
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Status::Unavailable(text);
  }
  return Handle(handle);
}

Status ToStatus(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Status::Ok()
                                             : Status::Unavailable(rd_kafka_err2str(error));
}

struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;

PartitionList AllOf(const std::string& topic, int partitions, int64_t offset) {
  PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = offset;
  }
  return list;
}

}  // namespace

Result<std::unique_ptr<EventProducer>> EventProducer::Make(const std::string& brokers,
                                                           std::string topic, int partitions) {
  BONGSU_ASSIGN_OR_RETURN(
      Handle handle, NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers},
                                                   {"enable.idempotence", "true"},
                                                   {"linger.ms", "1"},
                                                   {"batch.size", "262144"},
                                                   {"queue.buffering.max.messages", "400000"}}));
  return std::unique_ptr<EventProducer>(
      new EventProducer(std::move(handle), std::move(topic), partitions));
}

Status EventProducer::Send(std::string_view user, std::string_view json) {
  rd_kafka_headers_t* const headers = rd_kafka_headers_new(1);
  const std::string origin = FormatOrigin({"bench", 0, sent_++, 0});
  rd_kafka_header_add(headers, kOriginHeader.data(), static_cast<ssize_t>(kOriginHeader.size()),
                      origin.data(), static_cast<ssize_t>(origin.size()));
  while (true) {
    const rd_kafka_resp_err_t error = rd_kafka_producev(
        handle_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()),
        RD_KAFKA_V_PARTITION(PartitionOf(user, partitions_)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(user.data(), user.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(json.data()), json.size()), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_headers_destroy(headers);
      return ToStatus(error);
    }
    rd_kafka_poll(handle_.get(), 10);
  }
  if (sent_ % 1000 == 0) Serve();
  return Status::Ok();
}

Status EventProducer::Flush() {
  return ToStatus(rd_kafka_flush(handle_.get(), kTimeoutMs));
}

Result<std::unique_ptr<PositionWatcher>> PositionWatcher::Make(const std::string& brokers,
                                                               const std::string& group,
                                                               std::string topic, int partitions) {
  BONGSU_ASSIGN_OR_RETURN(Handle handle,
                          NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                        {"group.id", group},
                                                        {"enable.auto.commit", "false"}}));
  return std::unique_ptr<PositionWatcher>(
      new PositionWatcher(std::move(handle), std::move(topic), partitions));
}

Result<std::vector<int64_t>> PositionWatcher::Positions() {
  const PartitionList list = AllOf(topic_, partitions_, RD_KAFKA_OFFSET_INVALID);
  BONGSU_RETURN_IF_ERROR(ToStatus(rd_kafka_committed(handle_.get(), list.get(), kTimeoutMs)));
  std::vector<int64_t> positions;
  for (int i = 0; i < list->cnt; ++i)
    positions.push_back(std::max<int64_t>(0, list->elems[i].offset));
  return positions;
}

Result<int64_t> PositionWatcher::Committed() {
  BONGSU_ASSIGN_OR_RETURN(const std::vector<int64_t> positions, Positions());
  return std::accumulate(positions.begin(), positions.end(), int64_t{0});
}

Result<std::unique_ptr<CommittedReader>> CommittedReader::Make(const std::string& brokers,
                                                               const std::string& topic,
                                                               int partitions) {
  BONGSU_ASSIGN_OR_RETURN(Handle handle,
                          NewHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", brokers},
                                                        {"group.id", "bench-reader"},
                                                        {"enable.auto.commit", "false"},
                                                        {"fetch.wait.max.ms", "50"},
                                                        {"isolation.level", "read_committed"}}));
  rd_kafka_poll_set_consumer(handle.get());
  BONGSU_RETURN_IF_ERROR(ToStatus(
      rd_kafka_assign(handle.get(), AllOf(topic, partitions, RD_KAFKA_OFFSET_BEGINNING).get())));
  return std::unique_ptr<CommittedReader>(new CommittedReader(std::move(handle)));
}

Result<bool> CommittedReader::Next(const std::function<void(std::string_view value)>& visit) {
  rd_kafka_message_t* const message = rd_kafka_consumer_poll(handle_.get(), 20);
  if (message == nullptr) return false;
  const rd_kafka_resp_err_t error = message->err;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
    visit({static_cast<const char*>(message->payload), message->len});
  rd_kafka_message_destroy(message);
  BONGSU_RETURN_IF_ERROR(ToStatus(error));
  return true;
}

}  // namespace bongsu::benchmarks
