// Works on the nodes of a campaign's cluster from a thread of its own, since stopping and starting
// one takes seconds, and the system ends a node with the thread that started it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/base/status.h"
#include "tests/support/kafka_broker.h"

namespace bongsu::faults {

class BrokerHand final {
 public:
  static Result<std::unique_ptr<BrokerHand>> Start(const KafkaClusterOptions& options);
  ~BrokerHand();  // The cluster ends with it.

  // Topics and records; any time.
  KafkaBroker& broker() { return *broker_; }
  // One after the other; `then` runs in a later Look, with what came out.
  using Job = std::function<Status(KafkaCluster&)>;
  using Then = std::function<void(const Status&)>;
  void Do(Job job, Then then = nullptr);
  void Look();
  bool Idle();

 private:
  BrokerHand() = default;
  void Run(const KafkaClusterOptions& options);
  std::unique_ptr<KafkaBroker> broker_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<Job, Then>> jobs_;
  std::deque<std::pair<Then, Status>> done_;
  bool started_ = false, working_ = false, stop_ = false;
  std::thread thread_;
};

}  // namespace bongsu::faults
