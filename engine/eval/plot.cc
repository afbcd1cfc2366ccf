#include "engine/eval/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/strings.h"
#include "engine/base/xml.h"

namespace bongsu {
namespace {

constexpr double kWidth = 1200, kHeight = 440;
constexpr double kLeft = 72, kRight = 24, kTop = 64, kBottom = 56;
constexpr size_t kColumns = 2000;
constexpr std::string_view kLineColour = "#3b6ea5", kMarkColour = "#c8321f";

// To a tenth of a pixel.
std::string Px(double v) {
  return StrCat(std::round(v * 10) / 10);
}

// The distance between ticks: 1, 2 or 5 times a power of ten, about `count` of them in `span`.
double TickStep(double span, int count) {
  double step = 1;
  const double wanted = span / count;
  while (step > wanted) step /= 10;
  while (step * 10 <= wanted) step *= 10;
  return wanted > 5 * step   ? 10 * step
         : wanted > 2 * step ? 5 * step
         : wanted > step     ? 2 * step
                             : step;
}

struct Axis {
  double low = 0, high = 1;  // Values at the ends.
  double from = 0, to = 0;   // Pixels there.
  double step = 1;
  double At(double value) const { return from + (value - low) / (high - low) * (to - from); }
};

Axis ScoreAxis(std::span<const double> scores) {
  const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
  Axis axis;
  axis.low = *low;
  axis.high = *high > *low ? *high : *low + 1;
  axis.step = TickStep(axis.high - axis.low, 5);
  axis.low = std::floor(axis.low / axis.step) * axis.step;
  axis.high = std::ceil(axis.high / axis.step) * axis.step;
  axis.from = kHeight - kBottom;
  axis.to = kTop;
  return axis;
}

Axis RowAxis(size_t rows) {
  Axis axis;
  axis.high = static_cast<double>(std::max<size_t>(rows, 2) - 1);
  axis.step = std::max(1.0, TickStep(axis.high, 8));
  axis.from = kLeft;
  axis.to = kWidth - kRight;
  return axis;
}

// Shortest text of a multiple of the step, without the dust of binary fractions.
std::string TickText(double value, double step) {
  const double whole = std::round(value / step);
  const double clean = step >= 1 ? whole * step : whole / std::round(1 / step);
  return StrCat(clean == 0 ? 0 : clean);
}

std::string RowText(double row) {
  std::string digits = StrCat(static_cast<int64_t>(row));
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

void DrawAxes(const Axis& x, const Axis& y, const PlotText& text, std::string* out) {
  std::string lines, texts;
  for (int i = 0; y.low + i * y.step <= y.high + y.step / 2; ++i) {
    const std::string at = Px(y.At(y.low + i * y.step));
    lines += StrCat("M", Px(kLeft), " ", at, "H", Px(kWidth - kRight));
    texts += StrCat("<text x=\"", Px(kLeft - 8), "\" y=\"", at, "\" dy=\"4\" text-anchor=\"end\">",
                    TickText(y.low + i * y.step, y.step), "</text>\n");
  }
  std::string ticks;
  for (int i = 0; i * x.step <= x.high; ++i) {
    const double row = i * x.step;
    const std::string at = Px(x.At(row));
    ticks += StrCat("M", at, " ", Px(kHeight - kBottom), "v6");
    texts += StrCat("<text x=\"", at, "\" y=\"", Px(kHeight - kBottom + 20),
                    "\" text-anchor=\"middle\">", RowText(row), "</text>\n");
  }
  const double middle = (kTop + kHeight - kBottom) / 2;
  *out += StrCat("<path d=\"", lines, "\" stroke=\"#e2e2e2\" fill=\"none\"/>\n<path d=\"", ticks,
                 "\" stroke=\"#444\" fill=\"none\"/>\n", texts, "<text x=\"",
                 Px((kLeft + kWidth - kRight) / 2), "\" y=\"", Px(kHeight - 12),
                 "\" text-anchor=\"middle\">", EscapeXml(text.rows),
                 "</text>\n<text transform=\"translate(20 ", Px(middle),
                 ") rotate(-90)\" text-anchor=\"middle\">", EscapeXml(text.score), "</text>\n");
}

void DrawLegend(size_t anomalies, bool columns, std::string* out) {
  *out += StrCat("<path d=\"M", Px(kLeft), " 46h24\" stroke=\"", kLineColour,
                 "\" stroke-width=\"2\"/>\n<text x=\"", Px(kLeft + 32), "\" y=\"50\">",
                 columns ? "highest score of the rows in a column" : "score",
                 "</text>\n<circle cx=\"", Px(kLeft + 292), "\" cy=\"46\" r=\"3\" fill=\"",
                 kMarkColour, "\"/>\n<text x=\"", Px(kLeft + 302), "\" y=\"50\">anomaly (",
                 RowText(static_cast<double>(anomalies)), ")</text>\n");
}

// The scores, column by column.
std::string Line(std::span<const double> scores, const Axis& x, const Axis& y) {
  const size_t columns = std::min(scores.size(), kColumns);
  std::string path;
  for (size_t c = 0; c < columns; ++c) {
    const size_t begin = c * scores.size() / columns, end = (c + 1) * scores.size() / columns;
    const double highest = *std::max_element(scores.begin() + static_cast<ptrdiff_t>(begin),
                                             scores.begin() + static_cast<ptrdiff_t>(end));
    const double middle = (static_cast<double>(begin) + static_cast<double>(end - 1)) / 2;
    path += StrCat(c == 0 ? "M" : "L", Px(x.At(middle)), " ", Px(y.At(highest)));
  }
  return path;
}

}  // namespace

std::string ScorePlot(const PlotText& text, std::span<const double> scores,
                      std::span<const int> labels) {
  BONGSU_CHECK(!scores.empty() && scores.size() == labels.size());
  const Axis x = RowAxis(scores.size()), y = ScoreAxis(scores);
  std::string out = StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", kWidth, " ",
                           kHeight, "\" font-family=\"sans-serif\" font-size=\"12\">\n<title>",
                           EscapeXml(text.title), "</title>\n<rect width=\"", kWidth,
                           "\" height=\"", kHeight, "\" fill=\"#fff\"/>\n<text x=\"", Px(kLeft),
                           "\" y=\"26\" font-size=\"16\" font-weight=\"bold\">",
                           EscapeXml(text.title), "</text>\n");
  DrawAxes(x, y, text, &out);
  out += StrCat("<path d=\"", Line(scores, x, y), "\" stroke=\"", kLineColour,
                "\" stroke-width=\"1\" fill=\"none\" stroke-linejoin=\"round\"/>\n");
  // A mark is a line of no length with a round end: one element for all of them.
  std::string marks;
  size_t anomalies = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (labels[i] == 0) continue;
    ++anomalies;
    marks += StrCat("M", Px(x.At(static_cast<double>(i))), " ", Px(y.At(scores[i])), "h0");
  }
  if (anomalies > 0) {
    out += StrCat("<path d=\"", marks, "\" stroke=\"", kMarkColour,
                  "\" stroke-width=\"5\" stroke-opacity=\"0.55\" stroke-linecap=\"round\"/>\n");
  }
  DrawLegend(anomalies, scores.size() > kColumns, &out);
  return out + "</svg>\n";
}

}  // namespace bongsu
