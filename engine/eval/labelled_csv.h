// Labelled rows of numbers, as public anomaly streams come: CSV (RFC 4180) with a header, one row
// an event in the order of the stream, one column the label (0 ordinary, 1 anomaly). Takes the text
// in pieces, several files one after the other as one stream. For `bongsu eval`; one thread.
//
// An empty cell is "not known" (NaN); anything else must be a finite number. A row may not span
// lines. Values are kept whole: 8 bytes a cell.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace bongsu {

struct LabelledTable {
  std::vector<std::string> columns;  // In the file's order, without the label.
  std::vector<double> values;        // Row after row, without the label.
  std::vector<int> labels;           // 1 is an anomaly.
  size_t size() const { return labels.size(); }
  std::span<const double> row(size_t i) const {
    return std::span(values).subspan(i * columns.size(), columns.size());
  }
};

class LabelledCsv final {
 public:
  explicit LabelledCsv(std::string label) : label_(std::move(label)) {}

  // (Begin Add* End)+ Finish. Messages begin with "<name>:<line>: ".
  void Begin(std::string name);
  Status Add(std::string_view piece);
  Status End();
  // kInvalid when there is no row, or one class is missing.
  Result<LabelledTable> Finish();

 private:
  Status TakeLine(std::string_view line);
  Status TakeHeader();
  Status TakeRow();
  Status Wrong(std::string_view what) const;
  Status Cut(std::string_view line);  // Into cells_.

  const std::string label_;
  std::string name_, first_name_, header_;
  size_t line_ = 0, label_column_ = 0;
  bool headed_ = false;  // The header of this file has been read.
  std::string rest_;     // The beginning of a line whose end is in the next piece.
  std::vector<std::string_view> cells_;
  std::vector<std::string> unquoted_;  // What cells with quotes point to.
  LabelledTable rows_;
};

}  // namespace bongsu
