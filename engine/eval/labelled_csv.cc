#include "engine/eval/labelled_csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kMaxLine = size_t{1} << 20;

// The part of a hostile cell that may be shown.
std::string Shown(std::string_view cell) {
  constexpr size_t kMost = 40;
  std::string out(cell.substr(0, kMost));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c == 0x7F; }, '?');
  return StrCat('"', out, cell.size() > kMost ? "…\"" : "\"");
}

std::string_view Trimmed(std::string_view cell) {
  while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t')) cell.remove_prefix(1);
  while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t')) cell.remove_suffix(1);
  return cell;
}

std::optional<double> Number(std::string_view cell) {
  double value = 0;
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace

Status LabelledCsv::Wrong(std::string_view what) const {
  return Status::Invalid(StrCat(name_, ":", line_, ": ", what));
}

void LabelledCsv::Begin(std::string name) {
  name_ = std::move(name);
  line_ = 0;
  headed_ = false;
  rest_.clear();
}

Status LabelledCsv::Add(std::string_view piece) {
  for (size_t end; (end = piece.find('\n')) != std::string_view::npos;) {
    if (rest_.empty()) {
      BONGSU_RETURN_IF_ERROR(TakeLine(piece.substr(0, end)));
    } else {
      rest_ += piece.substr(0, end);
      BONGSU_RETURN_IF_ERROR(TakeLine(rest_));
      rest_.clear();
    }
    piece.remove_prefix(end + 1);
  }
  rest_ += piece;
  if (rest_.size() <= kMaxLine) return Status::Ok();
  ++line_;
  return Wrong("a line is longer than 1 MiB; is this a CSV file?");
}

Status LabelledCsv::End() {
  if (!rest_.empty()) BONGSU_RETURN_IF_ERROR(TakeLine(rest_));
  rest_.clear();
  if (headed_) return Status::Ok();
  line_ = 1;
  return Wrong("expected a header with the names of the columns, got an empty file");
}

Status LabelledCsv::TakeLine(std::string_view line) {
  ++line_;
  if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (Trimmed(line).empty()) return Status::Ok();
  BONGSU_RETURN_IF_ERROR(Cut(line));
  if (headed_) return TakeRow();
  headed_ = true;
  return TakeHeader();
}

Status LabelledCsv::Cut(std::string_view line) {
  cells_.clear();
  unquoted_.clear();
  unquoted_.reserve(static_cast<size_t>(std::count(line.begin(), line.end(), '"')));
  while (true) {
    if (!line.starts_with('"')) {
      const size_t comma = std::min(line.find(','), line.size());
      cells_.push_back(Trimmed(line.substr(0, comma)));
      line.remove_prefix(comma);
    } else {
      std::string& cell = unquoted_.emplace_back();
      line.remove_prefix(1);
      while (true) {
        const size_t quote = line.find('"');
        if (quote == std::string_view::npos) return Wrong("a quote is opened and never closed");
        cell += line.substr(0, quote);
        line.remove_prefix(quote + 1);
        if (!line.starts_with('"')) break;
        cell += '"';
        line.remove_prefix(1);
      }
      if (!line.empty() && line.front() != ',')
        return Wrong("expected a comma after a cell in quotes");
      cells_.push_back(cell);
    }
    if (line.empty()) return Status::Ok();
    line.remove_prefix(1);
  }
}

Status LabelledCsv::TakeHeader() {
  std::string header;
  for (const std::string_view cell : cells_) header += StrCat(header.empty() ? "" : ",", cell);
  if (!first_name_.empty()) {
    if (header == header_) return Status::Ok();
    return Wrong(StrCat("expected the header of ", first_name_, ", ", Shown(header_), ", got ",
                        Shown(header), "; files of one stream have the same columns"));
  }
  std::set<std::string_view> seen;
  std::optional<size_t> label;
  for (size_t i = 0; i < cells_.size(); ++i) {
    if (cells_[i].empty()) return Wrong(StrCat("column ", i + 1, " has no name"));
    if (!seen.insert(cells_[i]).second)
      return Wrong(StrCat("two columns are called ", Shown(cells_[i])));
    if (cells_[i] == label_) {
      label = i;
    } else {
      rows_.columns.emplace_back(cells_[i]);
    }
  }
  if (!label) {
    return Wrong(StrCat("no column is called \"", label_, "\"",
                        DidYouMeanHint(label_, rows_.columns),
                        "; name it with --label, the header is ", Shown(header)));
  }
  if (rows_.columns.empty()) return Wrong("expected a column besides the label, got none");
  label_column_ = *label;
  header_ = std::move(header);
  first_name_ = name_;
  return Status::Ok();
}

Status LabelledCsv::TakeRow() {
  if (cells_.size() != rows_.columns.size() + 1) {
    return Wrong(StrCat("expected ", rows_.columns.size() + 1, " cells as in the header, got ",
                        cells_.size()));
  }
  for (size_t i = 0; i < cells_.size(); ++i) {
    const std::string_view cell = cells_[i];
    const std::optional<double> number =
        cell.empty() ? std::numeric_limits<double>::quiet_NaN() : Number(cell);
    if (i == label_column_) {
      if (!number || (*number != 0 && *number != 1))
        return Wrong(StrCat("column ", label_, ": expected 0 or 1, got ", Shown(cell)));
      rows_.labels.push_back(*number == 1);
    } else if (number) {
      rows_.values.push_back(*number);
    } else {
      return Wrong(StrCat("column ", rows_.columns[i - (i > label_column_)],
                          ": expected a number or nothing, got ", Shown(cell)));
    }
  }
  return Status::Ok();
}

Result<LabelledTable> LabelledCsv::Finish() {
  if (rows_.size() == 0)
    return Status::Invalid(StrCat(name_, ": there is no row under the header"));
  const auto anomalies = std::count(rows_.labels.begin(), rows_.labels.end(), 1);
  const bool one_class = anomalies == 0 || static_cast<size_t>(anomalies) == rows_.size();
  if (one_class) {
    return Status::Invalid(StrCat(first_name_, ": column ", label_, ": all ", rows_.size(),
                                  " rows are ", anomalies == 0 ? "0" : "1",
                                  "; nothing can be ranked without both classes"));
  }
  return std::move(rows_);
}

}  // namespace bongsu
