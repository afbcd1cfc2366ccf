// Calibration: turns a detector's raw score into the probability that an ordinary event scores as
// high, so that detectors can be compared and combined. A model over vectors of two members, the
// raw score in [0, 1] and the event time in seconds (one member: as of the newest). Used by the
// detect stage; one object a shard, one thread.
//
// It is a quantile sketch: it counts scores in fixed bins, 2^`bits` for each halving of the
// distance to 1, down to 2^-40: where scores crowd near 1 the bins do too, and with 8 bits any two
// scores in a bin lie within 0.4 % of that distance. Bins that never move make it mergeable (counts
// add up) and the size fixed (640 KiB with 8 bits, 80 KiB with 5). Equal scores share a bin, and a
// whole bin counts as "as high": ties and the coarseness of the bins make a score look more
// ordinary, never less. With n scores seen the probability is (number as high + 1) / (n + 1): the
// rank the new score would take among them, valid for every n and never 0.
//
// The past fades by event time (forward decay: Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009), in
// 64 steps a half-life: within a step the order of scores does not matter, and a late score counts
// as what is left of it.
//
// A rank cannot tell a little more than ever from a thousand times more, and a burst lends its rank
// to the next one. So, beyond the strangest quarter per cent, an exponential tail may make a score
// rarer than its rank: how fast scores thin out between the strangest 1 % and 0.25 % (in the
// logarithm of the distance to 1), taken half as fast to be on the safe side, and never below a
// bounded part of the rank. That needs 400 scores; Maturity says how little was learned until
// 10,000.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/model.h"

namespace bongsu {

// The risk 0-100 of a tail probability: 20 points a factor of ten. 1e-2 is 40, 1e-3 is 60, 1e-4
// is 80.
double RiskOfTail(double probability);
// The other way: 1 at risk 0, 1e-5 at 100.
double TailOfRisk(double risk);

class TailCalibrator final : public Model {
 public:
  // `half_life` in seconds of event time; 0 never forgets. `bits` 1 to 8.
  explicit TailCalibrator(double half_life = 0, int bits = 8);

  // P(an ordinary score >= `score`), in [1 / (n + 1), 1]; 1 when `score` is NaN.
  double TailProbability(double score) const noexcept;
  // The same with the exponential tail: at least TailProbability / `reach`; `reach` >= 1, and 1 is
  // the rank alone.
  double TailProbability(double score, double reach) const noexcept;
  // Adds what `other` has counted; both have the same half-life and bits.
  void Merge(const TailCalibrator& other);
  // Scores learned, forgotten ones included.
  uint64_t learned() const { return learned_; }
  // How much event time it has seen go by, in seconds, with scores or without. A jump counts as a
  // week at most: one clock that is wrong is no history.
  double seen() const { return seen_; }

  // 1 - TailProbability.
  double Score(std::span<const double> x) const noexcept override;
  void Learn(std::span<const double> x) noexcept override;
  void Contributions(std::span<const double> x, std::span<double> out) const noexcept override;
  // Scores that weigh, of the 10,000 that a risk of 80 takes.
  double Maturity() const noexcept override;
  std::string Save() const override;
  Status Load(std::string_view snapshot) override;

 private:
  static constexpr int64_t kNoStep = INT64_MIN;
  size_t BinOf(double score) const;
  void See(double seconds) noexcept;
  double LogDistance(size_t bin) const;
  void Add(size_t bin, uint64_t weight);
  // The weight of a score of that time, in units; fades the others when it is newer.
  uint64_t Arrive(double seconds);
  void Fade(int64_t steps);
  void Rebuild();
  // -log(1 - score) of the bin that holds the so-many-th strangest score, in units.
  double LogDistanceOf(uint64_t units) const noexcept;

  double half_life_;
  int shift_;               // Leaves the exponent and the top bits of a distance.
  size_t first_;            // Of the shifted distances.
  int64_t step_ = kNoStep;  // Of event time: the newest.
  double newest_ = std::numeric_limits<double>::quiet_NaN();  // Seconds of event time.
  double seen_ = 0;
  uint64_t learned_ = 0;
  uint64_t total_ = 0;            // In units of kUnit, as are the counts.
  std::vector<uint64_t> counts_;  // By bin; the first is the nearest to 1.
  std::vector<uint64_t> sums_;    // A Fenwick tree over them.
};

}  // namespace bongsu
