// Reads a gzip-compressed CSV of numbers, header first, as the labelled streams of the shared data
// are. For tests of models; any thread.
#pragma once

#include <zlib.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bongsu {

struct LabelledRows {
  size_t features = 0;         // Columns but the last.
  std::vector<double> values;  // Row after row, without the label.
  std::vector<int> labels;     // The last column; 1 is an anomaly.
  size_t size() const { return labels.size(); }
  std::span<const double> row(size_t i) const {
    return std::span(values).subspan(i * features, features);
  }
};

// nullopt when the file is not there or a line has another number of columns than the header.
inline std::optional<LabelledRows> ReadCsvGz(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return std::nullopt;
  std::string text;
  char buffer[1 << 16];
  for (int n = 0; (n = gzread(file, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<size_t>(n));
  if (gzclose(file) != Z_OK) return std::nullopt;
  LabelledRows rows;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; at < end && *at != '\n'; ++at) rows.features += *at == ',';
  while (at < end && ++at < end) {
    for (size_t column = 0; column <= rows.features; ++column) {
      double value = 0;
      const auto [next, error] = std::from_chars(at, end, value);
      const bool last = column == rows.features;
      if (error != std::errc() || (!last && (next == end || *next != ','))) return std::nullopt;
      if (last) {
        rows.labels.push_back(value != 0);
      } else {
        rows.values.push_back(value);
      }
      at = next + !last;
    }
    if (at < end && *at == '\r') ++at;
    if (at < end && *at != '\n') return std::nullopt;
  }
  return rows;
}

// The labelled stream `name` of the shared data beside the repository; nullopt when it is not
// there.
inline std::optional<LabelledRows> ReadLabelledStream(const std::string& repository,
                                                      const std::string& name) {
  return ReadCsvGz(repository + "/../shared/data/anomaly/" + name + ".csv.gz");
}

// True where missing data is a failure and not a reason to skip.
inline bool DataIsRequired() {
  const char* ci = std::getenv("CI");
  return ci != nullptr && std::string_view(ci) == "true";
}

}  // namespace bongsu
