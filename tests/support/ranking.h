// How well scores rank anomalies above the rest: ROC-AUC, ties counted half. Any thread.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

namespace bongsu {

inline double RocAuc(std::span<const double> scores, std::span<const int> labels) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double anomalies = 0, ranks = 0;
  for (size_t i = 0; i < order.size();) {
    size_t end = i;
    double tied = 0;
    for (; end < order.size() && scores[order[end]] == scores[order[i]]; ++end)
      tied += labels[order[end]];
    ranks += tied * static_cast<double>(i + 1 + end) / 2;
    anomalies += tied;
    i = end;
  }
  const double others = static_cast<double>(scores.size()) - anomalies;
  return (ranks - anomalies * (anomalies + 1) / 2) / (anomalies * others);
}

}  // namespace bongsu
