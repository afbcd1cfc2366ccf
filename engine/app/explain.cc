#include "engine/app/explain.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "engine/app/printable.h"
#include "engine/app/record_json.h"
#include "engine/base/math.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr double kSmall = 0.5;  // Points; smaller parts share a line.
constexpr std::string_view kKoreanFields[] = {
    "이벤트 ID", "사용자 ID", "작업",   "결과",         "출처", "자원 ID",  "자원 종류",
    "민감도",    "접속 IP",   "기기",   "세션",         "국가", "부서",     "역할",
    "동료 집단", "행 수",     "바이트", "소요 시간 ms", "사유", "승인 번호"};
static_assert(std::size(kKoreanFields) == kCanonicalFields);

// Tenths that add up to their sum: what is shown can be checked with a pencil.
std::vector<int64_t> Tenths(const std::vector<double>& points) {
  std::vector<int64_t> tenths;
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  double sum = 0;
  for (const double p : points) {
    sum += p;
    tenths.push_back(static_cast<int64_t>(std::floor(p * 10)));
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return points[a] * 10 - std::floor(points[a] * 10) >
           points[b] * 10 - std::floor(points[b] * 10);
  });
  int64_t left = static_cast<int64_t>(std::round(sum * 10));
  for (const int64_t t : tenths) left -= t;
  for (size_t i = 0; i < order.size() && left > 0; ++i, --left) ++tenths[order[i]];
  return tenths;
}

std::vector<std::vector<Contribution>> ByFeature(const std::vector<Contribution>& contributions) {
  std::vector<std::vector<Contribution>> groups;
  for (const Contribution& c : contributions) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
      return !c.feature.empty() && group.front().feature == c.feature;
    });
    (same == groups.end() ? groups.emplace_back() : *same).push_back(c);
  }
  return groups;
}

std::string TenthsText(int64_t tenths) {
  std::string text =
      StrCat(tenths < 0 ? "-" : "", std::abs(tenths) / 10, '.', std::abs(tenths) % 10);
  if (text.size() < 5) text.insert(0, 5 - text.size(), ' ');
  return text;
}

}  // namespace

ExplainText::ExplainText(std::vector<FeatureInfo> features, bool korean)
    : features_(std::move(features)), korean_(korean), explainer_(features_) {}

std::string ExplainText::TimeText(Timestamp time) {
  std::string text = FormatRfc3339(time).substr(0, 19);  // Without milliseconds.
  if (text.size() == 19) text[10] = ' ';
  return text + " UTC";
}

std::vector<Contribution> ExplainText::Rounded(std::vector<Contribution> contributions,
                                               double risk) {
  std::vector<double> points;
  for (const Contribution& c : contributions) points.push_back(c.points);
  RoundPoints(risk, WholeRisk(risk), &points);
  for (size_t i = 0; i < points.size(); ++i) contributions[i].points = points[i];
  return contributions;
}

std::string ExplainText::RiskText(double risk) const {
  const Severity severity = SeverityOf(risk);
  return korean_ ? StrCat("100점 만점에 ", WholeRisk(risk), "점(", KoreanName(severity), ")")
                 : StrCat(WholeRisk(risk), " of 100 (", SeverityName(severity), ")");
}

std::string ExplainText::Seen(const Contribution& part) const {
  if (!std::isfinite(part.observed)) return "-";
  if (part.unit == "new") {
    if (!(part.observed > 0)) return std::string(Say("no", "아님"));
    return part.value.empty() ? std::string(Say("yes", "예"))
                              : StrCat(part.value, Say(", for the first time", " (처음)"));
  }
  if (part.unit == "bits") {
    const double one_in = std::max(1.0, std::floor(Exp2(std::min(part.observed, 40.0)) + 0.5));
    const std::string times = QuantityText(one_in, "", korean_);
    return StrCat(part.value, part.value.empty() ? "" : ", ",
                  korean_ ? StrCat("약 ", times, "번에 한 번") : StrCat("about one in ", times));
  }
  return QuantityText(part.observed, part.unit, korean_);
}

std::string ExplainText::Usual(const Contribution& part) const {
  if (!std::isfinite(part.normal.usual)) return "-";
  const std::string usual = QuantityText(part.normal.usual, part.unit, korean_);
  if (!(part.normal.high > part.normal.usual)) return usual;
  return StrCat(usual, Say(", rarely above ", ", 많아도 대개 "),
                QuantityText(part.normal.high, part.unit, korean_), korean_ ? " 이하" : "");
}

std::string ExplainText::Share(double tail) const {
  if (!(tail > 0)) return "-";
  if (tail > 0.5) return std::string(Say("most events", "대부분의 이벤트"));
  const std::string events = QuantityText(std::round(1 / tail), "", korean_);
  return korean_ ? StrCat(events, "건 중 1건") : StrCat("1 in ", events, " events");
}

