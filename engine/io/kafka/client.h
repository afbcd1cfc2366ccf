// One handle of librdkafka with what every user of it needs: settings, log lines to spdlog, health,
// a close that ends. Internal to engine/io/kafka. Callbacks run in whichever thread serves the
// handle's queues, log lines in librdkafka's own.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/log.h"
#include "engine/core/time.h"
#include "engine/io/kafka/options.h"

namespace bongsu::kafka {

using Properties = std::vector<std::pair<std::string, std::string>>;

// Whether a broker can be reached, as the callbacks of all handles of one log tell it. Thread-safe.
class BrokerHealth final {
 public:
  void Down(std::string text);
  void Up();
  std::string Get() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// librdkafka waits in milliseconds and forgets how long it has already waited.
class Deadline final {
 public:
  explicit Deadline(Duration timeout) : end_(std::chrono::steady_clock::now() + timeout) {}
  int LeftMs(int at_most = 60'000) const;  // At least 0.
  bool Passed() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};

bool IsFence(rd_kafka_resp_err_t error);
// `what` says what was tried: "kafka: <what>: <librdkafka's text>".
Status ToStatus(rd_kafka_resp_err_t error, std::string_view what, std::string_view text = {});

// The settings in force: `defaults`, over them the user's `properties`, over those what the engine
// owns.
class ConfigDeleter {
 public:
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Config = std::unique_ptr<rd_kafka_conf_t, ConfigDeleter>;
Result<Config> MakeConfig(const KafkaOptions& options, const Properties& defaults,
                          const Properties& owned);

struct GroupMetadataDeleter {
  void operator()(rd_kafka_consumer_group_metadata_t* metadata) const {
    rd_kafka_consumer_group_metadata_destroy(metadata);
  }
};
struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using GroupMetadata = std::unique_ptr<rd_kafka_consumer_group_metadata_t, GroupMetadataDeleter>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter>;

// Offsets of a partition: its first, and its end, for a read_committed client the last stable one.
struct Watermarks {
  int64_t low = 0, high = 0;
};

class Client final {
 public:
  using Rebalance =
      std::function<void(rd_kafka_resp_err_t, const rd_kafka_topic_partition_list_t*)>;
  static Result<std::shared_ptr<Client>> Make(rd_kafka_type_t type, const KafkaOptions& options,
                                              const Properties& defaults, const Properties& owned,
                                              std::shared_ptr<BrokerHealth> health,
                                              Rebalance rebalance = nullptr);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return handle_; }
  BrokerHealth& health() { return *state_->health; }
  // kFenced or kInternal once librdkafka has given the handle up.
  Status Fatal() const;
  // Text of the first record that could not be delivered since the last call.
  std::string TakeDeliveryError();
  // Partitions of a topic; kNotFound with the remedy.
  Result<int32_t> Partitions(std::string_view topic, Duration timeout);
  // Asks the leader, also one that is new; kUnavailable when none answers in time.
  Result<Watermarks> QueryWatermarks(const TopicPartition& of, Duration timeout);

 private:
  struct State {  // Outlives a handle whose close did not end in time.
    std::shared_ptr<BrokerHealth> health;
    Rebalance rebalance;
    std::string delivery_error;
    std::string brokers;
  };
  Client(rd_kafka_t* handle, std::shared_ptr<State> state)
      : handle_(handle), state_(std::move(state)) {}

  static void SetCallbacks(rd_kafka_conf_t* conf, State* state);
  static void OnLog(const rd_kafka_t* handle, int level, const char* facility, const char* text);
  static void OnError(rd_kafka_t* handle, int error, const char* reason, void* opaque);
  // A record's own opaque, if it has one, is an int64_t that gets its offset (below 0: unknown).
  static void OnDelivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque);
  static void OnRebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque);

  rd_kafka_t* handle_;
  std::shared_ptr<State> state_;
};

}  // namespace bongsu::kafka
