// One admin request of librdkafka and its answer. Internal to engine/io/kafka; any thread.
#pragma once

#include <memory>
#include <string_view>

#include "engine/base/strings.h"
#include "engine/io/kafka/client.h"

namespace bongsu::kafka {

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct OptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
};
using Event = std::unique_ptr<rd_kafka_event_t, EventDeleter>;

// Sends an admin request with `ask(options, queue)` and waits for the answer.
template <typename Ask>
Result<Event> Request(rd_kafka_t* handle, rd_kafka_admin_op_t operation, std::string_view what,
                      int timeout_ms, Ask ask) {
  const std::unique_ptr<rd_kafka_queue_t, QueueDeleter> queue(rd_kafka_queue_new(handle));
  const std::unique_ptr<rd_kafka_AdminOptions_t, OptionsDeleter> options(
      rd_kafka_AdminOptions_new(handle, operation));
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, text, sizeof(text));
  if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS) {
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms, text, sizeof(text));
  }
  ask(options.get(), queue.get());
  Event event(rd_kafka_queue_poll(queue.get(), timeout_ms + 2000));
  if (event == nullptr) {
    return Status::Unavailable(
        StrCat("kafka: ", what, ": no answer; is a broker reachable at kafka.brokers?"));
  }
  const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return ToStatus(error, what, rd_kafka_event_error_string(event.get()));
  }
  return event;
}

}  // namespace bongsu::kafka
