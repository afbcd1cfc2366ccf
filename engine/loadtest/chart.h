// Graphs as inline SVG for the report. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bongsu::loadtest {

struct Line {
  std::string name;
  std::vector<std::pair<double, double>> points;  // By x.
};
struct LineChart {
  std::string title, x_unit, y_unit;
  std::vector<Line> lines;
  // Where x is marked, and how; empty: at round numbers.
  std::vector<std::pair<double, std::string>> x_marks;
};
std::string Draw(const LineChart& chart);

struct Bar {
  std::string name;
  std::vector<double> parts;  // Shares, together at most 1 or a little more.
};
struct BarChart {
  std::string title;
  std::vector<std::string> parts;  // Their names.
  std::vector<Bar> bars;
};
std::string Draw(const BarChart& chart);

}  // namespace bongsu::loadtest
