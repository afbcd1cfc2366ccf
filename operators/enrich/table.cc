#include "operators/enrich/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "engine/base/strings.h"
#include "operators/enrich/local_time.h"

namespace bongsu {
namespace {

constexpr size_t kShown = 256;  // Of a value in a message.

// NaN when `text` is no number.
double Number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && std::isfinite(number) ? number : std::numeric_limits<double>::quiet_NaN();
}

std::string ExampleHeader(const TableRules& rules) {
  return StrCat(rules.key, rules.dated ? ",from," : ",", kFieldNames[rules.fills.front()]);
}

}  // namespace

Table::Row Table::Find(std::string_view key, int32_t day) const {
  const std::optional<uint32_t> number = keys_.Find(key);
  if (!number) return {};
  uint32_t at = newest_[*number];
  while (at != kNone && rows_[at].from > day) at = rows_[at].older;
  if (at == kNone) return {};
  const size_t begin = rows_[at].cells;
  const size_t end = at + 1 < rows_.size() ? rows_[at + 1].cells : cells_.size();
  return Row(cells_).subspan(begin, end - begin);
}

std::vector<size_t> Table::Slots(EventSchema* schema) const {
  std::vector<size_t> slots;
  for (const Column& column : columns_) {
    slots.push_back(column.canonical < kCanonicalFields
                        ? column.canonical
                        : schema->AddDerived(prefix_ + column.name));
  }
  return slots;
}

void Table::Fill(Row row, std::span<const size_t> slots, Event* event) const {
  for (size_t i = 0; i < row.size(); ++i) {
    Value& value = event->fields[slots[i]];
    if (row[i] != 0 && !value.present()) value = {texts_[row[i]], numbers_[row[i]]};
  }
}

size_t Table::bytes() const {
  return keys_.bytes() + texts_.bytes() + newest_.capacity() * sizeof(uint32_t) +
         rows_.capacity() * sizeof(Entry) + cells_.capacity() * sizeof(uint32_t) +
         numbers_.capacity() * sizeof(double);
}

TableLoader::TableLoader(TableRules rules, Problems* problems)
    : rules_(std::move(rules)), problems_(problems) {
  table_->prefix_ = StrCat(rules_.what, ".");
  table_->texts_.Add("");
  table_->numbers_.push_back(Number(""));
}

void TableLoader::AddFile(const Located<std::string>& file, const TableFolder& folder) {
  const std::unique_ptr<CsvFile> csv = CsvFile::Open(file, folder, problems_);
  std::vector<size_t> columns;
  if (csv == nullptr || !ReadHeader(csv.get(), &columns)) {
    good_ = false;
    return;
  }
  const size_t first = rules_.dated ? 2 : 1;
  while (csv->Next()) {
    int32_t from = kAlways;
    if (csv->cell(0).empty()) {
      csv->Report(StrCat("expected a ", rules_.key, ", got an empty cell"));
      continue;
    }
    if (rules_.dated && !ReadFrom(csv.get(), &from)) continue;
    row_.assign(table_->columns_.size(), 0);
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string problem = SetCell(columns[i], csv->cell(first + i));
      if (!problem.empty()) csv->Report(problem);
    }
    const std::string problem = Insert(csv->cell(0), from, csv->mark().line);
    if (!problem.empty()) csv->Report(problem);
  }
  good_ = csv->good() && good_;
}

void TableLoader::AddRow(const std::string& key,
                         const std::map<std::string, Located<std::string>>& cells, const Mark& mark,
                         const std::string& path) {
  row_.clear();
  for (const auto& [name, text] : cells) {
    size_t column = 0;
    std::string problem;
    if (MakeColumn(name, &column, &problem)) {
      row_.resize(std::max(row_.size(), column + 1), 0);
      problem = SetCell(column, text.value);
    }
    if (!problem.empty()) Report(text.mark, text.path, problem);
  }
  const std::string problem = Insert(key, kAlways, mark.line);
  if (!problem.empty()) Report(mark, path, problem);
}

std::shared_ptr<const Table> TableLoader::Finish() {
  if (!good_) return nullptr;
  table_->keys_.Shrink();
  table_->texts_.Shrink();
  table_->newest_.shrink_to_fit();
  table_->rows_.shrink_to_fit();
  table_->cells_.shrink_to_fit();
  table_->numbers_.shrink_to_fit();
  return std::move(table_);
}

