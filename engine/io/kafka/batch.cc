#include "engine/io/kafka/batch.h"

namespace bongsu::kafka {
namespace {

std::string_view View(const void* data, size_t size) {
  return {static_cast<const char*>(data), size};
}

}  // namespace

void MessageBatch::Clear() {
  for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
  messages_.clear();
  records_.clear();
  headers_.clear();
  header_ends_.clear();
}

void MessageBatch::Add(rd_kafka_message_t* message) {
  messages_.push_back(message);
  Record& record = records_.emplace_back();
  record.offset = message->offset;
  rd_kafka_timestamp_type_t type;
  record.timestamp = FromMillis(std::max<int64_t>(rd_kafka_message_timestamp(message, &type), 0));
  record.key = View(message->key, message->key_len);
  record.value = View(message->payload, message->len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      headers_.push_back({name, View(value, size)});
    }
  }
  header_ends_.push_back(headers_.size());
}

void MessageBatch::Finish() {
  size_t begin = 0;
  for (size_t i = 0; i < records_.size(); ++i) {
    records_[i].headers = std::span(headers_).subspan(begin, header_ends_[i] - begin);
    begin = header_ends_[i];
  }
}

size_t TakeMessages(rd_kafka_queue_t* queue, Duration timeout,
                    std::span<rd_kafka_message_t*> scratch) {
  if (scratch.empty()) return 0;
  const auto take = [&](int wait_ms, size_t max) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, wait_ms, scratch.data(), max);
    return count < 0 ? size_t{0} : static_cast<size_t>(count);
  };
  const size_t ready = take(0, scratch.size());
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  if (ready > 0 || ms <= 0) return ready;
  return take(static_cast<int>(std::min<int64_t>(ms, 60'000)), 1);
}

}  // namespace bongsu::kafka
