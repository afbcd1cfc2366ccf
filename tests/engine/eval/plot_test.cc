#include "engine/eval/plot.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <vector>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

struct Stream {
  std::vector<double> scores;
  std::vector<int> labels;
};

// A quiet stream with an anomaly every so many rows.
Stream Quiet(size_t rows, size_t every) {
  Stream stream;
  for (size_t i = 0; i < rows; ++i) {
    const bool anomaly = i % every == every / 2;
    stream.scores.push_back(anomaly ? 3 : 0.5);
    stream.labels.push_back(anomaly);
  }
  return stream;
}

std::string Plot(const Stream& stream, std::string_view title = "t") {
  return ScorePlot({title, "score"}, stream.scores, stream.labels);
}

size_t Count(const std::string& text, const std::string& pattern) {
  const std::regex form(pattern);
  return static_cast<size_t>(
      std::distance(std::sregex_iterator(text.begin(), text.end(), form), std::sregex_iterator()));
}

// Every tag closed in order, every attribute quoted, no bare ampersand.
bool IsWellFormed(const std::string& xml) {
  static const std::regex kTag(R"re(<(/?)([a-z]+)((?: [a-zA-Z-]+="[^"<&]*")*)(/?)>)re");
  std::vector<std::string> open;
  size_t at = 0;
  for (std::sregex_iterator tag(xml.begin(), xml.end(), kTag), end; tag != end; ++tag) {
    const std::string between = xml.substr(at, static_cast<size_t>(tag->position()) - at);
    static const std::regex kText(R"re((?:[^<>&]|&(?:amp|lt|gt);)*)re");
    if (!std::regex_match(between, kText)) return false;
    at = static_cast<size_t>(tag->position() + tag->length());
    if ((*tag)[1].length() > 0) {
      if (open.empty() || open.back() != (*tag)[2]) return false;
      open.pop_back();
    } else if ((*tag)[4].length() == 0) {
      open.push_back((*tag)[2]);
    }
  }
  return open.empty() && xml.substr(at) == "\n";
}

TEST_CASE("a plot is one well-formed picture that needs nothing else") {
  const std::string svg = Plot(Quiet(300, 100));
  CHECK(IsWellFormed(svg));
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1200 440\""));
  CHECK(Count(svg, "href|url\\(|<script|<style|@import") == 0);
  CHECK(Count(svg, "http") == 1);  // The name space.
}

TEST_CASE("many rows become 2,000 columns; no anomaly is lost") {
  const std::string svg = Plot(Quiet(100'000, 100));
  CHECK(svg.size() < 60'000);
  CHECK(Count(svg, "L[0-9.]+ [0-9.]+") == 1999);
  CHECK(Count(svg, "h0") == 1000);
  CHECK(svg.find("anomaly (1,000)") != std::string::npos);
}

TEST_CASE("a column shows its highest score") {
  Stream stream = Quiet(100'000, 1000);
  std::fill(stream.scores.begin(), stream.scores.end(), 0.0);
  stream.scores[77'777] = 10;  // The top of the axis, at 64.
  CHECK(Count(Plot(stream), "L[0-9.]+ 64[ L\"]") == 1);
}

TEST_CASE("few rows are drawn one by one") {
  const std::string svg = Plot({{1, 2, 3}, {0, 0, 1}});
  CHECK(IsWellFormed(svg));
  CHECK(Count(svg, "L[0-9.]+ [0-9.]+") == 2);
  CHECK(Count(svg, "NaN|nan|inf") == 0);
  for (const Stream& odd : {Stream{{7}, {1}}, Stream{{0, 0}, {0, 0}}, Stream{{-1e9, 1e9}, {0, 1}},
                            Stream{{1e-9, 2e-9}, {0, 1}}}) {
    const std::string text = Plot(odd);
    CHECK(IsWellFormed(text));
    CHECK(Count(text, "NaN|nan|inf") == 0);
    CHECK(Count(text, "<text") < 40);
  }
}

TEST_CASE("ticks are round numbers") {
  const std::string svg = Plot(Quiet(100'000, 100));
  for (const char* text : {">0.5<", ">1<", ">3<", ">20,000<", ">80,000<"}) {
    INFO(text);
    CHECK(svg.find(text) != std::string::npos);
  }
}

TEST_CASE("a hostile title is text") {
  const std::string svg = Plot(Quiet(10, 5), "<script>alert('&')</script>\x1b\x01 \xff 김");
  CHECK(IsWellFormed(svg));
  CHECK(svg.find("<script") == std::string::npos);
  CHECK(svg.find('\x1b') == std::string::npos);
  CHECK(svg.find('\xff') == std::string::npos);
  CHECK(Plot(Quiet(10, 5), "김철수").find("김철수") != std::string::npos);
}

}  // namespace
}  // namespace bongsu
