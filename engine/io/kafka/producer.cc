#include "engine/io/kafka/producer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/io/kafka/topics.h"

namespace bongsu::kafka {
namespace {

constexpr Duration kInitTimeout = std::chrono::seconds(30);
constexpr Duration kAbortTimeout = std::chrono::seconds(10);
constexpr Duration kQueueTimeout = std::chrono::seconds(10);
constexpr Duration kMetadataTimeout = std::chrono::seconds(5);

Properties ProducerDefaults() {
  return {
      // Commit flushes, so this only lets batches grow while a batch runs; 0 costs more than it
      // saves,
      // as every record then becomes a request.
      {"linger.ms", "5"},
      {"compression.codec", "lz4"},
      {"batch.size", "1000000"},
      {"queue.buffering.max.messages", "500000"},
      {"queue.buffering.max.kbytes", "262144"},
      {"message.max.bytes", "8388608"},
      {"retry.backoff.ms", "20"},
      {"reconnect.backoff.max.ms", "2000"},
      {"socket.nagle.disable", "true"},
  };
}

Properties ProducerOwned(std::string_view id, Duration session_timeout) {
  const auto session = std::chrono::ceil<std::chrono::milliseconds>(session_timeout).count();
  Properties owned = {{"enable.idempotence", "true"}, {"acks", "all"}};
  if (id.empty()) {
    owned.emplace_back("linger.ms", "1");  // Somebody waits for it.
    return owned;
  }
  owned.emplace_back("transactional.id", id);
  // No longer than the session: who takes over must not wait for this transaction.
  owned.emplace_back("transaction.timeout.ms", StrCat(session));
  return owned;
}

struct ErrorDeleter {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using Error = std::unique_ptr<rd_kafka_error_t, ErrorDeleter>;

}  // namespace

rd_kafka_headers_t* NewHeaders(std::span<const Header> headers) {
  if (headers.empty()) return nullptr;
  rd_kafka_headers_t* const list = rd_kafka_headers_new(headers.size());
  for (const Header& header : headers) {
    rd_kafka_header_add(list, header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  return list;
}

TransactionalProducer::TransactionalProducer(const KafkaOptions& options,
                                             std::shared_ptr<BrokerHealth> health,
                                             std::shared_ptr<Client> lookup, std::string_view id)
    : options_(options), health_(std::move(health)), id_(id), lookup_(std::move(lookup)) {}

Result<std::unique_ptr<Producer>> TransactionalProducer::Make(const KafkaOptions& options,
                                                              std::shared_ptr<BrokerHealth> health,
                                                              std::shared_ptr<Client> lookup,
                                                              std::string_view id) {
  auto producer = std::unique_ptr<TransactionalProducer>(
      new TransactionalProducer(options, std::move(health), std::move(lookup), id));
  BONGSU_RETURN_IF_ERROR(producer->Connect());
  return std::unique_ptr<Producer>(std::move(producer));
}

TransactionalProducer::~TransactionalProducer() {
  Disconnect();
}

Status TransactionalProducer::Connect() {
  BONGSU_ASSIGN_OR_RETURN(client_,
                          Client::Make(RD_KAFKA_PRODUCER, options_, ProducerDefaults(),
                                       ProducerOwned(id_, options_.session_timeout), health_));
  if (!plain()) BONGSU_RETURN_IF_ERROR(Initialise());
  WarmTopics();
  stale_ = false;
  return Status::Ok();
}

void TransactionalProducer::Disconnect() {
  for (const auto& [name, topic] : topics_) rd_kafka_topic_destroy(topic.handle);
  topics_.clear();
  client_.reset();
}

Status TransactionalProducer::Initialise() {
  const Deadline deadline(kInitTimeout);
  std::string text;
  do {
    const Error error(
        rd_kafka_init_transactions(client_->get(), std::max(deadline.LeftMs(5000), 1)));
    if (error == nullptr) {
      client_->health().Up();
      return Status::Ok();
    }
    rd_kafka_poll(client_->get(), 0);
    text = rd_kafka_error_string(error.get());
    if (!rd_kafka_error_is_retriable(error.get())) {
      return ToStatus(rd_kafka_error_code(error.get()), StrCat("opening producer \"", id_, '"'),
                      text);
    }
  } while (!deadline.Passed());
  return Status::Unavailable(StrCat("kafka: opening producer \"", id_, "\": ", text,
                                    "; is a broker reachable at kafka.brokers?"));
}

// The first record for a topic that the client does not know yet waits up to a second for its
// leader.
void TransactionalProducer::WarmTopics() {
  for (const TopicSpec& spec : RequiredTopics(options_)) {
    const Result<const Topic*> topic = FindTopic(spec.name);
    if (!topic.ok() && topic.status().code() != Code::kNotFound) return;  // Append tells.
  }
  const rd_kafka_metadata_t* metadata = nullptr;
  const int wait_ms = Deadline(kMetadataTimeout).LeftMs();
  if (rd_kafka_metadata(client_->get(), 0, nullptr, &metadata, wait_ms) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(metadata);
  }
}

Result<const TransactionalProducer::Topic*> TransactionalProducer::FindTopic(
    std::string_view name) {
  const auto known = topics_.find(name);
  if (known != topics_.end()) return &known->second;
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, lookup_->Partitions(name, kMetadataTimeout));
  const std::string text(name);
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(client_->get(), text.c_str(), nullptr);
  if (handle == nullptr) return ToStatus(rd_kafka_last_error(), StrCat("topic \"", name, '"'));
  return &topics_
              .emplace(text, Topic{handle, partitions,
                                   std::vector<int64_t>(static_cast<size_t>(partitions), -1)})
              .first->second;
}

Result<std::unique_ptr<Transaction>> TransactionalProducer::Begin() {
  if (dead_) {
    return Status::Unavailable(StrCat("kafka: producer \"", id_, "\" has ended; open a new one"));
  }
  BONGSU_CHECK(!open_);  // One transaction at a time.
  if (stale_) {
    Disconnect();
    if (Status status = Connect(); !status.ok()) {
      dead_ = true;
      return status;
    }
  }
  const Error error(plain() ? nullptr : rd_kafka_begin_transaction(client_->get()));
  if (error != nullptr) {
    const Outcome outcome =
        Dead("begin", rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
    std::string text =
        StrCat("kafka: producer \"", id_, "\": ", rd_kafka_error_string(error.get()));
    return outcome == Outcome::kFenced ? Status::Fenced(std::move(text))
                                       : Status::Unavailable(std::move(text));
  }
  open_ = true;
  (void)client_->TakeDeliveryError();
  for (auto& [name, topic] : topics_) std::fill(topic.last.begin(), topic.last.end(), -1);
  return std::unique_ptr<Transaction>(std::make_unique<ProducerTransaction>(this));
}

Status TransactionalProducer::Send(const Topic& topic, int32_t partition, std::string_view key,
                                   std::optional<std::string_view> value,
                                   std::span<const Header> headers) {
  rd_kafka_headers_t* const list = NewHeaders(headers);
  int64_t& last = topic.last[static_cast<size_t>(partition)];
  last = -1;
  std::array<rd_kafka_vu_t, 7> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = topic.handle;
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_KEY;
  fields[3].u.mem.ptr = const_cast<char*>(key.data());
  fields[3].u.mem.size = key.size();
  fields[4].vtype = RD_KAFKA_VTYPE_VALUE;
  // A null pointer is a tombstone; an empty value is not.
  fields[4].u.mem.ptr = value ? const_cast<char*>(value->data() ? value->data() : "") : nullptr;
  fields[4].u.mem.size = value ? value->size() : 0;
  fields[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[5].u.ptr = &last;
  fields[6].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[6].u.headers = list;
  const Deadline deadline(kQueueTimeout);
  for (;;) {
    const Error error(rd_kafka_produceva(client_->get(), fields.data(), list ? 7 : 6));
    if (error == nullptr) return Status::Ok();  // The headers are librdkafka's now.
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && !deadline.Passed()) {
      rd_kafka_poll(client_->get(), 10);
      continue;
    }
    if (list != nullptr) rd_kafka_headers_destroy(list);
    return ToStatus(code,
                    StrCat("record of ", key.size() + (value ? value->size() : 0), " bytes for ",
                           rd_kafka_topic_name(topic.handle)),
                    rd_kafka_error_string(error.get()));
  }
}

Outcome TransactionalProducer::Dead(std::string_view step, rd_kafka_resp_err_t error,
                                    std::string_view text) {
  dead_ = true;
  char fatal[512] = "";
  const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client_->get(), fatal, sizeof(fatal));
  const bool fenced = IsFence(error) || IsFence(cause);
  spdlog::warn("kafka: producer \"{}\": {} failed: {} {}; {}", id_, step, text, fatal,
               fenced ? "another owner took over" : "it must be opened again");
  return fenced ? Outcome::kFenced : Outcome::kUnknown;
}

Outcome TransactionalProducer::Abort() {
  if (plain()) return Outcome::kUnknown;
  stale_ = true;
  const Error error(rd_kafka_abort_transaction(client_->get(), Deadline(kAbortTimeout).LeftMs()));
  rd_kafka_poll(client_->get(), 0);
  if (error == nullptr) return Outcome::kAborted;
  return Dead("abort", rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
}

}  // namespace bongsu::kafka
