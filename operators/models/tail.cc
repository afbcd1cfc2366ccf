#include "operators/models/tail.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/math.h"
#include "operators/models/bytes.h"

namespace bongsu {
namespace {

constexpr uint8_t kFormat = 1;
constexpr int kBinBits = 8;            // 256 bins for each halving.
constexpr int kShift = 52 - kBinBits;  // Leaves the exponent and the top bits of the fraction.
constexpr double kNearest = 0x1p-40;   // Nearer to 1 than that is all one bin.
constexpr uint64_t kFirst = std::bit_cast<uint64_t>(kNearest) >> kShift;
constexpr size_t kBins = (std::bit_cast<uint64_t>(1.0) >> kShift) - kFirst + 1;
constexpr uint64_t kUnit = uint64_t{1} << 20;  // One score, before it is halved.
constexpr double kReady = 10000;
constexpr double kTail = 0.01;           // Where the exponential tail begins,
constexpr double kTailUsed = kTail / 4;  // and where it is used.
constexpr double kCaution = 2;           // It is taken to thin out so many times slower than seen.

size_t BinOf(double score) {
  const double distance = 1 - std::clamp(score, 0.0, 1.0);
  return distance <= kNearest ? 0 : (std::bit_cast<uint64_t>(distance) >> kShift) - kFirst;
}

double LogDistance(size_t bin) {
  return -Log(std::bit_cast<double>((static_cast<uint64_t>(bin) + kFirst) << kShift));
}

double Scores(uint64_t units) {
  return static_cast<double>(units) / static_cast<double>(kUnit);
}

}  // namespace

double RiskOfTail(double probability) {
  if (!(probability < 1)) return 0;
  if (probability <= 1e-5) return 100;
  return std::clamp(-20 * Log10(probability), 0.0, 100.0);
}

double TailOfRisk(double risk) {
  constexpr double kLog2Of10 = 3.321928094887362;
  return Exp2(-std::clamp(risk, 0.0, 100.0) / 20 * kLog2Of10);
}

TailCalibrator::TailCalibrator(uint64_t memory)
    : memory_(std::min(memory, uint64_t{1} << 40)), counts_(kBins), sums_(kBins + 1) {}

double TailCalibrator::TailProbability(double score) const noexcept {
  if (std::isnan(score)) return 1;
  uint64_t as_high = 0;
  for (size_t i = BinOf(score) + 1; i > 0; i &= i - 1) as_high += sums_[i];
  return (Scores(as_high) + 1) / (Scores(total_) + 1);
}

double TailCalibrator::LogDistanceOf(uint64_t units) const noexcept {
  size_t bins = 0;  // As many, from the strangest on, hold less than `units`.
  for (size_t step = std::bit_floor(kBins); step > 0; step /= 2) {
    if (bins + step > kBins || sums_[bins + step] >= units) continue;
    bins += step;
    units -= sums_[bins];
  }
  return LogDistance(std::min(bins, kBins - 1));
}

double TailCalibrator::TailProbability(double score, double reach) const noexcept {
  const double rank = TailProbability(score);
  if (rank > kTailUsed) return rank;
  const auto part = [&](double share) {
    return LogDistanceOf(
        std::max<uint64_t>(1, static_cast<uint64_t>(share * static_cast<double>(total_))));
  };
  const double begin = part(kTail), used = part(kTailUsed);
  constexpr double kLogOfFour = 1.3862943611198906, kLog2OfE = 1.4426950408889634;
  const double thinning = std::max(1e-3, kCaution * (used - begin) / kLogOfFour);
  const double tail = kTail * Exp2(-(LogDistance(BinOf(score)) - begin) / thinning * kLog2OfE);
  return std::max(std::min(rank, tail), rank / reach);
}

void TailCalibrator::Add(size_t bin, uint64_t weight) {
  counts_[bin] += weight;
  total_ += weight;
  for (size_t i = bin + 1; i <= kBins; i += i & (~i + 1)) sums_[i] += weight;
}

void TailCalibrator::Rebuild() {
  total_ = 0;
  std::fill(sums_.begin(), sums_.end(), 0);
  for (size_t bin = 0; bin < kBins; ++bin) {
    total_ += counts_[bin];
    sums_[bin + 1] += counts_[bin];
    const size_t parent = bin + 1 + ((bin + 1) & (~(bin + 1) + 1));
    if (parent <= kBins) sums_[parent] += sums_[bin + 1];
  }
}

void TailCalibrator::ForgetIfDue() {
  while (memory_ > 0 && total_ / kUnit >= 2 * memory_) {
    for (uint64_t& count : counts_) count /= 2;
    Rebuild();
  }
}

void TailCalibrator::Merge(const TailCalibrator& other) {
  for (size_t bin = 0; bin < kBins; ++bin) counts_[bin] += other.counts_[bin];
  learned_ += other.learned_;
  Rebuild();
  ForgetIfDue();
}

double TailCalibrator::Score(std::span<const double> x) const noexcept {
  BONGSU_CHECK(x.size() == 1);
  return 1 - TailProbability(x[0]);
}

void TailCalibrator::Learn(std::span<const double> x) noexcept {
  BONGSU_CHECK(x.size() == 1);
  ++learned_;
  if (std::isnan(x[0])) return;
  Add(BinOf(x[0]), kUnit);
  ForgetIfDue();
}

void TailCalibrator::Contributions(std::span<const double> x,
                                   std::span<double> out) const noexcept {
  BONGSU_CHECK(x.size() == 1 && out.size() == 1);
  out[0] = TailProbability(x[0]) < 1 ? 1 : 0;
}

double TailCalibrator::Maturity() const noexcept {
  return std::min(1.0, Scores(total_) / kReady);
}

// Only bins that hold something: their distance from the one before, then the count.
std::string TailCalibrator::Save() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kFormat);
  writer.U64(memory_);
  writer.U64(learned_);
  writer.Varint(static_cast<uint64_t>(
      std::count_if(counts_.begin(), counts_.end(), [](uint64_t c) { return c > 0; })));
  size_t next = 0;
  for (size_t bin = 0; bin < kBins; ++bin) {
    if (counts_[bin] == 0) continue;
    writer.Varint(bin - next);
    writer.Varint(counts_[bin]);
    next = bin + 1;
  }
  return out;
}

Status TailCalibrator::Load(std::string_view snapshot) {
  ByteReader reader(snapshot);
  if (snapshot.empty())
    return Status::Corrupt("calibration: the snapshot is empty; it starts cold");
  if (reader.U8() != kFormat || reader.U64() != memory_) {
    if (!reader.ok())
      return Status::Corrupt("calibration: the snapshot is cut short; it starts cold");
    return Status::Invalid(
        "calibration: the snapshot is of another format or memory; it starts cold");
  }
  const uint64_t learned = reader.U64(), used = reader.Varint();
  std::vector<uint64_t> counts(kBins);
  uint64_t next = 0, total = 0;
  bool good = reader.ok() && used <= kBins;
  for (uint64_t i = 0; good && i < used; ++i) {
    const uint64_t step = reader.Varint(), count = reader.Varint();
    good = reader.ok() && step < kBins && next + step < kBins && count > 0 &&
           count <= UINT64_MAX - total;
    if (!good) break;
    counts[next + step] = count;
    next += step + 1;
    total += count;
  }
  if (!good || !reader.Finished())
    return Status::Corrupt("calibration: the snapshot is damaged; it starts cold");
  learned_ = learned;
  counts_ = std::move(counts);
  Rebuild();
  return Status::Ok();
}

}  // namespace bongsu
