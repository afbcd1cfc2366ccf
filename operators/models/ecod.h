// How far out is each member of a vector, on its own? An online form of ECOD (Li, Zhao, Hu, Botta,
// Ionescu, Chen, IEEE TKDE 2022): each dimension has a sketch of what it has been (see tail.h), a
// value's tail probability p is read off it, and the surprises -log2 p are added up. Only what is
// rarer than one in 2^kOrdinary adds, by what it is rarer (the truncated product of Zaykin et al.,
// Genetic Epidemiology 2002): among many dimensions something is always a little unusual, and those
// bits would drown the one that is truly out.
//
// It sees single features and sums of them, not combinations in which each part is ordinary: that
// is what half-space trees are for. Values below 0 count as 0: only more is strange. Dimensions
// cost 20 KiB each. One object a shard, one thread.
#pragma once

#include <string>
#include <vector>

#include "engine/core/model.h"
#include "operators/models/tail.h"

namespace bongsu {

class Ecod final : public Model {
 public:
  static constexpr double kOrdinary = 6;  // Bits: one in 64.

  // `dimensions` 1 to 64; `half_life` in seconds of event time, 0 never forgets; `reach`: how many
  // times rarer than its rank a value may be taken to be, 1 is the rank alone.
  Ecod(size_t dimensions, double half_life, double reach);

  // Vectors are the dimensions, then the event time in seconds, which may be missing.
  // 1 - 2^(-bits / 8): 0 where nothing is unusual. Members that are NaN say nothing.
  double Score(std::span<const double> x) const noexcept override;
  void Learn(std::span<const double> x) noexcept override;
  // By bits.
  void Contributions(std::span<const double> x, std::span<double> out) const noexcept override;
  // The share of vectors with such a value, in (0, 1]; 1 when the member is NaN.
  double Tail(size_t dimension, double value) const noexcept;
  // Vectors learned, of 1,000.
  double Maturity() const noexcept override;
  std::string Save() const override;
  Status Load(std::string_view snapshot) override;

 private:
  double Bits(size_t dimension, double value) const noexcept;
  double reach_;
  std::vector<TailCalibrator> sketches_;
  uint64_t learned_ = 0;
};

}  // namespace bongsu
