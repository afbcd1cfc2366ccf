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

// Empty lines are skipped, a byte order mark is too. kInvalid, naming the line, when a quote is not
// closed or is followed by text.
Result<std::vector<CsvRow>> ParseCsv(std::string_view text);

}  // namespace bongsu
