#include "operators/models/alert_budget.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/math.h"
#include "operators/models/bytes.h"

namespace bongsu {
namespace {

constexpr uint8_t kFormat = 1;
constexpr double kDay = 86400;
constexpr double kHalfLife = 7 * kDay;
constexpr double kLatest = 1e12;

size_t BinOf(double risk) {
  return static_cast<size_t>(std::clamp(risk, 0.0, 100.0) * 4);
}

// Of a step, which may be below 0, in a ring of `size`.
size_t PlaceOf(int64_t step, size_t size) {
  const auto around = static_cast<int64_t>(size);
  return static_cast<size_t>((step % around + around) % around);
}

}  // namespace

AlertBudget::AlertBudget(double per_day)
    : per_day_(per_day),
      window_(std::max(kDay, kDay / per_day)),
      allowed_(std::max<int64_t>(1, static_cast<int64_t>(per_day * window_ / kDay + 1e-9))) {
  BONGSU_CHECK(per_day > 0);
}

// The time that weighs, at least one day: a rate of the first hour is no rate.
double AlertBudget::Days() const noexcept {
  constexpr double kLn2 = 0.6931471805599453;
  const double age = newest_ - first_;
  return std::max(1.0, kHalfLife / kDay / kLn2 * (1 - Exp2(-age / kHalfLife)));
}

double AlertBudget::Rate(double risk) const noexcept {
  double sum = 0;
  for (size_t bin = kBins; bin-- > BinOf(risk);) sum += candidates_[bin];
  return sum / Days();
}

double AlertBudget::Threshold(double least) const noexcept {
  const double within = per_day_ * Days();
  double sum = 0;
  for (size_t bin = kBins; bin-- > BinOf(least);) {
    sum += candidates_[bin];
    if (sum > within) return std::max(least, static_cast<double>(bin + 1) / 4);
  }
  return least;
}

int64_t AlertBudget::StepOf(double seconds) const noexcept {
  const double width = window_ / static_cast<double>(kWindowSteps);
  return static_cast<int64_t>(std::floor(std::clamp(seconds, -kLatest, kLatest) / width));
}

bool AlertBudget::HasRoom(double seconds) const noexcept {
  const int64_t steps = std::max<int64_t>(0, StepOf(seconds) - step_);
  if (!begun_ || steps >= static_cast<int64_t>(kSteps)) return true;
  int64_t made = 0;
  // What is older than the window has room to leave.
  for (int64_t age = 0; age + steps < static_cast<int64_t>(kSteps); ++age) {
    made += alerts_[PlaceOf(step_ - age, kSteps)];
  }
  return made < allowed_;
}

void AlertBudget::Advance(double seconds) noexcept {
  if (!begun_) {
    begun_ = true;
    first_ = newest_ = seconds;
    step_ = StepOf(seconds);
  }
  if (seconds <= newest_) return;
  const double left = Exp2(-(seconds - newest_) / kHalfLife);
  for (double& count : candidates_) count *= left;
  newest_ = seconds;
  const int64_t step = StepOf(seconds);
  const int64_t moved = std::min<int64_t>(step - step_, static_cast<int64_t>(kSteps));
  for (int64_t i = 0; i < moved; ++i) alerts_[PlaceOf(step - i, kSteps)] = 0;
  step_ = step;
}

double AlertBudget::Score(std::span<const double> x) const noexcept {
  return std::isnan(x[0]) ? 0 : 1 / (1 + Rate(x[0]));
}

void AlertBudget::Learn(std::span<const double> x) noexcept {
  BONGSU_CHECK(x.size() == 3);
  if (!std::isfinite(x[1])) return;
  Advance(std::clamp(x[1], -kLatest, kLatest));
  if (!std::isnan(x[0])) candidates_[BinOf(x[0])] += 1;
  if (x[2] > 0) ++alerts_[PlaceOf(step_, kSteps)];
}

void AlertBudget::Contributions(std::span<const double> x, std::span<double> out) const noexcept {
  std::fill(out.begin(), out.end(), 0.0);
  if (Score(x) > 0) out[0] = 1;
}

double AlertBudget::Maturity() const noexcept {
  return std::clamp((newest_ - first_) / (7 * kDay), 0.0, 1.0);
}

std::string AlertBudget::Save() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kFormat);
  writer.U8(begun_);
  for (const double v : {per_day_, first_, newest_}) writer.F64(v);
  writer.I64(step_);
  writer.Raw(candidates_.data(), sizeof(candidates_));
  writer.Raw(alerts_.data(), sizeof(alerts_));
  return out;
}

Status AlertBudget::Load(std::string_view snapshot) {
  ByteReader reader(snapshot);
  AlertBudget loaded(per_day_);
  const uint8_t format = reader.U8();
  loaded.begun_ = reader.U8() != 0;
  const double per_day = reader.F64();
  loaded.first_ = reader.F64();
  loaded.newest_ = reader.F64();
  loaded.step_ = reader.I64();
  reader.Raw(loaded.candidates_.data(), sizeof(candidates_));
  reader.Raw(loaded.alerts_.data(), sizeof(alerts_));
  if (!reader.Finished()) return Status::Corrupt("budget: the snapshot is damaged; it starts cold");
  if (format != kFormat || per_day != per_day_) {
    return Status::Invalid("budget: the snapshot is of another format or budget; it starts cold");
  }
  *this = loaded;
  return Status::Ok();
}

}  // namespace bongsu
