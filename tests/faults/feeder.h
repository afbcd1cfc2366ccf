// The input of a campaign: events of generated banks, sent to a topic in transactions at a steady
// rate by a thread of its own, whatever happens to the brokers. About one transaction in six is
// aborted; its records must never be seen. One event in five hundred is damaged: a dead letter.
//
// What counts as sent is what a committed reader finds in the topic: after a fault the feeder may
// send a transaction again whose end it does not know.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "engine/base/status.h"

namespace bongsu::faults {

class Feeder final {
 public:
  struct Options {
    std::string bootstrap, topic;
    int32_t partitions = 4;
    bool stamped = true;       // Records carry the events' time, for ingest, which compares them.
    int64_t history = 20'000;  // Events as fast as it goes; then
    int64_t rate = 1000;       // so many a second, until Stop; 0: none.
    uint64_t seed = 1;
  };
  explicit Feeder(const Options& options);
  ~Feeder();

  // The history is there.
  bool ready() const { return done_ || sent_ >= options_.history; }
  // Ends after the transaction in hand; kInvalid when no events could be made.
  Status Stop();
  int64_t sent() const { return sent_; }
  int64_t aborted() const { return aborted_; }  // Transactions.

 private:
  class Sender;
  Status Run();

  const Options options_;
  std::atomic<bool> stop_{false}, done_{false};
  std::atomic<int64_t> sent_{0}, aborted_{0};
  Status result_;
  std::thread thread_;
};

}  // namespace bongsu::faults
