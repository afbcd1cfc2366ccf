// How well scores tell anomalies from the rest, and the mean of what several runs gave. Used by
// `bongsu eval` and by the tests of models. Pure; any thread.
//
// `scores`: higher is stranger, never NaN. `labels`: as many, not 0 is an anomaly. Rows with equal
// scores have no order among themselves, so every figure is the mean over all their orders, or, for
// the average precision, takes them in at once. Where one of the two classes is missing the answer
// is NaN.
#pragma once

#include <cstddef>
#include <span>

namespace bongsu {

// The probability that an anomaly scores above another row, ties counted half (Mann and Whitney,
// 1947): 0.5 is a coin, 1 is perfect.
double RocAuc(std::span<const double> scores, std::span<const int> labels);

// The area under precision over recall as a sum of steps, one a threshold; a coin gives the share
// of anomalies.
double AveragePrecision(std::span<const double> scores, std::span<const int> labels);

// The share of the anomalies that somebody finds who looks at the `budget` strangest rows; of the
// rows with the last score that is looked at, as many as the budget lets.
double RecallAtBudget(std::span<const double> scores, std::span<const int> labels, size_t budget);

struct MeanSd {
  double mean = 0, sd = 0;  // sd of the population the values are a sample of; 0 for one value.
};
MeanSd MeanAndSd(std::span<const double> values);  // At least one.

}  // namespace bongsu
