// The three pages of ExplainText.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/app/explain.h"
#include "engine/app/printable.h"
#include "engine/app/record_json.h"
#include "engine/base/math.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

using record_json::At;
using record_json::ContributionsAt;
using record_json::NumberAt;
using record_json::OriginAt;
using record_json::TextAt;
using record_json::TimeAt;
using record_json::WholeAt;

std::string Tenth(double value) {
  return std::isfinite(value) ? StrCat(std::round(value * 10) / 10 + 0.0) : "-";  // No "-0".
}

}  // namespace

std::string ExplainText::Facts(JsonValue alert, JsonValue ours) const {
  const std::string start = TimeText(*TimeAt(alert, "start_time"));
  const std::string end = TimeText(*TimeAt(alert, "end_time"));
  const int64_t count = WholeAt(ours, {"count"});
  std::string when = start == end ? start : StrCat(start, Say(" to ", " ~ "), end);
  if (count != 1)
    when += korean_ ? StrCat(", 이벤트 ", count, "건") : StrCat(", ", count, " events");
  const int64_t confidence = WholeAt(alert, {"confidence_score"});
  const double user_risk = NumberAt(ours, {"user_risk"});
  const std::vector<Row> rows = {
      {std::string(Say("Who", "사용자")), TextAt(alert, {"actor", "user", "uid"})},
      {std::string(Say("When", "시각")), when},
      {std::string(Say("Risk", "위험 점수")), RiskText(NumberAt(ours, {"risk"}))},
      {std::string(Say("Person", "사용자 위험")),
       StrCat(RiskText(user_risk),
              Say(": the person's risk after it", ": 이벤트 이후 사용자의 위험"))},
      {std::string(Say("Confidence", "신뢰도")),
       korean_ ? StrCat("100점 만점에 ", confidence, "점: 탐지기가 평소 모습을 학습한 정도")
               : StrCat(confidence, " of 100: how much the detectors had learned")},
      {std::string(Say("In short", "요약")), TextAt(ours, {"sentence", korean_ ? "ko" : "en"})}};
  return FormatTable(rows);
}

std::string ExplainText::MadeBy(JsonValue ours) const {
  std::string models;
  if (const auto list = At(ours, {"models"}); list && list->is_array()) {
    for (const JsonValue model : list->items()) {
      models += StrCat(models.empty() ? "" : ", ", TextAt(model, {"name"}), " v",
                       TextAt(model, {"version"}));
    }
  }
  const std::vector<Row> rows = {
      {std::string(Say("Detector", "주 탐지기")), TextAt(ours, {"detector"})},
      {std::string(Say("Models", "모델")), models.empty() ? "-" : models},
      {std::string(Say("Configuration", "설정 지문")), TextAt(ours, {"config_digest"})}};
  return FormatTable(rows);
}

Result<std::string> ExplainText::Alert(JsonValue alert) const {
  const auto ours = At(alert, {"unmapped", "bongsu"});
  const std::string uid = TextAt(alert, {"finding_info", "uid"});
  if (!ours || uid.empty() || !TimeAt(alert, "start_time") || !TimeAt(alert, "end_time")) {
    return Status::Invalid("explain: the record is no alert of Bongsu");
  }
  const int64_t revision = WholeAt(alert, {"metadata", "sequence"});
  std::string text = StrCat(Say("Alert ", "알림 "), uid);
  if (revision > 1)
    text += korean_ ? StrCat(" (개정 ", revision, ")") : StrCat(" (revision ", revision, ")");
  text += StrCat("\n\n", Facts(alert, *ours), "\n",
                 Say("Why: the parts of the risk", "이유: 위험 점수의 구성"), "\n",
                 Points(ContributionsAt(*ours, {"explanation"})), "\n",
                 Say("The event with the highest risk", "위험이 가장 높은 이벤트"), "\n");
  const std::string origin = OriginAt(*ours, {"evidence_origin"});
  if (const auto evidences = At(alert, {"evidences"}); evidences && evidences->is_array()) {
    for (const JsonValue evidence : evidences->items()) {
      if (const auto data = evidence.Find("data")) text += EventMembers(*data, origin);
    }
  }
  return text + StrCat(Say("  All about it: ", "  자세히: "), "bongsu explain --event ", origin,
                       " --input FILE\n\n", MadeBy(*ours));
}

