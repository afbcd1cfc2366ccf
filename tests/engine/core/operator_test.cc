#include "engine/core/operator.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "engine/base/random.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// `rows`, how it compares with the person's own (`rows_vs_self`), and a new country.
struct Bench {
  std::vector<FeatureInfo> features;
  Event event;
  std::vector<Reason> reasons = std::vector<Reason>(3);

  Bench() {
    features = {
        {"rows", "rows", "d"}, {"rows_vs_self", "deviations", "d"}, {"new_country", "new", "d"}};
    features[1].of = 0;
    features[2].field = kCountry;
    event.features = {1735360, 9.5, 1};
    event.normals.resize(3);
    event.normals[1] = {12000, 60000};
    event.fields.resize(kCanonicalFields);
    event.fields[kCountry].text = "RO";
  }
  std::vector<Contribution> Add(double points) {
    std::vector<Contribution> out;
    AddContributions("extremes", points, reasons, features, event, &out);
    return out;
  }
};

TEST_CASE("a comparison is told by what was compared, with the person's normal in its unit") {
  Bench bench;
  bench.reasons[1] = {1, 1e-4};
  const auto parts = bench.Add(80);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].detector == "extremes");
  CHECK(parts[0].feature == "rows_vs_self");
  CHECK(parts[0].points == 80);
  CHECK(parts[0].observed == 1735360);
  CHECK(parts[0].unit == "rows");
  CHECK(parts[0].normal.usual == 12000);
  CHECK(parts[0].normal.high == 60000);
  CHECK(parts[0].tail == 1e-4);
  CHECK(parts[0].value.empty());
}

TEST_CASE("what was new is named; what is known is not") {
  Bench bench;
  bench.reasons[2].share = 1;
  CHECK(bench.Add(30)[0].value == "RO");
  CHECK(bench.Add(30)[0].unit == "new");
  CHECK(std::isnan(bench.Add(30)[0].normal.usual));
  bench.event.features[2] = 0;
  CHECK(bench.Add(30)[0].value.empty());
  bench.event.fields.resize(kUserId);  // A shorter event than the feature was built for.
  bench.event.features[2] = 1;
  CHECK(bench.Add(30)[0].value.empty());
}

TEST_CASE(
    "without reasons the points stand under the detector alone; without points nothing does") {
  Bench bench;
  const auto parts = bench.Add(55);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].feature.empty());
  CHECK(parts[0].points == 55);
  CHECK(std::isnan(parts[0].observed));
  CHECK(bench.Add(0).empty());
  bench.reasons[0].share = 1;
  CHECK(bench.Add(0).empty());
}

TEST_CASE("a feature without a share has no part") {
  Bench bench;
  bench.reasons[0].share = 0.25;
  bench.reasons[1].share = 0.75;
  const auto parts = bench.Add(40);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].points == 10);
  CHECK(parts[1].points == 30);
}

TEST_CASE("points add up to the risk, over random findings of several detectors") {
  SplitMix64 random(31);
  for (int round = 0; round < 2000; ++round) {
    const size_t count = 1 + random.Below(60);
    std::vector<FeatureInfo> features;
    Event event;
    for (size_t i = 0; i < count; ++i) features.push_back({StrCat("f", i), "events", "d"});
    event.features.assign(count, kNaN);
    event.normals.resize(count);
    const double risk = 100 * random.Unit();
    std::vector<double> findings(1 + random.Below(4));
    for (double& finding : findings) finding = random.Below(5) == 0 ? 0 : random.Unit();
    const double total = std::accumulate(findings.begin(), findings.end(), 0.0);
    if (total == 0) continue;
    std::vector<Contribution> parts;
    for (const double finding : findings) {
      std::vector<Reason> reasons(count);
      double sum = 0;
      for (Reason& reason : reasons) {
        reason.share = random.Below(3) == 0 ? 0 : random.Unit();
        sum += reason.share;
      }
      for (Reason& reason : reasons) reason.share = sum > 0 ? reason.share / sum : 0;
      AddContributions("d", risk * finding / total, reasons, features, event, &parts);
    }
    double points = 0;
    for (const Contribution& part : parts) {
      REQUIRE(part.points > 0);
      points += part.points;
    }
    REQUIRE(points == Approx(risk).margin(1e-6));
  }
}

}  // namespace
}  // namespace bongsu
