// The search for the highest rate that still meets the goal, by halving: up from the target to the
// bound when the target was met, else down from it. At most kMost runs. One thread.
#pragma once

#include <optional>

namespace bongsu::loadtest {

class HeadroomSearch final {
 public:
  static constexpr double kResolution = 0.05;  // Of the target.
  static constexpr int kMost = 6;

  HeadroomSearch(double target, double bound, bool target_met);
  // The rate to try next; nullopt: enough is known.
  std::optional<double> Next() const;
  void Tried(double rate, bool met);
  double best() const { return met_; }              // 0: none met the goal.
  bool at_bound() const { return met_ >= bound_; }  // There may be more.

 private:
  const double target_, bound_;
  double met_, missed_;  // The highest that met it; the lowest that did not, above bound_: none.
  int runs_ = 0;
};

}  // namespace bongsu::loadtest
