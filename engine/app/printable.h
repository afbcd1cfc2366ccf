// Text on its way to a terminal: names and sentences that came from outside, figures, and tables of
// both. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/eval/metrics.h"

namespace bongsu {

// What could steer a terminal or turn the direction of the text (control characters, C1 included,
// and Unicode's bidirectional overrides) becomes \u001b and the like, which JSON reads back; bytes
// that are not UTF-8 become U+FFFD.
std::string Printable(std::string_view text);

// How many cells of a terminal `text` takes; Hangul, Han and Kana take two each.
size_t DisplayWidth(std::string_view text);

// A number with so many digits after the point; a mean with its standard deviation.
std::string Fixed(double value, int digits = 4);
std::string Spread(const MeanSd& of, int digits = 4);

// Rows of printable cells as lines: columns as wide as their widest cell, two spaces between.
std::string FormatTable(std::span<const std::vector<std::string>> rows);

}  // namespace bongsu
