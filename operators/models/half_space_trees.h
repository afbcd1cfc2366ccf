// Half-space trees: S. C. Tan, K. M. Ting, T. F. Liu, "Fast Anomaly Detection for Streaming Data",
// IJCAI 2011. Random trees halve the space of the features again and again; a place where few of
// the last window's vectors lay is strange. Used by the detect stage; one object a shard, one
// thread, no locks.
//
// A tree of depth 15 has 65,535 nodes, but a score stops at the first node with little mass, so
// only nodes whose parent is heavy can ever matter. This one keeps the vectors of the current
// window and, when it is full, grows from them just those nodes; cuts come from a hash of seed,
// tree and place, so that they need not be stored. The scores are those of the full trees; the
// memory is a few hundred kilobytes at most, no mass is ever swept, and a snapshot is the vectors
// of two windows.
//
// The range of a feature comes from the first full window in which it takes two different values:
// its least and greatest value, widened by half their distance on each side. It is never refreshed
// after that; values outside are taken as lying at its edge. Until then a constant counts as a
// range around itself, and a feature without any value is not cut. A member that is not finite is
// "not known": at its cuts it follows the heavier side, so that missing it makes nothing stranger.
// With `more`, whatever lies below the median of the last full window counts as the median: who did
// nothing yet today is not strange, however busy the others were.
// What it misses: a cluster of strange events as large as `size_limit` of the window, and bursts
// longer than the window, which become the model (see the operator's `learn`).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/model.h"
#include "operators/models/leaf_masks.h"

namespace bongsu {

struct HalfSpaceTreesParams {
  // How a tree's opinion is read, and how it is cut.
  // kPaper: work ranges around a random centre, cut in the middle; mass x 2^depth of the last node.
  // kRiver: as River's HalfSpaceTrees: cuts at random, 15 % from the edges, features by width;
  // masses summed over the path, as 1 - sum / greatest sum.
  // kDensity: cut as kPaper; mean over the trees of log2(mass + 1/2) + depth of the last node. A
  // sum of masses is as ordinary as its most ordinary tree; here every tree counts alike, and a
  // place cut off early, far from everything, is stranger than a gap between neighbours.
  enum class Scoring { kPaper, kRiver, kDensity };
  struct Range {
    double low = 0, high = 1;
  };

  size_t dimensions = 0;
  int trees = 25;
  int depth = 15;
  int window = 250;
  double size_limit = 0.1;  // Of the window: a node with no more mass than that is not cut.
  uint64_t seed = 1;
  Scoring scoring = Scoring::kPaper;
  bool more =
      false;  // Only more than usual is strange: below a window's median counts as the median.
  std::vector<std::optional<Range>> known;  // Empty, or one a feature; taken as given, not widened.
};

class HalfSpaceTrees final : public Model {
 public:
  static constexpr size_t kMaxDimensions = LeafMasks::kFeatures;

  // kInvalid when a parameter is out of its bounds.
  static Result<std::unique_ptr<HalfSpaceTrees>> Make(HalfSpaceTreesParams params);

  // 0 until the first window is full. kPaper: 1 - log(1 + mass) / log(1 + greatest mass); kDensity:
  // 0 at the greatest density, 1 where the first cut of every tree leaves nothing.
  double Score(std::span<const double> x) const noexcept override;
  void Learn(std::span<const double> x) noexcept override;
  // Per step of a path, how much thinner than half the chosen side was, given to the feature of the
  // cut.
  void Contributions(std::span<const double> x, std::span<double> out) const noexcept override;
  // Vectors learned, of four windows.
  double Maturity() const noexcept override;
  std::string Save() const override;
  // Once it is mature: the same from one full window to the next.
  std::string SaveOpinion() const override;
  Status Load(std::string_view snapshot) override;

  bool ready() const { return !reference_.empty(); }
  uint64_t learned() const { return learned_; }
  // Of this object, about.
  size_t MemoryBytes() const;

 private:
  // An inner node holds its cut and its children (at `child`, the upper side behind). A terminal
  // one is its own child and nothing is above its cut, so that a walk may go on and stays.
  struct Node {
    double cut = std::numeric_limits<double>::infinity();
    uint32_t child = 0;
    uint16_t mass = 0;
    uint16_t feature = 0;  // The top bit says which side is the heavier one.
  };
  struct Range {
    double low = 0, high = 0;
    bool usable = false;  // Has been seen.
    bool fixed = false;   // Will not change any more.
    double floor = 0;     // What is below counts as this: `low`, or the median.
  };
  struct Growth;  // The scratch of growing one tree.
  using Vector = std::array<double, kMaxDimensions>;

  explicit HalfSpaceTrees(HalfSpaceTreesParams params);
  uint64_t Mature() const { return uint64_t{4} * static_cast<uint64_t>(params_.window); }
  void RollOver();
  void AdoptRanges();
  void SetFloors();
  void GrowAll();
  uint32_t AddLeaves(size_t count);
  void Grow(Growth* growth, uint32_t at, uint64_t place, int depth, size_t begin, size_t end,
            double above);
  void ChooseCut(const Growth& growth, uint64_t place, size_t* feature, double* cut) const;
  size_t Divide(Growth* growth, size_t feature, double cut, size_t begin, size_t end) const;
  bool IsTerminal(size_t mass, int depth) const;
  void MakeMasks();
  void Describe(uint32_t at, size_t tree, std::vector<double>* leaves,
                std::vector<LeafMasks::Cut>* cuts) const;
  std::string Snapshot(uint64_t learned, std::span<const double> current) const;
  // Clips `x` into the ranges; true when a member is not known.
  bool Prepare(std::span<const double> x, Vector* clipped) const noexcept;
  // The sum of the parts of the leaves of all trees.
  double Sum(const Vector& x, bool missing) const noexcept;
  template <bool kMissing>
  double Walk(const Vector& x) const noexcept;

  HalfSpaceTreesParams params_;
  double limit_;     // Mass.
  double greatest_;  // Greatest possible sum of a score.
  double log_greatest_;
  std::vector<Range> ranges_;
  std::vector<double> reference_,
      current_;  // Vectors one after the other; `reference_` full or empty.
  uint64_t learned_ = 0;
  size_t roots_;                  // Trees, and empty ones up to a whole number of lanes.
  std::vector<Node> nodes_;       // The roots first.
  std::vector<double> parts_;     // Of the score, by terminal node.
  std::vector<LeafMasks> masks_;  // The same trees; empty when one has too many leaves.
  std::vector<double> columns_;   // Scratch of growing: the reference by feature, clipped.
};

}  // namespace bongsu
