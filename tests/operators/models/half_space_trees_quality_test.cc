// Against published and measured figures on real streams (shared data): the River way of scoring
// reaches River's own AUC, the paper's way and the limits found online reach theirs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "engine/eval/metrics.h"
#include "operators/models/half_space_trees.h"
#include "tests/support/csv_gz.h"

namespace bongsu {
namespace {

using Scoring = HalfSpaceTreesParams::Scoring;
constexpr size_t kWarmUp = 250;  // Rows not counted.

std::optional<LabelledRows> Stream(const std::string& name) {
  auto rows = ReadLabelledStream(BONGSU_SOURCE_DIR, name);
  if (!rows && DataIsRequired()) FAIL("the shared data set " << name << " is not there");
  if (!rows) WARN("skipped: the shared data set " << name << " is not there");
  return rows;
}

double AucOf(const LabelledRows& rows, Scoring scoring, bool known, uint64_t seed) {
  HalfSpaceTreesParams params;
  params.dimensions = rows.features;
  params.scoring = scoring;
  params.seed = seed;
  for (size_t f = 0; known && f < rows.features; ++f) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (size_t i = 0; i < rows.size(); ++i) {
      low = std::min(low, rows.row(i)[f]);
      high = std::max(high, rows.row(i)[f]);
    }
    params.known.push_back(HalfSpaceTreesParams::Range{low, high});
  }
  auto forest = HalfSpaceTrees::Make(params);
  if (!forest.ok()) FAIL(forest.status().message());
  std::vector<double> scores;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double score = (*forest)->Score(rows.row(i));
    if (i >= kWarmUp) scores.push_back(score);
    (*forest)->Learn(rows.row(i));
  }
  return RocAuc(scores, std::span(rows.labels).subspan(kWarmUp));
}

MeanSd Over(const LabelledRows& rows, Scoring scoring, bool known, int seeds) {
  std::vector<double> aucs;
  for (int seed = 1; seed <= seeds; ++seed)
    aucs.push_back(AucOf(rows, scoring, known, static_cast<uint64_t>(seed)));
  return MeanAndSd(aucs);
}

TEST_CASE("with known ranges and River's scoring, annthyroid comes out as with River") {
  const auto rows = Stream("annthyroid");
  if (!rows) return;
  REQUIRE(rows->size() == 7200);
  REQUIRE(rows->features == 6);
  const MeanSd auc = Over(*rows, Scoring::kRiver, true, 10);
  INFO("AUC " << auc.mean << " +- " << auc.sd);
  // River 0.605, its compiled replica 0.619, seeds spread by 0.03: ten seeds leave 0.01.
  CHECK(auc.mean > 0.585);
  CHECK(auc.mean < 0.640);
  CHECK(auc.sd < 0.06);
}

TEST_CASE("ranges found in the first window beat known ones on annthyroid") {
  const auto rows = Stream("annthyroid");
  if (!rows) return;
  const MeanSd river = Over(*rows, Scoring::kRiver, false, 10);
  const MeanSd paper = Over(*rows, Scoring::kPaper, false, 10);
  INFO("AUC River's scoring " << river.mean << ", paper's " << paper.mean);
  CHECK(river.mean > 0.75);
  CHECK(paper.mean > 0.72);
}

TEST_CASE("scored by density it is no worse than the paper's way") {
  const auto name = GENERATE("annthyroid", "shuttle");
  const auto rows = Stream(name);
  if (!rows) return;
  const double density = Over(*rows, Scoring::kDensity, false, 2).mean;
  const double paper = Over(*rows, Scoring::kPaper, false, 2).mean;
  INFO(name << ": by density " << density << ", the paper's way " << paper);
  CHECK(density > paper - 0.02);
}

TEST_CASE("shuttle is as easy as published") {
  const auto rows = Stream("shuttle");
  if (!rows) return;
  // 0.988 to 0.991 in either way; the paper's ranges found online spread more.
  CHECK(Over(*rows, Scoring::kRiver, false, 2).mean > 0.980);
  CHECK(Over(*rows, Scoring::kPaper, true, 2).mean > 0.975);
}

}  // namespace
}  // namespace bongsu
