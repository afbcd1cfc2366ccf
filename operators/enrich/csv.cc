#include "operators/enrich/csv.h"

#include "engine/base/strings.h"

namespace bongsu {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
}

Result<bool> CsvReader::Next(CsvRow* row) {
  while (at_ < text_.size()) {
    BONGSU_RETURN_IF_ERROR(ReadRow(row));
    if (row->cells.size() > 1 || !row->cells.front().empty()) return true;
  }
  return false;
}

Status CsvReader::ReadRow(CsvRow* row) {
  row->line = line_;
  size_t count = 0;
  while (true) {
    if (row->cells.size() == count) row->cells.emplace_back();
    row->cells[count].clear();
    BONGSU_RETURN_IF_ERROR(ReadCell(&row->cells[count++]));
    if (AtEnd()) break;
    ++at_;  // The comma.
  }
  row->cells.resize(count);
  if (at_ < text_.size()) at_ += AtCrLf() ? 2 : 1;
  ++line_;
  return Status::Ok();
}

Status CsvReader::ReadCell(std::string* cell) {
  if (at_ < text_.size() && text_[at_] == '"') return ReadQuoted(cell);
  while (!AtEnd() && text_[at_] != ',') cell->push_back(text_[at_++]);
  return Status::Ok();
}

Status CsvReader::ReadQuoted(std::string* cell) {
  const int begin = line_;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\n') ++line_;
    if (text_[at_] == '"') {
      if (text_.substr(at_ + 1, 1) != "\"") break;
      ++at_;
    }
    cell->push_back(text_[at_]);
  }
  if (at_ >= text_.size()) {
    return Status::Invalid(StrCat("line ", begin, ": expected a closing quote, got the end"));
  }
  ++at_;
  if (AtEnd() || text_[at_] == ',') return Status::Ok();
  return Status::Invalid(StrCat("line ", line_, ": expected a comma after the closing quote"));
}

}  // namespace bongsu
