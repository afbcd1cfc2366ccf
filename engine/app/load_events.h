// The events of a load test: those of an ordinary working day in the synthetic bank, made once and
// stamped anew each time, so that sending costs little. People are called loadtest-0000000 and so
// on, whom no bank has. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace bongsu {

struct LoadEventsOptions {
  int64_t people = 10'000;  // 10 … 10,000,000
  double hot_share = 0;     // Of events that are one person's, loadtest-0000000.
  double bad_share = 0;     // Of events that lack user_id, and so become dead letters.
  uint64_t seed = 1;
};

class LoadEvents final {
 public:
  static Result<LoadEvents> Make(const LoadEventsOptions& options);

  struct Event {
    std::string_view user, json;
    bool bad = false;
  };
  // Event `number` of this run; its id tells when it was due, in microseconds of the time of day,
  // which is its `time` as well. Views live until the next call.
  Event Stamp(int64_t number, int64_t due);

 private:
  explicit LoadEvents(const LoadEventsOptions& options) : options_(options) {}
  Status FillPool();

  const LoadEventsOptions options_;
  int64_t bank_people_ = 0;
  std::string tails_;         // What follows user_id, one after the other.
  std::vector<size_t> ends_;  // Of each in `tails_`.
  std::vector<int64_t> people_;
  std::string json_, user_;
};

// When the latest load-test event that `record` speaks of was due; nullopt: it speaks of none.
std::optional<int64_t> DueIn(std::string_view record);

}  // namespace bongsu
