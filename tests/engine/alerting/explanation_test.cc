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
TEST_CASE("a faded count of a few is told to two digits, which is all that it is worth") {
  CHECK(QuantityText(0.0603, "events", false) == "0.06");
  CHECK(QuantityText(2.277, "events", false) == "2.3");
  CHECK(QuantityText(9.96, "events", false) == "9.96");
  CHECK(QuantityText(26.64, "events", false) == "26.6");
  CHECK(QuantityText(0.00456, "ratio", false) == "0.456 %");
  CHECK(QuantityText(0.00696, "bytes", false) == "0 B");
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

namespace {

const std::vector<FeatureInfo>& Features() {
  static const std::vector<FeatureInfo> features = {
      {"rows_vs_self", "deviations", "d", "rows exported in a day", "하루 동안 내보낸 행 수"},
      {"bytes_vs_self", "deviations", "d", "data exported", "내보낸 데이터양"},
      {"new_country", "new", "d", "new country", "처음 접속한 국가"},
      {"action_rarity", "bits", "d", "unusual action", "평소 하지 않던 작업"},
      {"failure_ratio", "ratio", "d", "share of failures"},
      {"idle", "seconds", "d", "time since the last log-in", "마지막 로그인 이후 시간"},
      {"failed_logins", "events", "d"}};
  return features;
}

std::string English(const Contribution& c) {
  return Explainer(Features()).ReasonInEnglish(c);
}
std::string Korean(const Contribution& c) {
  return Explainer(Features()).ReasonInKorean(c);
}

Contribution Seen(std::string feature, double observed, std::string unit, Normal normal = {}) {
  return {"extremes", std::move(feature), 10, observed, std::move(unit), normal};
}

}  // namespace

TEST_CASE("the sentence names the risk, the person and the three largest reasons") {
  const Explainer explainer(Features());
  Alert alert;
  alert.user = "kim";
  alert.risk = 97.4;
  CHECK(explainer.English(alert, {}) == "Risk 97 of 100 (critical) for \"kim\".");
  CHECK(explainer.Korean(alert, {}) ==
        "\"kim\" 사용자의 위험 점수는 100점 만점에 97점(심각)입니다.");
  std::vector<Contribution> reasons = {
      {"extremes", "rows_vs_self", 61, 1735360, "rows", {12000, 60000}, 1e-4, ""},
      {"extremes", "new_country", 22.25, 1, "new", {}, 1e-3, "RO"},
      {"rules", "", 10, std::nan(""), ""}};
  CHECK(explainer.English(alert, reasons) ==
        "Risk 97 of 100 (critical) for \"kim\": rows exported in a day 1,735,360, usually 12,000 "
        "and rarely above 60,000 (+61 points); new country RO (+22.2 points); rules (+10 points).");
  reasons.push_back({"extremes", "failed_logins", 4, 5, "events"});
  CHECK(explainer.English(alert, reasons).ends_with("(+10 points) and 1 more reason."));
  reasons.push_back({"extremes", "idle", -1, 5, "seconds"});
  CHECK(explainer.English(alert, reasons).ends_with("(+10 points) and 2 more reasons."));
  CHECK(explainer.Korean(alert, reasons) ==
        "\"kim\" 사용자의 위험 점수는 100점 만점에 97점(심각)입니다. 주된 이유: 하루 동안 내보낸 "
        "행 수 "
        "1,735,360(평소 12,000, 많아도 대개 60,000 이하) [+61점]; 처음 접속한 국가 RO [+22.2점]; "
        "rules "
        "[+10점] 외 2건.");
}

TEST_CASE("parts of one feature, by several detectors, are told as one, in the order of points") {
  const Explainer explainer(Features());
  Alert alert;
  alert.user = "kim";
  alert.risk = 80;
  const std::vector<Contribution> reasons = {{"extremes", "failed_logins", 30, 12, "events"},
                                             {"extremes", "new_country", 25, 1, "new"},
                                             {"behaviour", "new_country", 15, 1, "new"},
                                             {"behaviour", "", 6, std::nan(""), ""},
                                             {"rules", "", 4, std::nan(""), ""}};
  CHECK(explainer.English(alert, reasons) ==
        "Risk 80 of 100 (high) for \"kim\": new country (+40 points); failed logins 12 (+30 "
        "points); behaviour (+6 points) and 1 more reason.");
}

TEST_CASE("quantities are written in their unit, for people") {
  const auto [value, unit, english, korean] =
      GENERATE(table<double, std::string, std::string, std::string>({
          {12, "events", "12", "12"},
          {36.5488, "events", "36.5", "36.5"},
          {999.7, "rows", "1,000", "1,000"},
          {1735360.4, "rows", "1,735,360", "1,735,360"},
          {-1500, "points", "-1,500", "-1,500"},
          {0, "rows", "0", "0"},
          {1e-9, "events", "0", "0"},
          {0.6249, "ratio", "62.5 %", "62.5 %"},
          {1, "ratio", "100 %", "100 %"},
          {12.5, "ratio", "1,250 %", "1,250 %"},
          {512, "bytes", "512 B", "512 B"},
          {999.9, "bytes", "1 kB", "1 kB"},
          {3.4e9, "bytes", "3.4 GB", "3.4 GB"},
          {2.5e15, "bytes", "2,500 TB", "2,500 TB"},
          {45, "seconds", "45 s", "45초"},
          {300, "seconds", "5 min", "5분"},
          {3.25 * 3600, "seconds", "3.25 h", "3.25시간"},
          {12 * 86400.0, "seconds", "12 days", "12일"},
      }));
  CAPTURE(value, unit);
  CHECK(QuantityText(value, unit, false) == english);
  CHECK(QuantityText(value, unit, true) == korean);
}

TEST_CASE("a number is told with the person's own normal, where it is known") {
  CHECK(English(Seen("bytes_vs_self", 3.4e9, "bytes", {2e6, 8.5e6})) ==
        "data exported 3.4 GB, usually 2 MB and rarely above 8.5 MB");
  CHECK(Korean(Seen("bytes_vs_self", 3.4e9, "bytes", {2e6, 8.5e6})) ==
        "내보낸 데이터양 3.4 GB(평소 2 MB, 많아도 대개 8.5 MB 이하)");
  CHECK(English(Seen("bytes_vs_self", 3.4e9, "bytes", {0, 0})) ==
        "data exported 3.4 GB, usually 0 B");
  CHECK(Korean(Seen("bytes_vs_self", 3.4e9, "bytes", {0, 0})) ==
        "내보낸 데이터양 3.4 GB(평소 0 B)");
  CHECK(English(Seen("failure_ratio", 0.5, "ratio")) == "share of failures 50 %");
  CHECK(English(Seen("idle", 7200, "seconds")) == "time since the last log-in 2 h");
  CHECK(Korean(Seen("idle", 7200, "seconds")) == "마지막 로그인 이후 시간 2시간");
}

TEST_CASE("what is new is named, what is known is not called new") {
  Contribution c = Seen("new_country", 1, "new");
  CHECK(English(c) == "new country");
  c.value = "RO";
  CHECK(English(c) == "new country RO");
  CHECK(Korean(c) == "처음 접속한 국가 RO");
  c.observed = 0;
  CHECK(English(c) == "new country: no");
  CHECK(Korean(c) == "처음 접속한 국가: 아님");
}

TEST_CASE("what is rare is told as one in so many") {
  Contribution c = Seen("action_rarity", 10, "bits");
  CHECK(English(c) == "unusual action (about one in 1,024 of this person's)");
  c.value = "GRANT";
  CHECK(English(c) == "unusual action GRANT (about one in 1,024 of this person's)");
  CHECK(Korean(c) == "평소 하지 않던 작업 GRANT(본인 기록에서 약 1,024번에 한 번)");
  c.observed = -0.5;
  CHECK(English(c).find("one in 1 of") != std::string::npos);
}

TEST_CASE("words fall back: Korean to English, English to the name, the name to the detector") {
  CHECK(Korean(Seen("failure_ratio", 0.5, "ratio")) == "share of failures 50 %");
  CHECK(English(Seen("failed_logins", 3, "events")) == "failed logins 3");
  CHECK(English(Seen("unheard_of", 3, "events")) == "unheard_of 3");
  CHECK(English(Seen("", std::nan(""), "")) == "extremes");
  CHECK(English(Seen("failed_logins", std::nan(""), "events")) == "failed logins");
}
