// The benchmark's own eyes and hands on a broker, independent of the engine's client: fills topics,
// asks for the committed positions of a group, reads what is committed.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace bongsu::benchmarks {

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;

// Sends canonical events as `ingest` writes them: keyed and partitioned by person, with their
// origin.
class EventProducer final {
 public:
  static Result<std::unique_ptr<EventProducer>> Make(const std::string& brokers, std::string topic,
                                                     int partitions);
  Status Send(std::string_view user, std::string_view json);
  void Serve() { rd_kafka_poll(handle_.get(), 0); }
  // Until the broker has all of it.
  Status Flush();

 private:
  EventProducer(Handle handle, std::string topic, int partitions)
      : handle_(std::move(handle)), topic_(std::move(topic)), partitions_(partitions) {}
  Handle handle_;
  const std::string topic_;
  const int partitions_;
  int64_t sent_ = 0;
};

// The positions a group has committed in the partitions of a topic; 0 before its first.
class PositionWatcher final {
 public:
  static Result<std::unique_ptr<PositionWatcher>> Make(const std::string& brokers,
                                                       const std::string& group, std::string topic,
                                                       int partitions);
  Result<std::vector<int64_t>> Positions();
  Result<int64_t> Committed();  // Their sum.

 private:
  PositionWatcher(Handle handle, std::string topic, int partitions)
      : handle_(std::move(handle)), topic_(std::move(topic)), partitions_(partitions) {}
  Handle handle_;
  const std::string topic_;
  const int partitions_;
};

// Every committed record of a topic from its beginning on, as soon as it can be read.
class CommittedReader final {
 public:
  static Result<std::unique_ptr<CommittedReader>> Make(const std::string& brokers,
                                                       const std::string& topic, int partitions);
  // Waits up to 20 ms for one; false when none came.
  Result<bool> Next(const std::function<void(std::string_view value)>& visit);

 private:
  explicit CommittedReader(Handle handle) : handle_(std::move(handle)) {}
  Handle handle_;
};

}  // namespace bongsu::benchmarks
