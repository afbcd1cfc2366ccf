// Events into `<prefix>.events` while the engine runs.
#pragma once

#include <thread>

#include "benchmarks/end_to_end/kafka_client.h"
#include "benchmarks/end_to_end/workloads.h"

namespace bongsu::benchmarks {

// One event of each of `options.people`.
Status SendEverybody(const Options& options, EventProducer& producer);

// Events of known people at a steady rate, in a thread of its own, as long as the object lives.
class Load final {
 public:
  // `rate` in events a second. `producer` outlives it, and is nobody else's meanwhile.
  Load(const Options& options, double rate, EventProducer& producer);
  // Stops, and says what went wrong.
  Status End();

 private:
  void Run(const std::stop_token& stop);
  EventStream events_;
  const double rate_;
  EventProducer& producer_;
  Status failed_;
  std::jthread thread_;
};

}  // namespace bongsu::benchmarks
