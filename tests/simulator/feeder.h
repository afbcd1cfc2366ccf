// The source of a simulated bank: lines, ticks and what is no event, in transactions of which some
// are aborted, straight into the broker.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/simulator/broker.h"
#include "tests/simulator/scenario.h"

namespace bongsu::sim {

class Feeder final {
 public:
  Feeder(World& world, Broker& broker, const Scenario& scenario)
      : world_(world), broker_(broker), scenario_(scenario) {}
  void Start();
  bool done() const { return sent_ >= scenario_.events && !open_; }

 private:
  void Begin();
  void Send(int64_t records);
  void End();
  // Again a little later, until `step` succeeds.
  void Until(std::function<bool()> step, std::function<void()> then);
  bool SendOne();
  bool Produce(int32_t partition, Payload payload);
  std::string NewLine();

  World& world_;
  Broker& broker_;
  const Scenario& scenario_;
  int epoch_ = -1;
  int64_t sent_ = 0, ids_ = 0;
  bool open_ = false;
  std::vector<std::string> lines_;
};

}  // namespace bongsu::sim
