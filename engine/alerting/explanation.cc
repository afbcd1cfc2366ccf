#include "engine/alerting/explanation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <numeric>

#include "engine/base/math.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr double kUnits = 64;  // In a point. A power of two: sums of such points are exact.
constexpr size_t kNamed = 3;

double Sane(double points) {
  return std::isfinite(points) ? std::clamp(points, -1e6, 1e6) : 0;
}

// For reading, not for computing: 1,735,360 or 0.62; `digits` are enough below a thousand.
std::string Readable(double value, int digits = 3) {
  if (std::abs(value) < 0.0005) return "0";
  if (std::abs(value) < 999.5 || std::abs(value) >= 1e15) {
    char buffer[32];
    const auto end =
        std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::general, digits);
    return {buffer, end.ptr};
  }
  std::string whole = StrCat(static_cast<int64_t>(std::floor(std::abs(value) + 0.5)));
  for (size_t at = whole.size(); at > 3;) whole.insert(at -= 3, ",");
  return (value < 0 ? "-" : "") + whole;
}

std::string Bytes(double value) {
  constexpr std::string_view kNames[] = {" B", " kB", " MB", " GB", " TB"};
  size_t name = 0;
  for (; value >= 999.5 && name + 1 < std::size(kNames); ++name) value /= 1000;
  return StrCat(Readable(name == 0 ? std::floor(value + 0.5) : value), kNames[name]);
}

std::string Time(double seconds, bool korean) {
  const double size = std::abs(seconds);
  if (size < 120) return StrCat(Readable(seconds), korean ? "초" : " s");
  if (size < 2 * 3600) return StrCat(Readable(seconds / 60), korean ? "분" : " min");
  if (size < 2 * 86400) return StrCat(Readable(seconds / 3600), korean ? "시간" : " h");
  return StrCat(Readable(seconds / 86400), korean ? "일" : " days");
}

std::string Signed(double points) {
  return (points < 0 ? "" : "+") + Readable(points);
}

std::string OneIn(double bits) {
  return Readable(std::max(1.0, std::floor(Exp2(std::min(bits, 40.0)) + 0.5)));
}

// A value that is new or rare: nothing when it is known.
bool IsKnown(const Contribution& c) {
  return c.unit == "new" && !(c.observed > 0);
}

// Parts of one feature, by several detectors, as one; in the order of their points.
std::vector<Contribution> ByFeature(const std::vector<Contribution>& contributions) {
  std::vector<Contribution> out;
  out.reserve(contributions.size());
  for (const Contribution& c : contributions) {
    const auto same = std::find_if(out.begin(), out.end(), [&](const Contribution& o) {
      return !c.feature.empty() && o.feature == c.feature;
    });
    if (same == out.end()) {
      out.push_back(c);
    } else {
      same->points += c.points;
    }
  }
  const auto more = [](const Contribution& a, const Contribution& b) {
    return a.points > b.points;
  };
  if (!std::is_sorted(out.begin(), out.end(), more)) std::stable_sort(out.begin(), out.end(), more);
  return out;
}

}  // namespace

std::string_view KoreanName(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "심각";
    case Severity::kHigh:
      return "높음";
    case Severity::kMedium:
      return "보통";
    case Severity::kLow:
      return "낮음";
    case Severity::kInformational:
      break;
  }
  return "참고";
}

std::string QuantityText(double value, std::string_view unit, bool korean) {
  if (unit == "ratio") return StrCat(Readable(100 * value), " %");
  if (unit == "bytes") return Bytes(value);
  if (unit == "seconds") return Time(value, korean);
  return Readable(value, std::abs(value) < 9.95 ? 2 : 3);
}

double RoundPoints(double risk, int total, std::vector<double>* points) {
  double sum = 0;
  for (double& p : *points) sum += p = Sane(p);
  const bool adds_up = sum > 0 && std::abs(sum - risk) <= 1 + 0.01 * risk;
  const double scale = (adds_up ? total / sum : 1) * kUnits;
  int64_t rest = total * static_cast<int64_t>(kUnits);
  std::vector<double> remainders;
  for (double& p : *points) {
    const double scaled = p * scale;
    p = std::floor(scaled);
    remainders.push_back(scaled - p);
    rest -= static_cast<int64_t>(p);
  }
  if (adds_up) {
    std::vector<size_t> order(points->size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return remainders[a] > remainders[b]; });
    for (size_t i = 0; rest > 0; ++i, --rest) ++(*points)[order[i % order.size()]];
    for (size_t i = order.size() - 1; rest < 0; ++rest) --(*points)[order[i]];
  }
  for (double& p : *points) p /= kUnits;
  return static_cast<double>(rest) / kUnits;
}

