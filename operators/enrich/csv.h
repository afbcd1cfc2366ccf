// A small CSV reader for tables (RFC 4180: quotes, doubled quotes, commas and line breaks in
// quotes; CRLF or LF). Used while a pipeline is built, never on the event path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace bongsu {

struct CsvRow {
  int line = 0;  // Where the row begins, from 1.
  std::vector<std::string> cells;
};

class CsvReader final {
 public:
  // `text` has to outlive the reader. A byte order mark is skipped.
  explicit CsvReader(std::string_view text);
  // Reads the next row, into the memory of the one before; false at the end. Empty lines are
  // skipped. kInvalid, naming the line, when a quote is not closed or is followed by text.
  Result<bool> Next(CsvRow* row);

 private:
  bool AtEnd() const { return at_ >= text_.size() || text_[at_] == '\n' || AtCrLf(); }
  bool AtCrLf() const { return text_.substr(at_, 2) == "\r\n"; }
  Status ReadRow(CsvRow* row);
  Status ReadCell(std::string* cell);
  Status ReadQuoted(std::string* cell);

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace bongsu
