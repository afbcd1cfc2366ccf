#include "engine/eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "engine/base/status.h"

namespace bongsu {
namespace {

// Rows with the same score.
struct Block {
  double rows = 0, anomalies = 0;
};

// From the strangest down.
std::vector<Block> Blocks(std::span<const double> scores, std::span<const int> labels) {
  BONGSU_CHECK(scores.size() == labels.size());
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<Block> blocks;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || scores[order[i]] != scores[order[i - 1]]) blocks.emplace_back();
    ++blocks.back().rows;
    blocks.back().anomalies += labels[order[i]] != 0;
  }
  return blocks;
}

Block Total(const std::vector<Block>& blocks) {
  Block total;
  for (const Block& block : blocks) {
    total.rows += block.rows;
    total.anomalies += block.anomalies;
  }
  return total;
}

bool BothClasses(const Block& total) {
  return total.anomalies > 0 && total.anomalies < total.rows;
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double RocAuc(std::span<const double> scores, std::span<const int> labels) {
  const std::vector<Block> blocks = Blocks(scores, labels);
  const Block total = Total(blocks);
  if (!BothClasses(total)) return kNone;
  double above = 0, wins = 0;  // Anomalies in stranger blocks; pairs won by the anomaly.
  for (const Block& block : blocks) {
    wins += (block.rows - block.anomalies) * (above + block.anomalies / 2);
    above += block.anomalies;
  }
  return wins / (total.anomalies * (total.rows - total.anomalies));
}

double AveragePrecision(std::span<const double> scores, std::span<const int> labels) {
  const std::vector<Block> blocks = Blocks(scores, labels);
  const Block total = Total(blocks);
  if (!BothClasses(total)) return kNone;
  Block seen;
  double sum = 0;
  for (const Block& block : blocks) {
    seen.rows += block.rows;
    seen.anomalies += block.anomalies;
    sum += block.anomalies * seen.anomalies / seen.rows;
  }
  return sum / total.anomalies;
}

double RecallAtBudget(std::span<const double> scores, std::span<const int> labels, size_t budget) {
  const std::vector<Block> blocks = Blocks(scores, labels);
  const Block total = Total(blocks);
  if (!BothClasses(total)) return kNone;
  double left = static_cast<double>(budget), found = 0;
  for (const Block& block : blocks) {
    const double looked_at = std::min(left, block.rows);
    found += block.anomalies * looked_at / block.rows;
    left -= looked_at;
  }
  return found / total.anomalies;
}

MeanSd MeanAndSd(std::span<const double> values) {
  BONGSU_CHECK(!values.empty());
  const auto count = static_cast<double>(values.size());
  MeanSd result;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value - values[0];  // Equal values have no spread.
  result.mean = values[0] + sum / count;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.sd = values.size() < 2 ? 0 : std::sqrt(squares / (count - 1));
  return result;
}

}  // namespace bongsu
