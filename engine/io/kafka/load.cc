#include "engine/io/kafka/load.h"

#include <algorithm>

#include "engine/base/strings.h"
#include "engine/io/kafka/client.h"
#include "engine/io/kafka/fetcher.h"
#include "engine/io/kafka/producer.h"

namespace bongsu {
namespace {

constexpr Duration kMetadataTimeout = std::chrono::seconds(5);
constexpr int kAskMs = 1000;
constexpr uint64_t kQueueBytes = 1u << 20;  // They fetch nothing.

kafka::PartitionList AllOf(const std::string& topic, int32_t partitions, int64_t offset) {
  kafka::PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (int32_t p = 0; p < partitions; ++p) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p)->offset = offset;
  }
  return list;
}

// `ask(list)` has filled in the offsets.
Status TakeOffsets(const rd_kafka_topic_partition_list_t& list, std::string_view what,
                   std::vector<int64_t>* offsets) {
  offsets->assign(static_cast<size_t>(list.cnt), 0);
  for (int i = 0; i < list.cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = list.elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka::ToStatus(entry.err, what);
    (*offsets)[static_cast<size_t>(entry.partition)] = std::max<int64_t>(entry.offset, 0);
  }
  return Status::Ok();
}

}  // namespace

struct LoadProducer::Impl {
  std::string topic;
  std::shared_ptr<kafka::Client> client;
};

LoadProducer::~LoadProducer() = default;

Result<std::unique_ptr<LoadProducer>> LoadProducer::Make(const KafkaOptions& options,
                                                         std::string topic,
                                                         uint64_t in_flight_bytes) {
  std::unique_ptr<LoadProducer> producer(new LoadProducer());
  producer->impl_ = std::make_unique<Impl>();
  Impl& impl = *producer->impl_;
  impl.topic = std::move(topic);
  BONGSU_ASSIGN_OR_RETURN(
      impl.client, kafka::Client::Make(RD_KAFKA_PRODUCER, options,
                                       {{"compression.codec", "lz4"},
                                        {"batch.size", "262144"},
                                        {"socket.nagle.disable", "true"}},
                                       {{"enable.idempotence", "true"},
                                        {"acks", "all"},
                                        {"linger.ms", "1"},
                                        {"message.timeout.ms", "30000"},
                                        {"queue.buffering.max.messages", "1000000"},
                                        {"queue.buffering.max.kbytes",
                                         StrCat(std::max<uint64_t>(in_flight_bytes >> 10, 1024))}},
                                       std::make_shared<kafka::BrokerHealth>()));
  BONGSU_ASSIGN_OR_RETURN(producer->partitions_,
                          impl.client->Partitions(impl.topic, kMetadataTimeout));
  return producer;
}

Result<bool> LoadProducer::Send(int32_t partition, std::string_view key, std::string_view value,
                                std::span<const Header> headers, int64_t* offset) {
  rd_kafka_headers_t* const list = kafka::NewHeaders(headers);
  *offset = kPending;
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      impl_->client->get(), RD_KAFKA_V_TOPIC(impl_->topic.c_str()), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_HEADERS(list),
      RD_KAFKA_V_OPAQUE(offset), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  if (list != nullptr) rd_kafka_headers_destroy(list);  // Else the record owns it.
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  return kafka::ToStatus(error, StrCat("sending to ", impl_->topic));
}

Status LoadProducer::Serve() {
  rd_kafka_poll(impl_->client->get(), 0);
  const std::string lost = impl_->client->TakeDeliveryError();
  return lost.empty() ? impl_->client->Fatal() : Status::Unavailable(StrCat("kafka: ", lost));
}

struct OffsetProbe::Impl {
  std::string what, topic;
  int32_t partitions = 0;
  int64_t unasked = 0;  // What stands in place of each offset when it is asked for.
  decltype(&rd_kafka_committed) ask = nullptr;
  std::shared_ptr<kafka::Client> client;
};

OffsetProbe::OffsetProbe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OffsetProbe::~OffsetProbe() = default;

Result<std::unique_ptr<OffsetProbe>> OffsetProbe::OfGroup(const KafkaOptions& options,
                                                          std::string group, std::string topic,
                                                          int32_t partitions) {
  const std::string what = StrCat("positions of group ", group, " in ", topic);
  // What an open transaction will move is not waited for: the position before it is the answer.
  return Make(
      options,
      {{"isolation.level", "read_uncommitted"},
       {"group.id", std::move(group)},
       {"enable.auto.commit", "false"}},
      {what, std::move(topic), partitions, RD_KAFKA_OFFSET_INVALID, rd_kafka_committed, {}});
}

// ListOffsets asks by time, and -1 as a time is the end.
Result<std::unique_ptr<OffsetProbe>> OffsetProbe::OfEnds(const KafkaOptions& options,
                                                         std::string topic, int32_t partitions) {
  const std::string what = StrCat("the ends of ", topic);
  return Make(
      options, {},
      {what, std::move(topic), partitions, RD_KAFKA_OFFSET_END, rd_kafka_offsets_for_times, {}});
}

Result<std::unique_ptr<OffsetProbe>> OffsetProbe::Make(
    const KafkaOptions& options, const std::vector<std::pair<std::string, std::string>>& own,
    Impl impl) {
  kafka::Properties owned = kafka::FetchOwned(kQueueBytes);
  owned.insert(owned.end(), own.begin(), own.end());
  BONGSU_ASSIGN_OR_RETURN(
      impl.client,
      kafka::Client::Make(RD_KAFKA_CONSUMER, options, {{"socket.nagle.disable", "true"}}, owned,
                          std::make_shared<kafka::BrokerHealth>()));
  return std::unique_ptr<OffsetProbe>(new OffsetProbe(std::make_unique<Impl>(std::move(impl))));
}

Status OffsetProbe::Ask(std::vector<int64_t>* offsets) {
  const kafka::PartitionList list = AllOf(impl_->topic, impl_->partitions, impl_->unasked);
  const rd_kafka_resp_err_t error = impl_->ask(impl_->client->get(), list.get(), kAskMs);
  rd_kafka_poll(impl_->client->get(), 0);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka::ToStatus(error, impl_->what);
  return TakeOffsets(*list, impl_->what, offsets);
}

}  // namespace bongsu
