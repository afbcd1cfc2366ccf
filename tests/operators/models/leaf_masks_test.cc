#include "operators/models/leaf_masks.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <iterator>
#include <limits>

#include "engine/base/random.h"

namespace bongsu {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Trees of random shape; few values for the cuts, so that some are the same.
struct Forest {
  struct Node {
    size_t feature = 0, below = 0, above = 0, leaf = 0;  // A leaf has no children.
    double cut = 0;
    bool unknown_is_below = true;
  };
  std::vector<std::vector<Node>> trees;
  LeafMasks::Parts parts;
  std::vector<LeafMasks::Cut> cuts;

  Forest(size_t count, size_t features, size_t most_leaves, SplitMix64* random) {
    trees.resize(count);
    parts.resize(count);
    for (size_t tree = 0; tree < count; ++tree)
      Grow(tree, features, 1 + random->Below(most_leaves), random);
  }

  size_t Grow(size_t tree, size_t features, size_t leaves, SplitMix64* random) {
    const size_t at = trees[tree].size(), begin = parts[tree].size();
    trees[tree].push_back({.leaf = begin});
    if (leaves == 1) {
      parts[tree].push_back(random->Unit());
      return at;
    }
    const size_t lower = 1 + random->Below(leaves - 1);
    Node node;
    node.feature = random->Below(features);
    node.cut = static_cast<double>(random->Below(65)) / 8;
    node.unknown_is_below = random->Below(2) == 0;
    node.below = Grow(tree, features, lower, random);
    const size_t middle = parts[tree].size();
    node.above = Grow(tree, features, leaves - lower, random);
    trees[tree][at] = node;
    cuts.push_back(
        {tree, node.feature, node.cut, node.unknown_is_below, begin, middle, parts[tree].size()});
    return at;
  }

  double Walk(double sum, const std::vector<double>& x) const {
    for (size_t tree = 0; tree < trees.size(); ++tree) {
      const Node* node = &trees[tree][0];
      while (node->below != 0) {
        const double v = x[node->feature];
        const bool below = std::isnan(v) ? node->unknown_is_below : v < node->cut;
        node = &trees[tree][below ? node->below : node->above];
      }
      sum += parts[tree][node->leaf];
    }
    return sum;
  }
};

TEST_CASE("every vector unit finds the leaves that a walk finds, on a cut and unknown included") {
  SplitMix64 random(1);
  for (int round = 0; round < 300; ++round) {
    // With few features, some have more cuts than a block holds, and more blocks than two.
    const size_t features = 1 + random.Below(round % 2 == 0 ? 3 : LeafMasks::kFeatures);
    const Forest forest(1 + random.Below(LeafMasks::kTrees), features,
                        round % 3 == 0 ? LeafMasks::kLeaves : 5, &random);
    const LeafMasks masks(forest.parts, forest.cuts);
    for (int asked = 0; asked < 50; ++asked) {
      std::vector<double> x(features);
      for (double& v : x) {
        constexpr double kOdd[] = {kNaN, kNaN, kInfinity, -kInfinity};
        v = random.Below(8) == 0 ? kOdd[random.Below(std::size(kOdd))]
                                 : static_cast<double>(random.Below(161)) / 16 - 1;
      }
      const double walked = forest.Walk(0.5, x);
      REQUIRE(masks.AddTo(0.5, x) == walked);  // To the last bit.
      for (const LeafMasks::Kernel kernel : LeafMasks::Kernels())
        REQUIRE(masks.AddTo(0.5, x, kernel) == walked);
    }
  }
}

}  // namespace
}  // namespace bongsu
