// When each event of a load test is due: open loop, so no answer of the engine moves it. A ramp
// from nothing, a warm-up at the first rate, then the measured time: one rate, or steps of equal
// length, with spikes on top. Immutable; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/time.h"

namespace bongsu::loadtest {

struct Spike {
  double factor = 1;                          // Times the rate …
  Duration at{0};                             // … from so long after the measured time began …
  Duration length = std::chrono::seconds(5);  // … for so long.
};
// "3x@30s" or "3x@30s+10s"; kInvalid with what was expected.
Result<Spike> ParseSpike(std::string_view text);

struct Profile {
  double target = 0;  // Events a second.
  Duration ramp{0}, warmup{0}, measured = std::chrono::minutes(1);
  std::vector<double> steps;  // Instead of the target, one after the other.
  std::vector<Spike> spikes;
};

// Times are microseconds from the start.
class Schedule final {
 public:
  // kInvalid when the profile is empty or would go above `max_rate` at any moment.
  static Result<Schedule> Make(const Profile& profile, double max_rate);

  int64_t total() const { return total_; }
  int64_t end() const { return end_; }
  int64_t measured_from() const { return measured_from_; }
  // When event `i` is due, 0 <= i < total(); fastest when asked in order.
  int64_t DueOf(int64_t i) const;
  double RateAt(int64_t at) const;        // 0 outside.
  int64_t CountBefore(int64_t at) const;  // Events due before `at`.

  struct Step {
    int64_t from = 0, to = 0;
    double rate = 0;  // Without spikes.
  };
  const std::vector<Step>& steps() const { return steps_; }  // Of the measured time.

 private:
  struct Piece {
    int64_t from = 0, to = 0;
    double rate_from = 0, rate_to = 0;
    double before = 0;  // Events due before `from`.
    double Upto(double seconds) const;
  };
  void Append(int64_t length, double rate_from, double rate_to);
  const Piece* PieceAt(int64_t at) const;

  std::vector<Piece> pieces_;
  std::vector<Step> steps_;
  int64_t end_ = 0, measured_from_ = 0, total_ = 0;
};

}  // namespace bongsu::loadtest
