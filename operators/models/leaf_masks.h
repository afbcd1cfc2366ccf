// In which leaf of each tree a vector ends, without a walk: a value lies between two of its
// feature's cuts, and the row of that place says, tree by tree, which leaves it leaves possible.
// The rows of all features leave one leaf in each tree. C. Lucchese et al., "QuickScorer: A Fast
// Algorithm to Rank Documents with Additive Ensembles of Regression Trees", SIGIR 2015; with one
// row a place instead of one mask a cut, as the trees are few and small. The widest vector unit of
// the machine does it; all give the same. Built by one thread, read by any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bongsu {

class LeafMasks {
 public:
  static constexpr size_t kTrees = 32, kLeaves = 64, kFeatures = 64;

  // An inner node. Leaves [begin, middle) of the tree lie below the cut, [middle, end) not.
  struct Cut {
    size_t tree = 0, feature = 0;
    double at = 0;
    bool unknown_is_below = true;  // Where a value goes that is not known.
    size_t begin = 0, middle = 0, end = 0;
  };
  // By tree, what each leaf adds to a sum, from the lowest on.
  using Parts = std::vector<std::vector<double>>;

  // At most kTrees trees of 1 to kLeaves leaves.
  LeafMasks(const Parts& parts, std::span<const Cut> cuts);
  // `sum` and then, tree after tree, the part of the leaf in which `x` ends. A NaN is not known.
  double AddTo(double sum, std::span<const double> x) const noexcept;
  size_t MemoryBytes() const;

  struct alignas(64) Row {
    std::array<uint64_t, kTrees> leaves;
  };
  // Ascending; NaN, which is not above and not below anything, where a column's last one is not
  // full.
  struct alignas(64) Block {
    static constexpr size_t kCuts = 32;
    std::array<double, kCuts> cuts;
  };
  struct Column {  // Of a feature that is cut; its rows are those of the places between the cuts
    size_t feature, first_block, blocks, first_row, unknown_row;  // and that of what is not known.
  };
  struct Table {
    std::vector<Column> columns;
    std::vector<Block> blocks;  // By column.
    std::vector<Row> rows;
  };
  // The intersection of the rows of `x`, for a vector unit.
  using Kernel = void (*)(const Table& table, const double* x, Row* out);
  // What this machine can run, the widest last.
  static std::vector<Kernel> Kernels();
  double AddTo(double sum, std::span<const double> x, Kernel kernel) const noexcept;

 private:
  void AddColumn(size_t feature, std::span<const Cut> cuts);

  size_t trees_;
  Table table_;
  std::vector<double> parts_;  // kLeaves a tree.
};

}  // namespace bongsu
