#include "engine/eval/metrics.h"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

namespace bongsu {
namespace {

using Scores = std::vector<double>;
using Labels = std::vector<int>;

// The definitions, pair by pair and threshold by threshold.
double SlowAuc(const Scores& scores, const Labels& labels) {
  double won = 0, pairs = 0;
  for (size_t a = 0; a < scores.size(); ++a) {
    for (size_t b = 0; b < scores.size(); ++b) {
      if (labels[a] == 0 || labels[b] != 0) continue;
      won += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
      ++pairs;
    }
  }
  return won / pairs;
}

double SlowAveragePrecision(const Scores& scores, const Labels& labels) {
  Scores thresholds = scores;
  std::sort(thresholds.begin(), thresholds.end(), std::greater<>());
  const auto all = std::count(labels.begin(), labels.end(), 1);
  double sum = 0, recall_before = 0;
  for (const double threshold : thresholds) {
    double flagged = 0, right = 0;
    for (size_t i = 0; i < scores.size(); ++i) {
      flagged += scores[i] >= threshold;
      right += scores[i] >= threshold && labels[i] == 1;
    }
    const double recall = right / static_cast<double>(all);
    sum += (recall - recall_before) * right / flagged;
    recall_before = recall;
  }
  return sum;
}

// Every order of the rows that the scores allow, each as likely: all permutations of a few rows.
double SlowRecall(const Scores& scores, const Labels& labels, size_t budget) {
  std::vector<size_t> order(scores.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  double sum = 0, orders = 0;
  do {
    if (!std::is_sorted(order.begin(), order.end(),
                        [&](size_t a, size_t b) { return scores[a] > scores[b]; })) {
      continue;
    }
    double found = 0;
    for (size_t i = 0; i < std::min(budget, order.size()); ++i) found += labels[order[i]];
    sum += found / static_cast<double>(std::count(labels.begin(), labels.end(), 1));
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  return sum / orders;
}

bool Near(double a, double b) {
  return std::abs(a - b) < 1e-9;
}

// Few different scores, so that many are tied, and both classes.
struct Sample {
  Scores scores;
  Labels labels;
};
Sample AnySample(int most) {
  const int size = *rc::gen::inRange(2, most + 1);
  Sample sample;
  for (int i = 0; i < size; ++i) {
    sample.scores.push_back(*rc::gen::inRange(-3, 4) * 0.25);
    sample.labels.push_back(*rc::gen::inRange(0, 2));
  }
  sample.labels[0] = 0;
  sample.labels[1] = 1;
  return sample;
}

TEST_CASE("the area under the ROC curve is the share of pairs in the right order") {
  CHECK(rc::check([] {
    const Sample s = AnySample(60);
    RC_ASSERT(Near(RocAuc(s.scores, s.labels), SlowAuc(s.scores, s.labels)));
  }));
}

TEST_CASE("average precision is the sum over thresholds") {
  CHECK(rc::check([] {
    const Sample s = AnySample(60);
    RC_ASSERT(Near(AveragePrecision(s.scores, s.labels), SlowAveragePrecision(s.scores, s.labels)));
  }));
}

TEST_CASE("recall at a budget is the mean over the orders of what is tied") {
  CHECK(rc::check([] {
    const Sample s = AnySample(6);
    const auto budget = static_cast<size_t>(*rc::gen::inRange(0, 8));
    RC_ASSERT(
        Near(RecallAtBudget(s.scores, s.labels, budget), SlowRecall(s.scores, s.labels, budget)));
  }));
}

TEST_CASE("only the order of scores counts, and turning it round turns the area round") {
  CHECK(rc::check([] {
    Sample s = AnySample(60);
    Scores stretched, turned;
    for (const double score : s.scores) {
      stretched.push_back(score * 1000 + 7);
      turned.push_back(-score);
    }
    const double auc = RocAuc(s.scores, s.labels);
    RC_ASSERT(Near(auc, RocAuc(stretched, s.labels)));
    RC_ASSERT(Near(auc, 1 - RocAuc(turned, s.labels)));
    RC_ASSERT(Near(AveragePrecision(s.scores, s.labels), AveragePrecision(stretched, s.labels)));
  }));
}

TEST_CASE("figures known from elsewhere") {
  const Scores scores = {0.1, 0.4, 0.35, 0.8};  // The example of scikit-learn's reference.
  const Labels labels = {0, 0, 1, 1};
  CHECK(RocAuc(scores, labels) == Approx(0.75));
  CHECK(AveragePrecision(scores, labels) == Approx(0.8333333333));
  CHECK(RecallAtBudget(scores, labels, 1) == 0.5);
  CHECK(RecallAtBudget(scores, labels, 3) == 1);
  const Scores same = {1, 1, 1, 1};
  CHECK(RocAuc(same, labels) == 0.5);
  CHECK(AveragePrecision(same, labels) == 0.5);
  CHECK(RecallAtBudget(same, labels, 1) == 0.25);
}

TEST_CASE("one class alone has no figure") {
  const Scores scores = {1, 2, 3};
  for (const Labels& labels : {Labels{0, 0, 0}, Labels{1, 1, 1}}) {
    CHECK(std::isnan(RocAuc(scores, labels)));
    CHECK(std::isnan(AveragePrecision(scores, labels)));
    CHECK(std::isnan(RecallAtBudget(scores, labels, 2)));
  }
  CHECK(std::isnan(RocAuc({}, {})));
}

TEST_CASE("mean and spread") {
  const std::vector<double> values = {2, 4, 4, 4, 5, 5, 7, 9};
  CHECK(MeanAndSd(values).mean == 5);
  CHECK(MeanAndSd(values).sd == Approx(std::sqrt(32.0 / 7)));
  CHECK(MeanAndSd(std::vector<double>{3}).mean == 3);
  CHECK(MeanAndSd(std::vector<double>{3}).sd == 0);
  CHECK(MeanAndSd(std::vector<double>{0.1, 0.1, 0.1}).sd == 0);
}

}  // namespace
}  // namespace bongsu