std::string ExplainText::RecentEvents(JsonValue risk) const {
  std::vector<Row> rows;
  if (const auto list = At(risk, {"recent_events"}); list && list->is_array()) {
    for (const JsonValue event : list->items()) {
      const auto time = TimeAt(event, "time");
      rows.push_back({"  " + (time ? TimeText(*time) : "-"), RiskText(NumberAt(event, {"risk"})),
                      OriginAt(event, {"origin"})});
    }
  }
  if (rows.empty()) return StrCat("  ", Say("none of 40 or more", "40점 이상인 이벤트 없음"), "\n");
  rows.insert(rows.begin(),
              {StrCat("  ", Say("TIME", "시각")), std::string(Say("RISK", "위험 점수")),
               std::string(Say("ORIGIN (for --event)", "원천 위치(--event에 사용)"))});
  return FormatTable(rows);
}

// What a comparison compares stands beside it; alone it would be told twice.
std::string ExplainText::FeaturesOf(JsonValue risk) const {
  const auto values = At(risk, {"features"});
  if (!values || !values->is_object()) return "";
  std::map<std::string_view, const FeatureInfo*> known;
  std::set<std::string_view> compared;
  for (const FeatureInfo& info : features_) {
    known[info.name] = &info;
    if (info.of != FeatureInfo::kNone) compared.insert(features_[info.of].name);
  }
  std::vector<Row> rows = {{StrCat("  ", Say("WHAT", "항목")), std::string(Say("SEEN", "관측값")),
                            std::string(Say("DEVIATIONS", "평소 대비 편차")),
                            std::string(Say("NAME", "이름"))}};
  for (const JsonMember& member : values->members()) {
    if (!member.value.is_number() || compared.contains(member.key)) continue;
    const auto found = known.find(member.key);
    const FeatureInfo* info = found == known.end() ? nullptr : found->second;
    const bool compares = info != nullptr && info->of != FeatureInfo::kNone;
    Contribution part;
    part.observed = member.value.AsDouble();
    part.unit = info == nullptr ? "" : info->unit;
    if (compares) {
      part.observed = NumberAt(*values, {features_[info->of].name});
      part.unit = features_[info->of].unit;
    }
    rows.push_back({"  " + Printable(explainer_.Label(member.key, korean_)), Seen(part),
                    compares ? Tenth(member.value.AsDouble()) : "-", Printable(member.key)});
  }
  return FormatTable(rows);
}

Result<std::string> ExplainText::User(JsonValue risk, Timestamp at) const {
  const std::string user = TextAt(risk, {"user_id"});
  const double score = NumberAt(risk, {"score"}), half_life = NumberAt(risk, {"half_life_s"});
  const auto as_of = TimeAt(risk, "as_of");
  if (user.empty() || !as_of || !std::isfinite(score) || !(half_life > 0)) {
    return Status::Invalid("explain: the record is no risk of a person");
  }
  const double age = std::max(0.0, ToSeconds(at - *as_of));
  const std::vector<Row> facts = {
      {std::string(Say("Risk", "위험 점수")),
       StrCat(RiskText(score * Exp2(-age / half_life)), ", ", TimeText(std::max(at, *as_of)))},
      {std::string(Say("Last change", "마지막 변화")),
       StrCat(RiskText(score), ", ", TimeText(*as_of))},
      {std::string(Say("Half-life", "반감기")),
       StrCat(QuantityText(half_life, "seconds", korean_),
              Say(": in which the risk falls by half when nothing happens",
                  ": 새로운 일이 없으면 위험이 절반으로 줄어드는 시간"))}};
  const auto parts = ContributionsAt(risk, {"contributions"});
  double sum = 0;
  for (const Contribution& c : parts) sum += c.points;
  return StrCat(Say("Risk of ", "사용자 "), user, korean_ ? "의 위험" : "", "\n\n",
                FormatTable(facts), "\n",
                Say("The riskiest events of late", "최근 위험이 높았던 이벤트"), "\n",
                RecentEvents(risk), "\n",
                Say("The event that moved it last: the parts of that event's risk",
                    "위험을 마지막으로 바꾼 이벤트: 그 이벤트 위험 점수의 구성"),
                "\n", Points(Rounded(parts, sum)), "  ", Say("origin", "원천 위치"), "  ",
                OriginAt(risk, {"origin"}), "\n\n",
                Say("The person at that event (deviations: 0 is usual, above 3 is far)",
                    "그 이벤트 시점의 사용자(편차: 0은 평소 수준, 3을 넘으면 매우 높음)"),
                "\n", FeaturesOf(risk));
}

