#include "operators/models/half_space_trees.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/random.h"

namespace bongsu {
namespace {

using Scoring = HalfSpaceTreesParams::Scoring;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

HalfSpaceTreesParams Params(size_t dimensions, Scoring scoring = Scoring::kPaper,
                            uint64_t seed = 7) {
  HalfSpaceTreesParams params;
  params.dimensions = dimensions;
  params.scoring = scoring;
  params.seed = seed;
  return params;
}

std::unique_ptr<HalfSpaceTrees> Forest(HalfSpaceTreesParams params) {
  auto forest = HalfSpaceTrees::Make(std::move(params));
  if (!forest.ok()) FAIL(forest.status().message());
  return *std::move(forest);
}

// A crowd around 10 with a spread of about 1.
std::vector<double> Ordinary(size_t dimensions, SplitMix64* random) {
  std::vector<double> x(dimensions);
  for (double& v : x) v = 9 + random->Unit() + random->Unit();
  return x;
}

void Teach(Model* model, size_t dimensions, int count, uint64_t seed = 1) {
  SplitMix64 random(seed);
  for (int i = 0; i < count; ++i) model->Learn(Ordinary(dimensions, &random));
}

TEST_CASE("a vector far from the crowd scores above every vector of the crowd") {
  const auto scoring = GENERATE(Scoring::kPaper, Scoring::kRiver, Scoring::kDensity);
  const auto forest = Forest(Params(3, scoring));
  Teach(forest.get(), 3, 500);
  const double strange = forest->Score(std::vector{10.0, 10.0, 40.0});
  CHECK(strange <= 1);
  SplitMix64 random(99);
  for (int i = 0; i < 200; ++i) CHECK(forest->Score(Ordinary(3, &random)) < strange);
}

TEST_CASE("by density, further off and off in more ways is stranger still") {
  auto params = Params(3, Scoring::kDensity);
  params.known.assign(3, HalfSpaceTreesParams::Range{0, 1000});
  const auto forest = Forest(std::move(params));
  Teach(forest.get(), 3, 500);
  const auto score = [&](double a, double b, double c) {
    return forest->Score(std::vector{a, b, c});
  };
  CHECK(score(10, 10, 10) < 0.2);
  CHECK(score(10, 10, 10) < score(10, 10, 100));
  CHECK(score(10, 10, 100) < score(10, 10, 900));
  CHECK(score(10, 10, 900) < score(900, 900, 900));
  CHECK(score(900, 900, 900) < 1);
}

TEST_CASE("less than usual is strange, unless only more is asked for") {
  const bool more = GENERATE(false, true);
  auto params = Params(2, Scoring::kDensity);
  params.known.assign(2, HalfSpaceTreesParams::Range{0, 20});
  params.more = more;
  const auto forest = Forest(std::move(params));
  Teach(forest.get(), 2, 500);
  const double usual = forest->Score(std::vector{10.0, 10.0}),
               less = forest->Score(std::vector{1.0, 1.0});
  CHECK(forest->Score(std::vector{19.0, 19.0}) > usual + 0.2);
  CHECK((less > usual + 0.2) == !more);
  if (!more) return;
  std::vector<double> shares(2);
  forest->Contributions(std::vector{1.0, 19.0}, shares);
  CHECK(shares[0] < 0.1);
}

TEST_CASE(
    "where only more is strange, a snapshot goes on the same, and one that also minded less is "
    "refused") {
  auto params = Params(2, Scoring::kDensity);
  const auto both = Forest(params);
  params.more = true;
  const auto forest = Forest(params), loaded = Forest(params);
  Teach(forest.get(), 2, 700);
  REQUIRE(loaded->Load(forest->Save()).ok());
  CHECK(loaded->Score(std::vector{3.0, 14.0}) == forest->Score(std::vector{3.0, 14.0}));
  CHECK(both->Load(forest->Save()).code() == Code::kInvalid);
}

TEST_CASE("before the first window is full nothing is strange") {
  const auto forest = Forest(Params(2));
  Teach(forest.get(), 2, 249);
  CHECK(forest->Score(std::vector{-1e6, 1e6}) == 0);
  CHECK(forest->Maturity() == Approx(249.0 / 1000));
  Teach(forest.get(), 2, 1);
  CHECK(forest->Score(std::vector{-1e6, 1e6}) > 0.5);
  Teach(forest.get(), 2, 5000);
  CHECK(forest->Maturity() == 1);
}

TEST_CASE("the mass score of one tree is the mass of its last node times two to its depth") {
  // One cut; the seed decides where it lies, so the masses are read back from the scores.
  HalfSpaceTreesParams params = Params(1);
  params.trees = 1;
  params.depth = 1;
  params.window = 100;
  params.known = {HalfSpaceTreesParams::Range{0, 100}};
  const auto forest = Forest(params);
  for (int i = 0; i < 100; ++i) forest->Learn(std::vector{static_cast<double>(i)});
  const double greatest = std::log2(1 + 100.0 * 2);
  const double low_mass = (std::exp2((1 - forest->Score(std::vector{0.0})) * greatest) - 1) / 2;
  const double high_mass = (std::exp2((1 - forest->Score(std::vector{99.0})) * greatest) - 1) / 2;
  CHECK(low_mass + high_mass == Approx(100));
  CHECK(low_mass == Approx(std::round(low_mass)).margin(1e-9));
  CHECK(low_mass > 0);
  CHECK(high_mass > 0);
  const auto side = [&](int i) {
    return forest->Score(std::vector{static_cast<double>(i)}) == forest->Score(std::vector{0.0});
  };
  int low_count = 0;
  for (int i = 0; i < 100; ++i) low_count += side(i);
  CHECK(low_count == Approx(low_mass));
}

TEST_CASE(
    "only the last full window counts: what was strange becomes ordinary, and the other way") {
  const auto forest = Forest(Params(1));
  Teach(forest.get(), 1, 250);
  const double before = forest->Score(std::vector{10.4});
  for (int i = 0; i < 249; ++i) forest->Learn(std::vector{9.1});
  CHECK(forest->Score(std::vector{10.4}) == before);
  forest->Learn(std::vector{9.1});
  CHECK(forest->Score(std::vector{10.4}) > forest->Score(std::vector{9.1}));
  CHECK(forest->Score(std::vector{10.4}) > before);
}

TEST_CASE("scoring does not learn") {
  const auto forest = Forest(Params(2));
  Teach(forest.get(), 2, 300);
  const std::string before = forest->Save();
  std::vector<double> out(2);
  for (int i = 0; i < 1000; ++i) {
    (void)forest->Score(std::vector{1.0 * i, 2.0});
    forest->Contributions(std::vector{1.0 * i, 2.0}, out);
  }
  CHECK(forest->Save() == before);
}

TEST_CASE("the same seed gives the same scores, another seed others") {
  const auto a = Forest(Params(3)), b = Forest(Params(3)),
             c = Forest(Params(3, Scoring::kPaper, 8));
  for (Model* model : {a.get(), b.get(), c.get()}) Teach(model, 3, 600);
  SplitMix64 random(3);
  int different = 0;
  for (int i = 0; i < 100; ++i) {
    const auto x = Ordinary(3, &random);
    CHECK(a->Score(x) == b->Score(x));
    different += a->Score(x) != c->Score(x);
  }
  CHECK(different > 50);
}

TEST_CASE("a value that is not known makes nothing stranger than the strangest known one") {
  const auto forest = Forest(Params(2));
  Teach(forest.get(), 2, 500);
  const double ordinary = forest->Score(std::vector{10.0, 10.0});
  const double half_known = forest->Score(std::vector{10.0, kNaN});
  CHECK(half_known <= ordinary + 0.05);
  CHECK(half_known < forest->Score(std::vector{10.0, 30.0}));
  CHECK(forest->Score(std::vector{kNaN, kNaN}) <= half_known + 0.05);
  CHECK(forest->Score(std::vector{10.0, std::numeric_limits<double>::infinity()}) == half_known);
  // What is known is still judged.
  CHECK(forest->Score(std::vector{-20.0, kNaN}) > half_known);
}

TEST_CASE("a vector half of unknowns is learned, and changes nothing about the unknown feature") {
  const auto forest = Forest(Params(2));
  SplitMix64 random(5);
  for (int i = 0; i < 250; ++i) forest->Learn(std::vector{Ordinary(1, &random)[0], kNaN});
  CHECK(forest->ready());
  // A feature without any value yet is not cut: its first values are not strange.
  CHECK(forest->Score(std::vector{10.0, 5.0}) == forest->Score(std::vector{10.0, -5e9}));
  Teach(forest.get(), 2, 250);
  CHECK(forest->Score(std::vector{10.0, 10.0}) < forest->Score(std::vector{10.0, -5e9}));
}

TEST_CASE("a feature that never changed makes its first change strange") {
  const auto forest = Forest(Params(2));
  SplitMix64 random(5);
  for (int i = 0; i < 500; ++i) forest->Learn(std::vector{Ordinary(1, &random)[0], 0.0});
  CHECK(forest->Score(std::vector{10.0, 1.0}) > forest->Score(std::vector{10.0, 0.0}));
}

TEST_CASE("contributions name the feature that is off, and add up to one") {
  const auto scoring = GENERATE(Scoring::kPaper, Scoring::kRiver, Scoring::kDensity);
  const auto forest = Forest(Params(4, scoring));
  Teach(forest.get(), 4, 500);
  std::vector<double> shares(4);
  forest->Contributions(std::vector{10.0, 10.0, 60.0, 10.0}, shares);
  CHECK(std::accumulate(shares.begin(), shares.end(), 0.0) == Approx(1));
  CHECK(*std::min_element(shares.begin(), shares.end()) >= 0);
  CHECK(std::max_element(shares.begin(), shares.end()) - shares.begin() == 2);
  CHECK(shares[2] > 0.5);
  forest->Contributions(std::vector{kNaN, kNaN, kNaN, kNaN}, shares);
  CHECK(std::accumulate(shares.begin(), shares.end(), 0.0) == 0);
}

TEST_CASE("far out of the range and further out are the same place") {
  const auto forest = Forest(Params(1));
  Teach(forest.get(), 1, 500);
  CHECK(forest->Score(std::vector{1e3}) == forest->Score(std::vector{1e300}));
}

TEST_CASE("a snapshot of another shape or seed is refused, and damaged bytes are found") {
  const auto forest = Forest(Params(2));
  Teach(forest.get(), 2, 700);
  const std::string saved = forest->Save();
  CHECK(Forest(Params(3))->Load(saved).code() == Code::kInvalid);
  CHECK(Forest(Params(2, Scoring::kRiver))->Load(saved).code() == Code::kInvalid);
  CHECK(Forest(Params(2, Scoring::kPaper, 8))->Load(saved).code() == Code::kInvalid);
  const auto fresh = Forest(Params(2));
  CHECK(fresh->Load("").code() == Code::kCorrupt);
  CHECK(fresh->Load(saved + "x").code() == Code::kCorrupt);
  for (size_t cut = 40; cut < saved.size(); cut += 97)
    CHECK_FALSE(fresh->Load(saved.substr(0, cut)).ok());
  CHECK(fresh->Load(saved).ok());
  CHECK(fresh->Save() == saved);
}

TEST_CASE("once mature, the opinion changes with the window and not with each vector") {
  const auto forest = Forest(Params(3));
  Teach(forest.get(), 3, 1000);
  const std::string opinion = forest->SaveOpinion();
  Teach(forest.get(), 3, 249, 2);
  CHECK(forest->SaveOpinion() == opinion);
  CHECK(forest->Save() != opinion);
  Teach(forest.get(), 3, 1, 3);
  CHECK(forest->SaveOpinion() != opinion);
}

TEST_CASE("twelve features and two windows of 250 take 48 KB in a snapshot, and little memory") {
  const auto forest = Forest(Params(12));
  Teach(forest.get(), 12, 499);
  CHECK(forest->Save().size() < 499 * 12 * 8 + 600);
  CHECK(forest->MemoryBytes() < 512 * 1024);
}

TEST_CASE("parameters out of bounds are refused with the bounds") {
  HalfSpaceTreesParams params = Params(0);
  CHECK(HalfSpaceTrees::Make(params).status().code() == Code::kInvalid);
  CHECK(HalfSpaceTrees::Make(Params(65)).status().message().find("1 to 64") != std::string::npos);
  params = Params(1);
  params.known = {HalfSpaceTreesParams::Range{2, 2}};
  CHECK_FALSE(HalfSpaceTrees::Make(params).ok());
  params = Params(2);
  params.window = 1;
  CHECK_FALSE(HalfSpaceTrees::Make(params).ok());
}

}  // namespace
}  // namespace bongsu
