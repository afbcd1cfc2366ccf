// A picture of scores over a stream, to see when a detector wakes up and what it misses: SVG text
// that stands alone (no script, font or link from outside). Pure; any thread.
//
// The line is the highest score of each of at most 2,000 columns of rows; every anomaly is a mark
// at its own score, whatever its neighbours.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace bongsu {

struct PlotText {
  std::string_view title;                       // Any text; what XML does not allow is replaced.
  std::string_view score;                       // Of the upright axis.
  std::string_view rows = "row of the stream";  // Of the other one.
};

// `scores` by row, finite; `labels` as many, not 0 is an anomaly. At least one row.
std::string ScorePlot(const PlotText& text, std::span<const double> scores,
                      std::span<const int> labels);

}  // namespace bongsu
