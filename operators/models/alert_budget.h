// How high must a risk be, so that no more alerts come than people can look at? A budget is a rate
// in event time: so many alerts in so long. Two things hold it:
//
// - a threshold, from the rate at which candidates (events that would be alerts) of each risk came
//   lately: the lowest risk at which their rate is within the budget. It follows slowly, by a
//   half-life of a week, so that the best of a quiet day do not use up what a bad day needs;
// - a hard limit: in any window no more than the budget. The window is a day, or as long as the
//   budget takes to be one alert; alerts leave it in steps of 1/24, at most a step late.
//
// A model, so that it is kept, restored and replayed like the others. Used by the decide stage; one
// object a shard, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/core/model.h"

namespace bongsu {

class AlertBudget final : public Model {
 public:
  // Alerts a day, above 0.
  explicit AlertBudget(double per_day);

  // The risk from which on a candidate is an alert; not below `least`, both 0-100.
  double Threshold(double least) const noexcept;
  // Whether the window that ends at `seconds` of event time has room for one more.
  bool HasRoom(double seconds) const noexcept;
  // Candidates a day of at least that risk, as of late.
  double Rate(double risk) const noexcept;

  // Of {risk, seconds, alerted}: how rare such a candidate is, 1 / (1 + Rate).
  double Score(std::span<const double> x) const noexcept override;
  // A candidate of `risk` (NaN: none) at event time `seconds`, and whether an alert was made (1 or
  // 0).
  void Learn(std::span<const double> x) noexcept override;
  void Contributions(std::span<const double> x, std::span<double> out) const noexcept override;
  // Days seen, of seven.
  double Maturity() const noexcept override;
  std::string Save() const override;
  Status Load(std::string_view snapshot) override;

 private:
  static constexpr size_t kBins = 401;  // A quarter of a point each.
  static constexpr size_t kWindowSteps = 24;
  static constexpr size_t kSteps = kWindowSteps + 1;  // That a window can touch.
  double Days() const noexcept;
  int64_t StepOf(double seconds) const noexcept;
  void Advance(double seconds) noexcept;

  double per_day_;
  double window_;                  // Seconds.
  int64_t allowed_;                // In a window.
  double first_ = 0, newest_ = 0;  // Event time in seconds; both 0 before the first candidate.
  bool begun_ = false;
  std::array<double, kBins> candidates_{};  // As of `newest_`.
  int64_t step_ = 0;
  std::array<uint32_t, kSteps> alerts_{};
};

}  // namespace bongsu
