// The records of one poll. They point into librdkafka's own buffers, so nothing is copied; the
// batch holds on to the handle those belong to. Internal to engine/io/kafka; one thread.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <vector>

#include "engine/core/log.h"
#include "engine/io/kafka/client.h"

namespace bongsu::kafka {

class MessageBatch final : public RecordBatch {
 public:
  explicit MessageBatch(std::shared_ptr<Client> client) : client_(std::move(client)) {}
  ~MessageBatch() override { Clear(); }

  std::span<const Record> records() const override { return records_; }
  void Clear() override;

  // Takes over a message without error.
  void Add(rd_kafka_message_t* message);
  // After the last Add: headers have their final place only then.
  void Finish();
  size_t size() const { return records_.size(); }

 private:
  std::shared_ptr<Client> client_;
  std::vector<rd_kafka_message_t*> messages_;
  std::vector<Record> records_;
  std::vector<Header> headers_;
  std::vector<size_t> header_ends_;  // By record.
};

// Takes over messages from `queue`: what is there at once, else waits for one, so that a timeout
// never delays what has already come. `scratch` bounds how many.
size_t TakeMessages(rd_kafka_queue_t* queue, Duration timeout,
                    std::span<rd_kafka_message_t*> scratch);

}  // namespace bongsu::kafka
