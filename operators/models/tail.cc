#include "operators/models/tail.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/math.h"
#include "operators/models/bytes.h"

namespace bongsu {
namespace {

constexpr uint8_t kFormat = 3;
constexpr int kFractionBits = 52;
constexpr double kNearest = 0x1p-40;           // Nearer to 1 than that is all one bin.
constexpr uint64_t kUnit = uint64_t{1} << 20;  // One score, before it fades.
constexpr int64_t kSteps = 64;                 // Of a half-life.
constexpr double kLatest = 0x1p61;             // Step.
constexpr double kReady = 10000;
constexpr double kLongestGap = 7 * 86400;
constexpr double kTail = 0.01;           // Where the exponential tail begins,
constexpr double kTailUsed = kTail / 4;  // and where it is used.
constexpr double kCaution = 2;           // It is taken to thin out so many times slower than seen.

// What is left after so many steps.
double Left(int64_t steps) {
  return Exp2(-static_cast<double>(steps) / static_cast<double>(kSteps));
}

constexpr size_t kStride = 16;  // Most bins are empty.

bool NothingIn(const uint64_t* counts) {
  uint64_t any = 0;
  for (size_t i = 0; i < kStride; ++i) any |= counts[i];
  return any == 0;
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

TailCalibrator::TailCalibrator(double half_life, int bits)
    : half_life_(half_life),
      shift_(kFractionBits - bits),
      first_(std::bit_cast<uint64_t>(kNearest) >> shift_),
      counts_((std::bit_cast<uint64_t>(1.0) >> shift_) - first_ + 1),
      sums_(counts_.size() + 1) {
  BONGSU_CHECK(bits >= 1 && bits <= 8 && half_life >= 0);
}

size_t TailCalibrator::BinOf(double score) const {
  const double distance = 1 - std::clamp(score, 0.0, 1.0);
  return distance <= kNearest ? 0 : (std::bit_cast<uint64_t>(distance) >> shift_) - first_;
}

double TailCalibrator::LogDistance(size_t bin) const {
  return -Log(std::bit_cast<double>((static_cast<uint64_t>(bin) + first_) << shift_));
}

double TailCalibrator::TailProbability(double score) const noexcept {
  if (std::isnan(score)) return 1;
  uint64_t as_high = 0;
  for (size_t i = BinOf(score) + 1; i > 0; i &= i - 1) as_high += sums_[i];
  return (Scores(as_high) + 1) / (Scores(total_) + 1);
}

double TailCalibrator::LogDistanceOf(uint64_t units) const noexcept {
  size_t bins = 0;  // As many, from the strangest on, hold less than `units`.
  for (size_t step = std::bit_floor(counts_.size()); step > 0; step /= 2) {
    if (bins + step > counts_.size() || sums_[bins + step] >= units) continue;
    bins += step;
    units -= sums_[bins];
  }
  return LogDistance(std::min(bins, counts_.size() - 1));
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
  for (size_t i = bin + 1; i <= counts_.size(); i += i & (~i + 1)) sums_[i] += weight;
}

void TailCalibrator::Rebuild() {
  total_ = 0;
  std::fill(sums_.begin(), sums_.end(), 0);
  for (size_t bin = 0; bin < counts_.size(); ++bin) {
    total_ += counts_[bin];
    sums_[bin + 1] += counts_[bin];
    const size_t parent = bin + 1 + ((bin + 1) & (~(bin + 1) + 1));
    if (parent <= counts_.size()) sums_[parent] += sums_[bin + 1];
  }
}

void TailCalibrator::Fade(int64_t steps) {
  constexpr int kFixed = 32;
  const auto left = static_cast<uint64_t>(Left(steps) * 0x1p32);
  for (uint64_t& count : counts_) {
    count = (count >> kFixed) * left + ((count & 0xFFFFFFFF) * left >> kFixed);
  }
  Rebuild();
}

uint64_t TailCalibrator::Arrive(double seconds) {
  if (half_life_ <= 0 || std::isnan(seconds)) return kUnit;
  const double at = std::floor(seconds / half_life_ * kSteps);
  const auto step = static_cast<int64_t>(std::clamp(at, -kLatest, kLatest));
  if (step_ != kNoStep && step < step_) {
    return static_cast<uint64_t>(Left(step_ - step) * static_cast<double>(kUnit));
  }
  if (step_ != kNoStep && step > step_) Fade(step - step_);
  step_ = step;
  return kUnit;
}

void TailCalibrator::Merge(const TailCalibrator& other) {
  BONGSU_CHECK(counts_.size() == other.counts_.size() && half_life_ == other.half_life_);
  TailCalibrator theirs = other;
  if (step_ != kNoStep && theirs.step_ != kNoStep) {
    if (theirs.step_ < step_) theirs.Fade(step_ - theirs.step_);
    if (step_ < theirs.step_) Fade(theirs.step_ - step_);
  }
  step_ = std::max(step_, theirs.step_);
  for (size_t bin = 0; bin < counts_.size(); ++bin) counts_[bin] += theirs.counts_[bin];
  learned_ += other.learned_;
  seen_ = std::max(seen_, other.seen_);
  newest_ = std::fmax(newest_, other.newest_);
  Rebuild();
}

double TailCalibrator::Score(std::span<const double> x) const noexcept {
  BONGSU_CHECK(x.size() == 1 || x.size() == 2);
  return 1 - TailProbability(x[0]);
}

void TailCalibrator::See(double seconds) noexcept {
  if (seconds > newest_) seen_ += std::min(seconds - newest_, kLongestGap);
  newest_ = std::fmax(newest_, seconds);
}

void TailCalibrator::Learn(std::span<const double> x) noexcept {
  BONGSU_CHECK(x.size() == 1 || x.size() == 2);
  ++learned_;
  if (x.size() == 2) See(x[1]);
  const uint64_t weight = x.size() == 2 ? Arrive(x[1]) : kUnit;
  if (!std::isnan(x[0]) && weight > 0) Add(BinOf(x[0]), weight);
}

void TailCalibrator::Contributions(std::span<const double> x,
                                   std::span<double> out) const noexcept {
  BONGSU_CHECK(x.size() == out.size() && (x.size() == 1 || x.size() == 2));
  std::fill(out.begin(), out.end(), 0.0);
  if (TailProbability(x[0]) < 1) out[0] = 1;
}

double TailCalibrator::Maturity() const noexcept {
  return std::min(1.0, Scores(total_) / kReady);
}

// Only bins that hold something: their distance from the one before, then the count.
std::string TailCalibrator::Save() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kFormat);
  writer.F64(half_life_);
  writer.U8(static_cast<uint8_t>(shift_));
  writer.I64(step_);
  writer.F64(newest_);
  writer.F64(seen_);
  writer.U64(learned_);
  std::string bins;
  ByteWriter bin_writer(&bins);
  uint64_t used = 0;
  for (size_t bin = 0, next = 0; bin < counts_.size(); ++bin) {
    while (bin % kStride == 0 && bin + kStride <= counts_.size() && NothingIn(&counts_[bin]))
      bin += kStride;
    if (bin == counts_.size() || counts_[bin] == 0) continue;
    bin_writer.Varint(bin - next);
    bin_writer.Varint(counts_[bin]);
    next = bin + 1;
    ++used;
  }
  writer.Varint(used);
  writer.Raw(bins.data(), bins.size());
  return out;
}

Status TailCalibrator::Load(std::string_view snapshot) {
  ByteReader reader(snapshot);
  if (snapshot.empty())
    return Status::Corrupt("calibration: the snapshot is empty; it starts cold");
  if (reader.U8() != kFormat || reader.F64() != half_life_ || reader.U8() != shift_) {
    if (!reader.ok())
      return Status::Corrupt("calibration: the snapshot is cut short; it starts cold");
    return Status::Invalid(
        "calibration: the snapshot is of another format, half-life or size; it starts cold");
  }
  const int64_t newest = reader.I64();
  const double latest = reader.F64(), seen = reader.F64();
  const uint64_t learned = reader.U64(), used = reader.Varint();
  std::vector<uint64_t> counts(counts_.size());
  uint64_t next = 0, total = 0;
  bool good = reader.ok() && used <= counts_.size();
  for (uint64_t i = 0; good && i < used; ++i) {
    const uint64_t step = reader.Varint(), count = reader.Varint();
    good = reader.ok() && step < counts_.size() && next + step < counts_.size() && count > 0 &&
           count <= UINT64_MAX - total;
    if (!good) break;
    counts[next + step] = count;
    next += step + 1;
    total += count;
  }
  if (!good || !reader.Finished())
    return Status::Corrupt("calibration: the snapshot is damaged; it starts cold");
  learned_ = learned;
  step_ = newest;
  newest_ = latest;
  seen_ = seen;
  counts_ = std::move(counts);
  Rebuild();
  return Status::Ok();
}

}  // namespace bongsu