int WholeRisk(double risk) {
  return std::isfinite(risk) ? static_cast<int>(std::floor(std::clamp(risk, 0.0, 100.0))) : 0;
}

Explainer::Explainer(const std::vector<FeatureInfo>& features) {
  for (const FeatureInfo& info : features) {
    Labels labels{info.label, info.label_ko};
    if (labels.english.empty()) {
      labels.english = info.name;
      std::replace(labels.english.begin(), labels.english.end(), '_', ' ');
    }
    if (labels.korean.empty()) labels.korean = labels.english;
    labels_.emplace(info.name, std::move(labels));
  }
}

std::string_view Explainer::Label(std::string_view feature, bool korean) const {
  const auto found = labels_.find(feature);
  if (found == labels_.end()) return feature;
  return korean ? found->second.korean : found->second.english;
}

std::string_view Explainer::Label(const Contribution& contribution, bool korean) const {
  return Label(contribution.feature.empty() ? contribution.detector : contribution.feature, korean);
}

std::string Explainer::ReasonInEnglish(const Contribution& c) const {
  std::string text(Label(c, false));
  if (!std::isfinite(c.observed)) return text;
  if (IsKnown(c)) return text + ": no";
  if (c.unit == "new") return c.value.empty() ? text : StrCat(text, ' ', c.value);
  if (c.unit == "bits") {
    return StrCat(text, c.value.empty() ? "" : " ", c.value, " (about one in ", OneIn(c.observed),
                  " of this person's)");
  }
  text += StrCat(' ', QuantityText(c.observed, c.unit, false));
  if (std::isfinite(c.normal.usual)) {
    text += StrCat(", usually ", QuantityText(c.normal.usual, c.unit, false));
    if (c.normal.high > c.normal.usual) {
      text += StrCat(" and rarely above ", QuantityText(c.normal.high, c.unit, false));
    }
  }
  return text;
}

std::string Explainer::ReasonInKorean(const Contribution& c) const {
  std::string text(Label(c, true));
  if (!std::isfinite(c.observed)) return text;
  if (IsKnown(c)) return text + ": 아님";
  if (c.unit == "new") return c.value.empty() ? text : StrCat(text, ' ', c.value);
  if (c.unit == "bits") {
    return StrCat(text, c.value.empty() ? "" : " ", c.value, "(본인 기록에서 약 ",
                  OneIn(c.observed), "번에 한 번)");
  }
  text += StrCat(' ', QuantityText(c.observed, c.unit, true));
  if (std::isfinite(c.normal.usual)) {
    text += StrCat("(평소 ", QuantityText(c.normal.usual, c.unit, true));
    if (c.normal.high > c.normal.usual) {
      text += StrCat(", 많아도 대개 ", QuantityText(c.normal.high, c.unit, true), " 이하");
    }
    text += ')';
  }
  return text;
}

std::string Explainer::English(const Alert& alert,
                               const std::vector<Contribution>& contributions) const {
  const std::vector<Contribution> reasons = ByFeature(contributions);
  std::string text = StrCat("Risk ", WholeRisk(alert.risk), " of 100 (",
                            SeverityName(SeverityOf(alert.risk)), ") for \"", alert.user, '"');
  for (size_t i = 0; i < std::min(kNamed, reasons.size()); ++i) {
    text += StrCat(i == 0 ? ": " : "; ", ReasonInEnglish(reasons[i]), " (",
                   Signed(reasons[i].points), " points)");
  }
  if (reasons.size() > kNamed) {
    const size_t more = reasons.size() - kNamed;
    text += StrCat(" and ", more, more == 1 ? " more reason" : " more reasons");
  }
  return text + '.';
}

std::string Explainer::Korean(const Alert& alert,
                              const std::vector<Contribution>& contributions) const {
  const std::vector<Contribution> reasons = ByFeature(contributions);
  std::string text = StrCat('"', alert.user, "\" 사용자의 위험 점수는 100점 만점에 ",
                            WholeRisk(alert.risk), "점(", KoreanName(SeverityOf(alert.risk)),
                            reasons.empty() ? ")입니다" : ")입니다. 주된 이유: ");
  for (size_t i = 0; i < std::min(kNamed, reasons.size()); ++i) {
    text += StrCat(i == 0 ? "" : "; ", ReasonInKorean(reasons[i]), " [", Signed(reasons[i].points),
                   "점]");
  }
  if (reasons.size() > kNamed) text += StrCat(" 외 ", reasons.size() - kNamed, "건");
  return text + '.';
}

}  // namespace bongsu
