// How long an event takes in each stage (stage_duration_seconds): one event in kEvery is followed
// from its bytes to its outputs, so that the others pay for a branch. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/clock.h"
#include "engine/core/metrics.h"
#include "engine/core/spec.h"

namespace bongsu {

class StageTimes {
 public:
  static constexpr uint32_t kEvery = 64;
  enum class Part { kDecode, kTimers, kState, kOperators, kLearn = 9, kEmit, kParts };

  explicit StageTimes(const Clock& clock) : clock_(clock) {}
  // An event begins.
  void Begin() {
    following_ = ++events_ % kEvery == 0;
    if (following_) Start();
  }
  // What comes next belongs to this part, what came since the last call to the part before.
  void Enter(Part part) {
    if (following_) Switch(static_cast<size_t>(part));
  }
  void Enter(Stage stage) {
    if (following_) Switch(static_cast<size_t>(Part::kOperators) + static_cast<size_t>(stage));
  }
  // The event is done; without it nothing is counted.
  void End() {
    if (following_) Finish();
  }
  // And begins anew.
  void Publish(Metrics& metrics);

 private:
  static constexpr size_t kParts = static_cast<size_t>(Part::kParts);
  static_assert(static_cast<size_t>(Part::kOperators) + static_cast<size_t>(Stage::kDecide) + 1 ==
                static_cast<size_t>(Part::kLearn));
  void Start();
  void Switch(size_t part);
  void Finish();

  const Clock& clock_;
  uint32_t events_ = 0;
  bool following_ = false;
  std::optional<size_t> part_;
  std::chrono::nanoseconds since_{};
  std::array<double, kParts> spent_{};            // Of the event that is followed; seconds.
  std::array<std::vector<double>, kParts> seen_;  // Since Publish.
};

}  // namespace bongsu
