#include "engine/io/kafka/fetcher.h"

#include <algorithm>

#include "engine/base/strings.h"

namespace bongsu::kafka {
namespace {

constexpr Duration kQueryTimeout = std::chrono::seconds(5);
constexpr int kResumeMs = 100;

}  // namespace

Properties FetchDefaults(Duration wait) {
  const auto wait_ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return {
      // A fetch that waits for one partition holds back a partition that starts meanwhile.
      {"fetch.wait.max.ms", StrCat(wait_ms)},
      {"fetch.error.backoff.ms", "100"},
      // A partition's part of one answer; the memory of larger ones is given back each time.
      {"fetch.message.max.bytes", "1048576"},
      // Bytes bound what is fetched ahead (queued.max.messages.kbytes), not a number of records.
      {"queued.min.messages", "1000000"},
      {"reconnect.backoff.max.ms", "2000"},
      {"socket.nagle.disable", "true"},
  };
}

Properties FetchOwned(uint64_t queue_bytes) {
  return {
      {"isolation.level", "read_committed"},
      {"enable.partition.eof", "true"},
      {"auto.offset.reset", "error"},
      {"allow.auto.create.topics", "false"},
      {"queued.max.messages.kbytes", StrCat(std::max<uint64_t>(queue_bytes >> 10, 64))},
  };
}

Result<std::unique_ptr<Fetch>> Fetch::Start(std::shared_ptr<Client> client,
                                            const TopicPartition& from, std::optional<int64_t> next,
                                            uint64_t queue_bytes) {
  const std::string where = StrCat(from.topic, '-', from.partition);
  rd_kafka_topic_t* const topic = rd_kafka_topic_new(client->get(), from.topic.c_str(), nullptr);
  if (topic == nullptr) return ToStatus(rd_kafka_last_error(), where);
  auto fetch = std::unique_ptr<Fetch>(new Fetch(std::move(client), from, topic, queue_bytes));
  // Also tells the client who leads the partition: without that its first request waits half a
  // second.
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions,
                          fetch->client_->Partitions(from.topic, kQueryTimeout));
  if (from.partition < 0 || from.partition >= partitions) {
    return Status::NotFound(StrCat("kafka: ", from.topic, " has ", partitions,
                                   " partitions, so there is no partition ", from.partition));
  }
  fetch->next_ = fetch->started_ = next.value_or(0);
  if (rd_kafka_consume_start(topic, from.partition, next.value_or(RD_KAFKA_OFFSET_BEGINNING)) !=
      0) {
    return ToStatus(rd_kafka_last_error(), StrCat("reading ", where));
  }
  fetch->queue_ =
      rd_kafka_queue_get_partition(fetch->client_->get(), from.topic.c_str(), from.partition);
  return fetch;
}

Fetch::~Fetch() {
  if (queue_ != nullptr) {
    rd_kafka_queue_io_event_enable(queue_, -1, nullptr, 0);
    rd_kafka_queue_destroy(queue_);
    rd_kafka_consume_stop(topic_, from_.partition);
  }
  rd_kafka_topic_destroy(topic_);
}

void Fetch::Notify(int fd) {
  constexpr uint64_t kOne = 1;
  rd_kafka_queue_io_event_enable(queue_, fd, &kOne, sizeof(kOne));
}

Status Fetch::Poll(size_t max, Duration timeout, MessageBatch* batch) {
  if (!failed_.ok()) return failed_;
  if (scratch_.size() < max) scratch_.resize(max);
  const size_t count = TakeMessages(queue_, timeout, std::span(scratch_).first(max));
  Status status = Status::Ok();
  for (size_t i = 0; i < count; ++i) {
    rd_kafka_message_t* const message = scratch_[i];
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      next_ = message->offset + 1;
      at_end_ = false;
      taken_ += message->len + message->key_len;
      batch->Add(message);
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      next_ = std::max(next_, message->offset);
      at_end_ = true;
    } else if (status.ok()) {
      status = Failed(message->err, rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
  }
  if (count > 0 && status.ok()) client_->health().Up();
  Resume(count < max);
  rd_kafka_poll(client_->get(), 0);
  // What was read before an error is good, and comes first; the error comes back with the next
  // call.
  if (batch->size() > 0 && !failed_.ok()) return Status::Ok();
  return status;
}

// A queue that was full stops the fetching of its partition, and librdkafka looks again after up to
// a second only, unless something else is asked of the broker.
void Fetch::Resume(bool drained) {
  if (!drained) return;
  const bool was_full = taken_ >= queue_bytes_ / 2;
  taken_ = 0;
  if (!was_full) return;
  int64_t low = 0, high = 0;
  (void)rd_kafka_query_watermark_offsets(client_->get(), from_.topic.c_str(), from_.partition, &low,
                                         &high, kResumeMs);
}

Status Fetch::ConfirmEnd() {
  BONGSU_ASSIGN_OR_RETURN(const Watermarks log, client_->QueryWatermarks(from_, kQueryTimeout));
  at_end_ = at_end_ && log.high <= next_;
  return Status::Ok();
}

Status Fetch::Failed(rd_kafka_resp_err_t error, std::string_view text) {
  const std::string where = StrCat(from_.topic, '-', from_.partition);
  if (error != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET &&
      error != RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    return ToStatus(error, StrCat("reading ", where), text);
  }
  const Result<Watermarks> found = client_->QueryWatermarks(from_, kQueryTimeout);
  const int64_t start = found.ok() ? found->low : -1;
  std::string log = found.ok() ? StrCat("offsets ", start, " to ", found->high)
                               : std::string("another part of it");
  std::string why = StrCat(
      "kafka: ", where, ": the next offset to read is ", next_, ", but the log holds ", log, ": ",
      start > next_ ? "retention has deleted records that were not read yet; raise retention.ms, "
                      "and accept the gap with `bongsu state reset --accept-gap --reason TEXT`"
                    : "the topic was made anew or lost its end; restore it, or start with another "
                      "kafka.group and an empty data_dir");
  // Who stood still for long may have been overtaken, by another owner and by retention: what is
  // committed by now tells.
  failed_ = next_ == started_ ? Status::Invalid(std::move(why)) : Status::Unavailable(why);
  return failed_;
}

int64_t Fetch::Lag() const {
  if (at_end_) return 0;
  int64_t low = 0, high = 0;
  if (rd_kafka_get_watermark_offsets(client_->get(), from_.topic.c_str(), from_.partition, &low,
                                     &high) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return 0;
  }
  return std::max<int64_t>(high - std::max(next_, low), 0);
}

}  // namespace bongsu::kafka
