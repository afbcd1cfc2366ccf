#include "engine/alerting/explanation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr double kUnits = 64;  // In a point. A power of two: sums of such points are exact.
constexpr size_t kNamed = 3;

double Sane(double points) {
  return std::isfinite(points) ? std::clamp(points, -1e6, 1e6) : 0;
}

// So many significant digits: for reading, not for computing.
std::string Short(double value, int digits = 6) {
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::general, digits);
  return {buffer, end.ptr};
}

std::string Signed(double points) {
  return (points < 0 ? "" : "+") + Short(points, 3);
}

std::string Observed(const Contribution& c) {
  if (!std::isfinite(c.observed)) return c.feature;
  return StrCat(c.feature, ' ', Short(c.observed), c.unit.empty() ? "" : " ", c.unit);
}

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

}  // namespace

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

std::string SentenceInEnglish(const Alert& alert, const std::vector<Contribution>& contributions) {
  std::string text = StrCat("Risk ", WholeRisk(alert.risk), " of 100 (",
                            SeverityName(SeverityOf(alert.risk)), ") for \"", alert.user, '"');
  for (size_t i = 0; i < std::min(kNamed, contributions.size()); ++i) {
    const Contribution& c = contributions[i];
    text += StrCat(i == 0 ? ": " : ", ", Observed(c), " (", Signed(c.points), " points)");
  }
  if (contributions.size() > kNamed) {
    const size_t more = contributions.size() - kNamed;
    text += StrCat(" and ", more, more == 1 ? " more reason" : " more reasons");
  }
  return text + '.';
}

std::string SentenceInKorean(const Alert& alert, const std::vector<Contribution>& contributions) {
  std::string text = StrCat('"', alert.user, "\" 사용자의 위험 점수는 100점 만점에 ",
                            WholeRisk(alert.risk), "점(", KoreanName(SeverityOf(alert.risk)),
                            contributions.empty() ? ")입니다" : ")이며, 주된 이유는 ");
  for (size_t i = 0; i < std::min(kNamed, contributions.size()); ++i) {
    const Contribution& c = contributions[i];
    text += StrCat(i == 0 ? "" : ", ", Observed(c), "(", Signed(c.points), "점)");
  }
  if (contributions.size() > kNamed) {
    text += StrCat(" 외 ", contributions.size() - kNamed, "건");
  }
  return text + (contributions.empty() ? "." : "입니다.");
}

}  // namespace bongsu
