// Runs the schedules of a load test against a site, one after the other: sends each event when it
// is due, whatever became of those before, and asks the broker all the while how far the engine has
// come. Three threads help the caller's: one asks for positions, one reads alerts, one takes
// samples of the engine and the machine.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/app/load_events.h"
#include "engine/app/load_site.h"
#include "engine/loadtest/result.h"

namespace bongsu {

struct LoadDriverOptions {
  Duration goal = std::chrono::seconds(1);  // For 99 of 100 events.
  uint64_t in_flight_bytes = 64u << 20;     // Sent and not yet answered.
  int64_t backlog = 2'000'000;              // Events sent and not yet done.
  double hot_share = 0;                     // As the events are made.
  // Asked every few milliseconds; a reason to stop, or empty.
  std::function<std::string()> interrupted;
};

class LoadDriver final {
 public:
  // What is given outlives it.
  static Result<std::unique_ptr<LoadDriver>> Make(const LoadSite& site, LoadEvents& events,
                                                  LoadDriverOptions options);
  ~LoadDriver();

  // With `give_up` it ends as soon as the goal can no longer be met. A run that ended early says so
  // in `stopped`; a Status only when there is nothing to tell.
  loadtest::Run Do(const loadtest::Schedule& schedule, bool give_up);
  // Waits until all that was sent is done; false when nothing moved for long, or on interruption.
  bool Settle();

 private:
  struct Impl;
  explicit LoadDriver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bongsu