std::string ExplainText::Outcome(const ExplainedEvent& event) const {
  JsonReader reader(JsonLimits{.bytes = size_t{16} << 20});
  const auto alert = reader.Parse(event.alert_json);
  const std::string uid = alert ? TextAt(*alert, {"finding_info", "uid"}) : "-";
  const std::string needed = Tenth(event.threshold);
  switch (event.outcome) {
    case EventOutcome::kAlert:
      return korean_ ? StrCat("예: 알림 ", uid) : StrCat("yes: alert ", uid);
    case EventOutcome::kUpdate:
      return korean_ ? StrCat("예: 알림 ", uid, "의 위험을 높임")
                     : StrCat("yes: it raised the alert ", uid);
    case EventOutcome::kFolded:
      return korean_ ? StrCat("별도 알림 없음: 알림 ", uid, "의 묶음 시간에 속함")
                     : StrCat("none of its own: it falls into the cool-down of alert ", uid);
    case EventOutcome::kBelowBudget:
      if (event.risk < event.threshold) {
        return korean_
                   ? StrCat("아니요: 알림 예산 때문에 이 시점에는 ", needed, "점 이상이 필요했음")
                   : StrCat("no: the alert budget let only risks of ", needed,
                            " or more through at that time");
      }
      return std::string(
          Say("no: the alert budget had no room for it", "아니요: 알림 예산에 남은 자리가 없었음"));
    case EventOutcome::kBelowThreshold:
      break;
  }
  return korean_ ? StrCat("아니요: 위험 점수가 기준 ", needed, "점보다 낮음")
                 : StrCat("no: its risk is below the threshold of ", needed);
}

std::string ExplainText::Detectors(const ExplainedEvent& event) const {
  std::vector<Row> rows = {
      {StrCat("  ", Say("DETECTOR", "탐지기")), std::string(Say("RISK", "위험 점수")),
       std::string(Say("HOW RARE", "얼마나 드문가")), std::string(Say("RAW SCORE", "원점수")),
       std::string(Say("LEARNED", "학습 정도"))}};
  for (const Finding& finding : event.findings) {
    rows.push_back({"  " + Printable(event.detectors[finding.detector]), Tenth(finding.risk),
                    Share(finding.tail), QuantityText(finding.raw, "", korean_),
                    QuantityText(finding.maturity, "ratio", korean_)});
  }
  return FormatTable(rows);
}

std::string ExplainText::Features(const ExplainedEvent& event) const {
  std::set<size_t> compared;
  for (const auto& feature : event.features) compared.insert(feature.info.of);
  std::vector<Row> rows = {{StrCat("  ", Say("WHAT", "항목")), std::string(Say("SEEN", "관측값")),
                            std::string(Say("THIS PERSON USUALLY", "본인 평소")),
                            std::string(Say("DEVIATIONS", "평소 대비 편차")),
                            std::string(Say("NAME", "이름"))}};
  for (size_t i = 0; i < event.features.size(); ++i) {
    const ExplainedEvent::Feature& feature = event.features[i];
    if (compared.contains(i)) continue;  // Stands beside the comparison.
    rows.push_back({StrCat("  ", explainer_.Label(feature.info.name, korean_)), Seen(feature.seen),
                    Usual(feature.seen),
                    feature.info.of == FeatureInfo::kNone ? "-" : Tenth(feature.value),
                    feature.info.name});
  }
  return FormatTable(rows);
}

std::string ExplainText::Event(const ExplainedEvent& event) const {
  const std::vector<Contribution> parts = Rounded(event.contributions, event.risk);
  bongsu::Alert told;
  told.user = event.user;
  told.risk = event.risk;
  JsonReader reader;
  const auto json = reader.Parse(event.json);
  const std::string origin = Printable(FormatOrigin(event.origin.origin()));
  const std::vector<Row> facts = {
      {std::string(Say("Who", "사용자")), Printable(event.user)},
      {std::string(Say("When", "시각")),
       StrCat(TimeText(event.time), event.late ? Say(" (came late)", " (늦게 도착)") : "")},
      {std::string(Say("Risk", "위험 점수")), RiskText(event.risk)},
      {std::string(Say("Person", "사용자 위험")),
       StrCat(RiskText(event.user_risk),
              Say(": the person's risk after it", ": 이벤트 이후 사용자의 위험"))},
      {std::string(Say("Alert", "알림")), Outcome(event)},
      {std::string(Say("In short", "요약")),
       Printable(korean_ ? explainer_.Korean(told, parts) : explainer_.English(told, parts))}};
  return StrCat(Say("Event ", "이벤트 "), origin, "\n\n", FormatTable(facts), "\n",
                Say("Why: the parts of the risk", "이유: 위험 점수의 구성"), "\n", Points(parts),
                "\n", Say("The event", "이벤트 내용"), "\n",
                json ? EventMembers(*json, origin) : "", "\n", Say("Detectors", "탐지기"), "\n",
                Detectors(event), "\n",
                Say("All features at that moment (deviations: 0 is usual, above 3 is far)",
                    "그 시점의 모든 항목(편차: 0은 평소 수준, 3을 넘으면 매우 높음)"),
                "\n", Features(event));
}

}  // namespace bongsu
