#include "operators/detect/calibration.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "engine/base/strings.h"

namespace bongsu {

Calibration::Calibration(const CalibrationOptions& options, uint64_t window)
    : tail_(ToSeconds(options.memory)),
      learn_below_(options.learn == "all" ? 101 : options.learn_below),
      extrapolate_(options.extrapolate),
      every_(options.every.count()),
      learning_(ToSeconds(options.learning)) {
  const auto cap = static_cast<uint64_t>(options.learn_cap);
  stride_ = cap == 0 ? 0 : (window + cap - 1) / cap;
}

bool Calibration::Register(const std::string& detector, const std::string& inputs,
                           BuildContext& context) {
  const Result<size_t> number = context.schema.AddDetector(detector);
  const Result<size_t> model = context.schema.AddModel(detector + ".tail", &tail_, inputs);
  for (const Status& status : {number.status(), model.status()}) {
    if (status.ok()) continue;
    context.Problem(status);
    return false;
  }
  detector_ = *number;
  model_ = *model;
  if (every_ > 0) slot_ = context.schema.AddSlot({detector + " learned last", sizeof(int64_t)});
  return true;
}

Finding Calibration::Judge(double raw, bool ready, double maturity) {
  raw_ = raw;
  ready_ = ready;
  const double tail = ready ? tail_.TailProbability(raw, extrapolate_) : 1;
  risk_ = RiskOfTail(tail);
  const double mature = std::min(maturity, tail_.Maturity());
  const bool speaks = tail_.seen() >= learning_;
  return speaks ? Finding{detector_, raw, tail, risk_, mature}
                : Finding{detector_, raw, 1, 0, mature};
}

bool Calibration::PersonsTurn(const Event& event, Context& context) const noexcept {
  if (every_ == 0) return true;
  const std::span<std::byte> slot = context.Slot(slot_);
  int64_t last;
  std::memcpy(&last, slot.data(), sizeof(last));
  const int64_t now = event.time.time_since_epoch().count();
  if (last != 0 && now < last + every_) return false;
  std::memcpy(slot.data(), &now, sizeof(now));
  return true;
}

Calibration::Lesson Calibration::Learn(const Event& event, const Verdict& verdict,
                                       Context& context) noexcept {
  Lesson lesson;
  if (!PersonsTurn(event, context)) return lesson;
  lesson.taught = true;
  lesson.risky = std::max(risk_, verdict.risk) >= learn_below_;
  lesson.number = tail_.learned();
  if (ready_ || tail_.seen() < learning_) {
    // A score that is not learned is counted nevertheless: the turns go by their number.
    const bool keep = ready_ && (!lesson.risky || InTurn(lesson.number));
    const std::array<double, 2> score = {keep ? raw_ : std::numeric_limits<double>::quiet_NaN(),
                                         ToSeconds(event.time.time_since_epoch())};
    context.Learn(model_, score);
  }
  return lesson;
}

}  // namespace bongsu