// `parts` are those of one feature; its detectors are told apart where there are several.
ExplainText::Row ExplainText::PointsRow(const std::vector<Contribution>& parts,
                                        double points) const {
  const Contribution& first = parts.front();
  std::string detectors;
  for (const Contribution& part : parts) {
    detectors += StrCat(detectors.empty() ? "" : ", ", part.detector);
    if (parts.size() > 1) detectors += StrCat(' ', std::round(part.points * 10) / 10);
  }
  const bool rest = first.feature == "other";
  return {StrCat(points),
          rest ? std::string(Say("what nothing explains", "설명되지 않는 부분"))
               : std::string(explainer_.Label(
                     first.feature.empty() ? first.detector : first.feature, korean_)),
          Seen(first),
          Usual(first),
          Share(first.tail),
          detectors};
}

std::string ExplainText::Points(const std::vector<Contribution>& contributions) const {
  const std::vector<std::vector<Contribution>> groups = ByFeature(contributions);
  std::vector<Row> rows;
  std::vector<double> points;
  double small = 0, sum = 0;
  size_t small_ones = 0;
  for (const std::vector<Contribution>& group : groups) {
    double own = 0;
    for (const Contribution& c : group) own += c.points;
    sum += own;
    if (std::abs(own) < kSmall) {
      small += own;
      ++small_ones;
      continue;
    }
    rows.push_back(PointsRow(group, own));
    points.push_back(own);
  }
  if (rows.empty()) {
    return StrCat("  ", Say("Nothing stands out.", "눈에 띄는 점이 없습니다."), "\n");
  }
  if (small_ones > 0) {
    rows.push_back({"", korean_
                            ? StrCat("작은 이유 ", small_ones, "건")
                            : StrCat(small_ones, " smaller ", small_ones == 1 ? "one" : "ones")});
    points.push_back(small);
  }
  const std::vector<int64_t> tenths = Tenths(points);
  for (size_t i = 0; i < rows.size(); ++i) rows[i][0] = StrCat("  ", TenthsText(tenths[i]));
  rows.insert(
      rows.begin(),
      {StrCat("  ", Say("POINTS", "점수")), std::string(Say("WHAT", "항목")),
       std::string(Say("SEEN", "관측값")), std::string(Say("THIS PERSON USUALLY", "본인 평소")),
       std::string(Say("HOW RARE", "얼마나 드문가")), std::string(Say("FOUND BY", "탐지기"))});
  rows.push_back({StrCat("  ", TenthsText(static_cast<int64_t>(std::round(sum * 10)))),
                  std::string(Say("in all", "합계"))});
  const bool compared = std::any_of(contributions.begin(), contributions.end(),
                                    [](const auto& c) { return std::isfinite(c.normal.usual); });
  return FormatTable(rows) +
         std::string(compared
                         ? Say("  Counts fade with time, so they may have fractions. What is "
                               "usual comes from this person's own past.\n",
                               "  횟수는 시간이 지나면 줄어들므로 소수가 될 수 있습니다. 평소 값은 "
                               "본인의 과거 기록에서 나옵니다.\n")
                         : "");
}

void ExplainText::AddMembers(JsonValue object, const std::string& prefix,
                             std::vector<Row>* rows) const {
  for (const JsonMember& member : object.members()) {
    if (member.value.is_object()) {
      AddMembers(member.value, StrCat(prefix, Printable(member.key), "."), rows);
      continue;
    }
    const auto field = std::find(kFieldNames.begin(), kFieldNames.end(), member.key);
    std::string name = StrCat(prefix, Printable(member.key));
    if (korean_ && prefix.empty() && field != kFieldNames.end())
      name = kKoreanFields[field - kFieldNames.begin()];
    if (prefix.empty()) std::replace(name.begin(), name.end(), '_', ' ');
    std::string value = "-";
    if (member.value.is_string()) value = Printable(member.value.AsString());
    if (member.value.is_number()) value = QuantityText(member.value.AsDouble(), "", korean_);
    if (member.value.kind() == JsonValue::Kind::kBool)
      value = Say(member.value.AsBool() ? "yes" : "no", member.value.AsBool() ? "예" : "아니요");
    if (prefix.empty() && member.key == "time") {
      name = Say("time", "시각");
      if (const auto time = record_json::TimeAt(object, "time")) value = TimeText(*time);
    }
    rows->push_back({"  " + name, value});
  }
}

std::string ExplainText::EventMembers(JsonValue event, const std::string& origin) const {
  std::vector<Row> rows;
  if (event.is_object()) AddMembers(event, "", &rows);
  rows.push_back({StrCat("  ", Say("origin", "원천 위치")), origin});
  return FormatTable(rows);
}

}  // namespace bongsu
