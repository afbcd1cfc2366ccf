// What the faults of a campaign work on: the processes, the brokers, the proxies before them, and
// the actions that are still to come. One thread turns it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/faults/broker_hand.h"
#include "tests/faults/fleet.h"
#include "tests/faults/proxy.h"
#include "tests/faults/watch.h"

namespace bongsu::faults {

class Scene final {
 public:
  Scene(Fleet& fleet_of, BrokerHand& brokers_of, Watch& watch_of, uint64_t seed, bool brief)
      : fleet(fleet_of), brokers(brokers_of), watch(watch_of), random(seed), brief_(brief) {}

  Fleet& fleet;
  BrokerHand& brokers;
  Watch& watch;
  SplitMix64 random;
  std::vector<std::unique_ptr<Proxy>> proxies;  // By node; empty: none.
  std::vector<std::string> topics;              // Whose leaders may be killed.
  Member* small_disk = nullptr;                 // Its data directory is one.
  int node_down = -1;                           // At most one at a time.
  std::vector<std::string> errors;              // Of the campaign itself.

  using Span = std::chrono::milliseconds;
  // A random one; the shortest in a brief campaign.
  Span Between(int shortest_ms, int longest_ms);
  // One that runs and that no fault is at work on; taken: `busy`. Null when there is none.
  Member* Take();
  // Does it once `condition` holds or after `patience`.
  void When(std::function<bool()> condition, Span patience, std::function<void()> then);
  void After(Span wait, std::function<void()> then);

  // For faults that last.
  size_t BeginOutage() { return watch.BeginOutage(); }
  // Starts it, gives it back, ends the outage.
  void StartAgain(Member& member, std::optional<size_t> outage = {}, const std::string& plan = "");

  // Does what is due; starts those that are down and nobody's business.
  void Turn();
  // Nothing is under way any more.
  bool Calm();

 private:
  void CountStarts();
  struct Start {
    int run = 0;
    std::optional<size_t> outage;
  };
  struct Waiting {
    std::function<bool()> condition;
    std::chrono::steady_clock::time_point deadline;
    std::function<void()> then;
  };
  const bool brief_;
  std::vector<Waiting> waiting_;
  std::map<const Member*, Start> starts_;
};

}  // namespace bongsu::faults
