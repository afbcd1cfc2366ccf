// What a load test does with a broker, beside the engine's own clients: sends single records
// without waiting, each with its report, and asks over and over where groups and partitions stand.
// Each object belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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

// Where a group stands in every partition of a topic; one request to its coordinator.
class GroupProbe final {
 public:
  static Result<std::unique_ptr<GroupProbe>> Make(const KafkaOptions& options, std::string group,
                                                  std::string topic, int32_t partitions);
  ~GroupProbe();
  // What is committed and settled at this moment; 0 where the group has no position. Waits up to a
  // second.
  Status Ask(std::vector<int64_t>* positions);

 private:
  GroupProbe() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Where every partition of a topic ends for committed readers; a request to each leader, at once.
class EndProbe final {
 public:
  static Result<std::unique_ptr<EndProbe>> Make(const KafkaOptions& options, std::string topic,
                                                int32_t partitions);
  ~EndProbe();
  Status Ask(std::vector<int64_t>* ends);

 private:
  EndProbe() = default;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bongsu