bool TableLoader::ReadHeader(CsvFile* file, std::vector<size_t>* columns) {
  const std::vector<std::string>& header = file->header();
  const size_t first = rules_.dated ? 2 : 1;
  if (header.size() <= first || header[0] != rules_.key || (rules_.dated && header[1] != "from")) {
    file->Report(StrCat("expected a header such as \"", ExampleHeader(rules_), "\", got \"",
                        Join(header, ",").substr(0, kShown), "\""));
    return false;
  }
  for (size_t i = first; i < header.size(); ++i) {
    size_t column = 0;
    std::string problem;
    if (MakeColumn(header[i], &column, &problem) &&
        std::find(columns->begin(), columns->end(), column) != columns->end()) {
      problem = StrCat("column \"", header[i], "\" stands twice; expected different names");
    }
    if (!problem.empty()) {
      file->Report(problem);
      return false;
    }
    columns->push_back(column);
  }
  return true;
}

bool TableLoader::ReadFrom(CsvFile* file, int32_t* from) {
  if (file->cell(1).empty()) return true;
  const std::optional<int64_t> day = ParseDay(file->cell(1));
  if (day) {
    *from = static_cast<int32_t>(*day);
  } else {
    file->ReportCell(1, "a date such as 2026-03-01, or nothing (always)");
  }
  return day.has_value();
}

// The column of that name, made on first use.
bool TableLoader::MakeColumn(const std::string& name, size_t* column, std::string* problem) {
  std::vector<Table::Column>& columns = table_->columns_;
  const auto known = std::find_if(columns.begin(), columns.end(),
                                  [&](const Table::Column& c) { return c.name == name; });
  *column = static_cast<size_t>(known - columns.begin());
  if (known != columns.end()) return true;
  const size_t field = static_cast<size_t>(std::find(kFieldNames.begin(), kFieldNames.end(), name) -
                                           kFieldNames.begin());
  const bool fills =
      std::find(rules_.fills.begin(), rules_.fills.end(), field) != rules_.fills.end();
  const bool free = field == kCanonicalFields && name != rules_.derived && name != rules_.key &&
                    IsValidUtf8(name) && !(rules_.dated && name == "from");
  if (name.empty() || (!fills && !free)) {
    std::string names;
    for (const size_t canonical : rules_.fills) names += StrCat(kFieldNames[canonical], ", ");
    *problem = StrCat("expected ", names, "or a name that is not in use, got \"", name,
                      "\"; rename the column, such as ", rules_.what, "_", name);
    return false;
  }
  columns.push_back({name, field});
  return true;
}

std::string TableLoader::SetCell(size_t column, const std::string& text) {
  Table& table = *table_;
  const uint32_t number = table.texts_.Add(text);
  if (number == table.numbers_.size()) table.numbers_.push_back(Number(text));
  row_[column] = number;
  const double value = table.numbers_[number];
  if (table.columns_[column].canonical != kSensitivity || text.empty() ||
      (value >= 0 && value <= 10)) {
    return "";
  }
  return StrCat("expected a sensitivity from 0 to 10, got \"",
                std::string_view(text).substr(0, kShown), "\"");
}

// The row in hand, among those of its key: newest first.
std::string TableLoader::Insert(std::string_view key, int32_t from, int line) {
  Table& table = *table_;
  const uint32_t number = table.keys_.Add(key);
  if (number == table.newest_.size()) table.newest_.push_back(Table::kNone);
  uint32_t* at = &table.newest_[number];
  while (*at != Table::kNone && table.rows_[*at].from > from) at = &table.rows_[*at].older;
  if (*at != Table::kNone && table.rows_[*at].from == from) {
    return StrCat("the ", rules_.what, " stands twice", rules_.dated ? " with this date" : "",
                  ", first in line ", table.rows_[*at].line, "; expected one row for each");
  }
  if (table.rows_.size() == Table::kNone - 1 || table.cells_.size() > Table::kNone - row_.size()) {
    return "the table is too large; expected at most 4,294,967,294 rows and cells";
  }
  const Table::Entry entry{from, *at, static_cast<uint32_t>(table.cells_.size()), line};
  *at = static_cast<uint32_t>(table.rows_.size());
  table.rows_.push_back(entry);
  table.cells_.insert(table.cells_.end(), row_.begin(), row_.end());
  return "";
}

void TableLoader::Report(const Mark& mark, const std::string& path, std::string_view message) {
  problems_->Add(mark, path, message);
  good_ = false;
}

}  // namespace bongsu
