// One partition being fetched into a queue of its own, on a client that is a member of nothing:
// started and stopped without touching its neighbours, and independent of what a group decides.
// Internal to engine/io/kafka; one thread.
#pragma once

#include <memory>
#include <vector>

#include "engine/core/log.h"
#include "engine/io/kafka/batch.h"
#include "engine/io/kafka/client.h"

namespace bongsu::kafka {

// Settings of a client for Fetch: committed records only, at most `queue_bytes` ahead a partition,
// and an empty partition answered after `wait`.
Properties FetchDefaults(Duration wait);
Properties FetchOwned(uint64_t queue_bytes);

class Fetch final {
 public:
  // `next` nullopt is the beginning of the log; `queue_bytes` as of the client.
  static Result<std::unique_ptr<Fetch>> Start(std::shared_ptr<Client> client,
                                              const TopicPartition& from,
                                              std::optional<int64_t> next, uint64_t queue_bytes);
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  // Adds at most `max` records; waits up to `timeout` for the first thing that comes.
  Status Poll(size_t max, Duration timeout, MessageBatch* batch);
  // Everything committed up to some moment has been polled.
  bool at_end() const { return at_end_; }
  // Asks the broker whether the end that was seen is the end now; at_end() is false when it is not.
  Status ConfirmEnd();
  int64_t next() const { return next_; }
  int64_t Lag() const;
  bool Ready() const { return rd_kafka_queue_length(queue_) > 0; }
  // Writes 8 bytes to `fd` when the queue is no longer empty.
  void Notify(int fd);

 private:
  Fetch(std::shared_ptr<Client> client, TopicPartition from, rd_kafka_topic_t* topic,
        uint64_t queue_bytes)
      : client_(std::move(client)),
        from_(std::move(from)),
        topic_(topic),
        queue_bytes_(queue_bytes) {}
  Status Failed(rd_kafka_resp_err_t error, std::string_view text);
  void Resume(bool drained);

  std::shared_ptr<Client> client_;
  TopicPartition from_;
  rd_kafka_topic_t* topic_;
  const uint64_t queue_bytes_;
  rd_kafka_queue_t* queue_ = nullptr;
  std::vector<rd_kafka_message_t*> scratch_;
  int64_t started_ = 0;
  int64_t next_ = 0;  // 0 as long as the beginning is not known.
  bool at_end_ = false;
  uint64_t taken_ = 0;  // Bytes since the queue was last seen empty.
  Status failed_;       // Once set, every Poll gives it.
};

}  // namespace bongsu::kafka
