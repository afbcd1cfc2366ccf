#include "engine/generate/labels.h"

#include <charconv>
#include <cmath>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::string_view kHeader = "user_id,label,kind,from,to,effect";
constexpr size_t kColumns = 6;

Status Wrong(size_t line, std::string_view what) {
  return Status::Invalid(StrCat("line ", line, ": ", what));
}

// Cuts CSV into rows of cells; a quoted cell may hold commas, line ends and doubled quotes.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  // False at the end. Empty lines are passed over.
  Result<bool> Next(std::vector<std::string>* cells) {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) Take();
    if (at_ >= text_.size()) return false;
    cells->clear();
    row_line_ = line_;
    while (true) {
      BONGSU_RETURN_IF_ERROR(ReadCell(&cells->emplace_back()));
      if (at_ >= text_.size() || Take() == '\n') return true;
    }
  }
  size_t line() const { return row_line_; }

 private:
  char Take() {
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }

  // Stops at the comma or the line end that follows.
  Status ReadCell(std::string* cell) {
    const bool quoted = at_ < text_.size() && text_[at_] == '"';
    if (quoted) {
      Take();
      while (true) {
        if (at_ >= text_.size()) return Wrong(row_line_, "a quote is opened and never closed");
        const char c = Take();
        if (c == '"' && (at_ >= text_.size() || text_[at_] != '"')) break;
        if (c == '"') Take();
        cell->push_back(c);
      }
    }
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') {
      const char c = Take();
      if (c == '\r' && (at_ >= text_.size() || text_[at_] == '\n')) break;
      if (quoted || c == '"') return Wrong(row_line_, "a quote inside a cell; double it");
      cell->push_back(c);
    }
    return Status::Ok();
  }

  std::string_view text_;
  size_t at_ = 0, line_ = 1, row_line_ = 1;
};

Result<Label> ReadLabel(std::vector<std::string>& cells, size_t line) {
  if (cells.size() != kColumns) {
    return Wrong(line, StrCat("expected ", kColumns, " cells (", kHeader, "), got ", cells.size()));
  }
  Label label{cells[0], cells[1], cells[2], {}, {}, 0};
  if (label.user.empty()) return Wrong(line, "user_id is empty");
  if (label.label != kInsider && label.label != kHarmless) {
    return Wrong(line, StrCat("label: expected insider or harmless, got \"", label.label, "\""));
  }
  if (label.kind.empty()) return Wrong(line, "kind is empty");
  for (const size_t column : {size_t{3}, size_t{4}}) {
    const Result<Timestamp> time = ParseRfc3339(cells[column]);
    if (!time.ok()) {
      return Wrong(line, StrCat(column == 3 ? "from: " : "to: ", time.status().message()));
    }
    (column == 3 ? label.from : label.to) = *time;
  }
  if (label.to < label.from) return Wrong(line, "to is before from");
  const std::string& effect = cells[5];
  if (!effect.empty()) {
    const auto [end, error] =
        std::from_chars(effect.data(), effect.data() + effect.size(), label.effect);
    if (error != std::errc() || end != effect.data() + effect.size() ||
        !std::isfinite(label.effect) || label.effect < 1) {
      return Wrong(line,
                   StrCat("effect: expected nothing or a number from 1 on, got \"", effect, "\""));
    }
  }
  return label;
}

void AppendCell(std::string* out, std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) {
    out->append(cell);
    return;
  }
  out->push_back('"');
  for (const char c : cell) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

}  // namespace

Result<std::vector<Label>> ReadLabels(std::string_view text) {
  CsvReader reader(text);
  std::vector<std::string> cells;
  BONGSU_ASSIGN_OR_RETURN(const bool header, reader.Next(&cells));
  if (!header || Join(cells, ",") != kHeader) {
    return Wrong(1, StrCat("expected the header ", kHeader));
  }
  std::vector<Label> labels;
  while (true) {
    BONGSU_ASSIGN_OR_RETURN(const bool more, reader.Next(&cells));
    if (!more) return labels;
    BONGSU_ASSIGN_OR_RETURN(Label label, ReadLabel(cells, reader.line()));
    labels.push_back(std::move(label));
  }
}

std::string FormatLabels(std::span<const Label> labels) {
  std::string out = StrCat(kHeader, "\n");
  for (const Label& label : labels) {
    AppendCell(&out, label.user);
    out += StrCat(",", label.label, ",", label.kind, ",", FormatRfc3339(label.from), ",",
                  FormatRfc3339(label.to), ",");
    if (label.effect > 0) out += StrCat(label.effect);
    out.push_back('\n');
  }
  return out;
}

}  // namespace bongsu
