#include "operators/models/ecod.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/base/math.h"
#include "operators/models/bytes.h"

namespace bongsu {
namespace {

constexpr uint8_t kFormat = 1;
constexpr int kSketchBits = 5;  // Values of 1 + v within 2 % are one.
constexpr double kReady = 1000;
constexpr double kScale = 8;  // Bits that halve the distance to 1.

// Onto [0, 1), in the order of the values; 0 and less is 0.
double Squashed(double value) {
  return value > 0 ? 1 - 1 / (1 + value) : value <= 0 ? 0 : value;
}

}  // namespace

Ecod::Ecod(size_t dimensions, double half_life, double reach)
    : reach_(reach), sketches_(dimensions, TailCalibrator(half_life, kSketchBits)) {
  BONGSU_CHECK(dimensions >= 1 && dimensions <= 64 && reach >= 1);
}

double Ecod::Tail(size_t dimension, double value) const noexcept {
  return std::isnan(value) || value <= 0
             ? 1
             : sketches_[dimension].TailProbability(Squashed(value), reach_);
}

double Ecod::Bits(size_t dimension, double value) const noexcept {
  return std::max(0.0, -Log2(Tail(dimension, value)) - kOrdinary);
}

double Ecod::Score(std::span<const double> x) const noexcept {
  double bits = 0;
  for (size_t i = 0; i < sketches_.size(); ++i) bits += Bits(i, x[i]);
  return 1 - Exp2(-bits / kScale);
}

void Ecod::Learn(std::span<const double> x) noexcept {
  BONGSU_CHECK(x.size() == sketches_.size() || x.size() == sketches_.size() + 1);
  ++learned_;
  const double time =
      x.size() > sketches_.size() ? x.back() : std::numeric_limits<double>::quiet_NaN();
  for (size_t i = 0; i < sketches_.size(); ++i) {
    const std::array<double, 2> member = {Squashed(x[i]), time};
    sketches_[i].Learn(member);
  }
}

void Ecod::Contributions(std::span<const double> x, std::span<double> out) const noexcept {
  std::fill(out.begin(), out.end(), 0.0);
  double sum = 0;
  for (size_t i = 0; i < sketches_.size(); ++i) sum += out[i] = Bits(i, x[i]);
  for (size_t i = 0; i < sketches_.size() && sum > 0; ++i) out[i] /= sum;
}

double Ecod::Maturity() const noexcept {
  return std::min(1.0, static_cast<double>(learned_) / kReady);
}

std::string Ecod::Save() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kFormat);
  writer.U64(sketches_.size());
  writer.U64(learned_);
  for (const TailCalibrator& sketch : sketches_) writer.Text(sketch.Save());
  return out;
}

Status Ecod::Load(std::string_view snapshot) {
  ByteReader reader(snapshot);
  const uint8_t format = reader.U8();
  const uint64_t dimensions = reader.U64(), learned = reader.U64();
  if (!reader.ok()) return Status::Corrupt("ecod: the snapshot is cut short; it starts cold");
  if (format != kFormat || dimensions != sketches_.size()) {
    return Status::Invalid("ecod: the snapshot is of another format or size; it starts cold");
  }
  std::vector<TailCalibrator> sketches = sketches_;
  for (TailCalibrator& sketch : sketches) {
    const std::string_view bytes = reader.Text();
    if (!reader.ok()) return Status::Corrupt("ecod: the snapshot is cut short; it starts cold");
    BONGSU_RETURN_IF_ERROR(sketch.Load(bytes));
  }
  if (!reader.Finished()) return Status::Corrupt("ecod: the snapshot is damaged; it starts cold");
  sketches_ = std::move(sketches);
  learned_ = learned;
  return Status::Ok();
}

}  // namespace bongsu
