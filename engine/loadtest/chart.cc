#include "engine/loadtest/chart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/strings.h"
#include "engine/base/xml.h"

namespace bongsu::loadtest {
namespace {

constexpr double kWidth = 900, kHeight = 260, kLeft = 76, kRight = 16, kTop = 34, kBottom = 40;
// Told apart by colour-blind readers too (Okabe and Ito).
constexpr std::array<std::string_view, 7> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                      "#e69f00", "#56b4e9", "#888888"};

std::string_view Colour(size_t i) {
  return kColours[i % kColours.size()];
}

std::string Px(double v) {
  return StrCat(std::round(v * 10) / 10);
}

// 1, 2 or 5 times a power of ten, so that about five marks cover `span`.
double MarkStep(double span) {
  const double rough = span / 5, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

std::string Text(double x, double y, std::string_view anchor, std::string_view text,
                 std::string_view more = "") {
  return StrCat("<text x=\"", Px(x), "\" y=\"", Px(y), "\" text-anchor=\"", anchor, "\"", more, ">",
                EscapeXml(text), "</text>\n");
}

std::string Stroke(double x1, double y1, double x2, double y2) {
  return StrCat("<line class=\"grid\" x1=\"", Px(x1), "\" y1=\"", Px(y1), "\" x2=\"", Px(x2),
                "\" y2=\"", Px(y2), "\"/>\n");
}

std::string Begin(std::string_view title, double height) {
  return StrCat("<svg role=\"img\" aria-label=\"", EscapeXml(title), "\" viewBox=\"0 0 ", kWidth,
                " ", Px(height), "\">\n", Text(kLeft, 18, "start", title, " class=\"title\""));
}

// About the pixels that `text` takes: Korean syllables are wider, and three bytes.
double WidthOf(std::string_view text) {
  double width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    width += byte < 0x80 ? 7.5 : byte >= 0xC0 ? 13 : 0;
  }
  return width;
}

std::string Legend(const std::vector<std::string>& names) {
  std::string svg;
  double x = kWidth - kRight;
  for (size_t i = names.size(); i-- > 0;) {
    x -= WidthOf(names[i]);
    svg += Text(x, 18, "start", names[i]);
    x -= 16;
    svg += StrCat("<rect x=\"", Px(x), "\" y=\"9\" width=\"11\" height=\"11\" fill=\"", Colour(i),
                  "\"/>\n");
    x -= 12;
  }
  return svg;
}

struct Scale {
  double low = 0, high = 1, from = 0, to = 1;
  double At(double v) const { return from + (v - low) / (high - low) * (to - from); }
};

}  // namespace

std::string Draw(const LineChart& chart) {
  Scale x{1e300, -1e300, kLeft, kWidth - kRight}, y{0, 0, kHeight - kBottom, kTop};
  std::vector<std::string> names;
  for (const Line& line : chart.lines) {
    names.push_back(line.name);
    for (const auto& [px, py] : line.points) {
      x.low = std::min(x.low, px);
      x.high = std::max(x.high, px);
      y.high = std::max(y.high, py);
    }
  }
  if (x.low > x.high) x.low = 0, x.high = 1;
  if (x.high <= x.low) x.high = x.low + 1;
  if (y.high <= 0) y.high = 1;
  const double y_step = MarkStep(y.high);
  y.high = std::ceil(y.high / y_step) * y_step;
  std::string svg = Begin(StrCat(chart.title, " (", chart.y_unit, ")"), kHeight) + Legend(names);
  for (int i = 0; i * y_step <= y.high * 1.001; ++i) {
    const double at = y.At(i * y_step);
    svg += Stroke(kLeft, at, kWidth - kRight, at) +
           Text(kLeft - 6, at + 4, "end", StrCat(std::round(i * y_step * 1000) / 1000));
  }
  std::vector<std::pair<double, std::string>> marks = chart.x_marks;
  if (marks.empty()) {
    const double step = MarkStep(x.high - x.low);
    for (double at = std::ceil(x.low / step) * step; at <= x.high; at += step) {
      marks.emplace_back(at, StrCat(std::round(at * 1000) / 1000));
    }
  }
  for (const auto& [at, text] : marks) {
    svg += Stroke(x.At(at), kTop, x.At(at), kHeight - kBottom) +
           Text(x.At(at), kHeight - kBottom + 16, "middle", text);
  }
  svg += Text(kWidth - kRight, kHeight - 6, "end", chart.x_unit);
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    svg +=
        StrCat("<polyline fill=\"none\" stroke-width=\"1.8\" stroke=\"", Colour(i), "\" points=\"");
    for (const auto& [px, py] : chart.lines[i].points)
      svg += StrCat(Px(x.At(px)), ",", Px(y.At(py)), " ");
    svg += "\"/>\n";
  }
  return svg + "</svg>\n";
}

std::string Draw(const BarChart& chart) {
  constexpr double kRow = 26, kNames = 150;
  const double height = kTop + kRow * static_cast<double>(chart.bars.size()) + 24;
  std::string svg = Begin(chart.title, height) + Legend(chart.parts);
  const Scale x{0, 1, kNames, kWidth - kRight - 8};
  for (int percent = 0; percent <= 100; percent += 25) {
    const double at = x.At(percent / 100.0);
    svg +=
        Stroke(at, kTop, at, height - 22) + Text(at, height - 6, "middle", StrCat(percent, " %"));
  }
  double row = kTop;
  for (const Bar& bar : chart.bars) {
    svg += Text(kNames - 8, row + 17, "end", bar.name);
    double from = 0;
    for (size_t i = 0; i < bar.parts.size(); ++i) {
      const double to = std::clamp(from + std::max(bar.parts[i], 0.0), 0.0, 1.0);
      svg += StrCat("<rect x=\"", Px(x.At(from)), "\" y=\"", Px(row + 4), "\" width=\"",
                    Px(x.At(to) - x.At(from)), "\" height=\"18\" fill=\"", Colour(i), "\"><title>",
                    i < chart.parts.size() ? EscapeXml(chart.parts[i]) : std::string(), " ",
                    std::round(bar.parts[i] * 100), " %</title></rect>\n");
      from = to;
    }
    row += kRow;
  }
  return svg + "</svg>\n";
}

}  // namespace bongsu::loadtest
