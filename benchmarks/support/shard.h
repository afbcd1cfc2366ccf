// A pipeline over state in memory, and what it does with an event: without log, shard and outputs.
#pragma once

#include <memory>

#include "benchmarks/support/setup.h"
#include "engine/app/wiring.h"

namespace bongsu::benchmarks {

class PipelineBench final {
 public:
  // `cached`: people kept decoded.
  PipelineBench(EngineConfig config, size_t cached);
  // Decodes and processes the next of `events`, fires timers, commits now and then. False when it
  // failed.
  bool Step(const EventList& events);
  Alert TakeAlert(const EventList& events);  // Steps until one comes.
  AlertEncoder& encoder() { return *parts_.encoder; }

 private:
  const EngineConfig config_;
  ScoreParts parts_;
  std::unique_ptr<StateStore> store_;
  Event event_;
  Meta meta_;
  size_t at_ = 0;
};

}  // namespace bongsu::benchmarks
