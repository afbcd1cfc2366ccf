#include "operators/enrich/csv.h"

#include "engine/base/strings.h"

namespace bongsu {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  Result<std::vector<CsvRow>> Rows() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row{line_, {}};
      BONGSU_RETURN_IF_ERROR(ReadRow(&row));
      if (row.cells.size() > 1 || !row.cells.front().empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool AtEnd() const { return at_ >= text_.size() || text_[at_] == '\n' || AtCrLf(); }
  bool AtCrLf() const { return text_.substr(at_, 2) == "\r\n"; }

  Status ReadRow(CsvRow* row) {
    while (true) {
      std::string cell;
      BONGSU_RETURN_IF_ERROR(ReadCell(&cell));
      row->cells.push_back(std::move(cell));
      if (AtEnd()) break;
      ++at_;  // The comma.
    }
    if (at_ < text_.size()) at_ += AtCrLf() ? 2 : 1;
    ++line_;
    return Status::Ok();
  }

  Status ReadCell(std::string* cell) {
    if (at_ < text_.size() && text_[at_] == '"') return ReadQuoted(cell);
    while (!AtEnd() && text_[at_] != ',') cell->push_back(text_[at_++]);
    return Status::Ok();
  }

  Status ReadQuoted(std::string* cell) {
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

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

Result<std::vector<CsvRow>> ParseCsv(std::string_view text) {
  return Reader(text).Rows();
}

}  // namespace bongsu
