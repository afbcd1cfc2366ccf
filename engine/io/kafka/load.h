// What a load test does with a broker, beside the engine's own clients: sends single records
// without waiting, each with its report, and asks over and over where groups and partitions stand.
// Each object belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/log.h"
#include "engine/io/kafka/options.h"

namespace bongsu {

class LoadProducer final {
 public:
  static constexpr int64_t kPending = -1, kLost = -2;  // Of a record's offset.

  // At most `in_flight_bytes` (at least a MiB) wait for the broker.
  static Result<std::unique_ptr<LoadProducer>> Make(const KafkaOptions& options, std::string topic,
                                                    uint64_t in_flight_bytes);
  ~LoadProducer();
  int32_t partitions() const { return partitions_; }
  // `*offset` is kPending until Serve has the broker's answer, and outlives that. False: too much
  // waits for the broker already, and nothing was sent.
  Result<bool> Send(int32_t partition, std::string_view key, std::string_view value,
                    std::span<const Header> headers, int64_t* offset);
  // Takes the answers that have come; the reason when a record was not delivered.
  Status Serve();

 private:
  LoadProducer() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
  int32_t partitions_ = 0;
};

// Where something stands in every partition of a topic, at this moment.
class OffsetProbe final {
 public:
  // What a group has committed and is settled, 0 where it has no position; one request to its
  // coordinator.
  static Result<std::unique_ptr<OffsetProbe>> OfGroup(const KafkaOptions& options,
                                                      std::string group, std::string topic,
                                                      int32_t partitions);
  // The end for committed readers; a request to each leader, at once.
  static Result<std::unique_ptr<OffsetProbe>> OfEnds(const KafkaOptions& options, std::string topic,
                                                     int32_t partitions);
  ~OffsetProbe();
  Status Ask(std::vector<int64_t>* offsets);  // Waits up to a second.

 private:
  struct Impl;
  explicit OffsetProbe(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<OffsetProbe>> Make(
      const KafkaOptions& options, const std::vector<std::pair<std::string, std::string>>& own,
      Impl impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bongsu
