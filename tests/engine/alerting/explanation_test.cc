#include "engine/alerting/explanation.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "engine/base/random.h"

using namespace bongsu;

namespace {
double Sum(const std::vector<double>& points) {
  return std::accumulate(points.begin(), points.end(), 0.0);
}
}  // namespace

TEST_CASE("points that add up to the risk are written so that they add up to the whole risk") {
  SplitMix64 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<double> points(1 + random.Below(200));
    for (double& p : points) p = random.Unit();
    const double risk = random.Unit() * 100, sum = Sum(points);
    for (double& p : points) p *= risk / sum;
    const std::vector<double> before = points;
    CHECK(RoundPoints(risk, WholeRisk(risk), &points) == 0);
    CHECK(Sum(points) == WholeRisk(risk));
    std::reverse(points.begin(), points.end());
    CHECK(Sum(points) == WholeRisk(risk));
    std::reverse(points.begin(), points.end());
    // Cutting to whole points takes less than one, rounding at most two units.
    for (size_t i = 0; i < points.size(); ++i) CHECK(std::abs(points[i] - before[i]) < 1.04);
  }
}

TEST_CASE("points that do not add up leave a rest that belongs to nobody") {
  std::vector<double> points = {10, 20};
  CHECK(RoundPoints(87.5, 87, &points) == 57);
  CHECK(points == std::vector<double>{10, 20});
  std::vector<double> none;
  CHECK(RoundPoints(87.5, 87, &none) == 87);
}

TEST_CASE("points may be negative, and what is no number counts nothing") {
  std::vector<double> points = {70.3, -10.1, std::nan("")};
  CHECK(RoundPoints(60.2, 60, &points) == 0);
  CHECK(Sum(points) == 60);
  CHECK(points[1] < 0);
  CHECK(points[2] == 0);
}

TEST_CASE("a whole risk stays in the band of the risk") {
  for (const double risk : {0.0, 39.9999, 40.0, 59.99, 79.6, 80.0, 94.999, 95.0, 100.0}) {
    CHECK(SeverityOf(WholeRisk(risk)) == SeverityOf(risk));
  }
  CHECK(WholeRisk(std::nan("")) == 0);
  CHECK(WholeRisk(1e300) == 100);
}

TEST_CASE("the sentence names the risk, the person and the three largest reasons") {
  Alert alert;
  alert.user = "kim";
  alert.risk = 87.4;
  CHECK(SentenceInEnglish(alert, {}) == "Risk 87 of 100 (high) for \"kim\".");
  std::vector<Contribution> reasons = {{"hst", "failed_logins", 40.5, 12, "events"},
                                       {"hst", "off_hours", 30, 0.123456789, ""},
                                       {"rules", "new_country", 10, std::nan(""), ""}};
  CHECK(SentenceInEnglish(alert, reasons) ==
        "Risk 87 of 100 (high) for \"kim\": failed_logins 12 events (+40.5 points), off_hours "
        "0.123457 (+30 points), new_country (+10 points).");
  reasons.push_back({"hst", "rows", -1, 5, "rows"});
  CHECK(SentenceInEnglish(alert, reasons).ends_with("(+10 points) and 1 more reason."));
  CHECK(SentenceInKorean(alert, reasons) ==
        "\"kim\" 사용자의 위험 점수는 100점 만점에 87점(높음)이며, 주된 이유는 failed_logins 12 "
        "events(+40.5점), "
        "off_hours 0.123457(+30점), new_country(+10점) 외 1건입니다.");
}
