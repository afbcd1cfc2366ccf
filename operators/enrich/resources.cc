#include "operators/enrich/resources.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unordered_map>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "operators/enrich/csv.h"

namespace bongsu {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMaxCell = 256;

struct Cell {
  std::string text;  // Empty = the table says nothing.
  double number = kNone;
};

struct Row {
  std::vector<Cell> cells;  // By column of the table.
  Mark mark;
};

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return static_cast<size_t>(Hash64(text)); }
};

std::optional<double> Number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The rows of all sources, with one column a slot.
class Table {
 public:
  explicit Table(BuildContext* context) : context_(context) {}

  // The column of that name, made on first use; nullopt, with the problem, when it cannot be.
  std::optional<size_t> Column(const Located<std::string>& name) {
    const auto known = std::find(names_.begin(), names_.end(), name.value);
    if (known != names_.end()) return static_cast<size_t>(known - names_.begin());
    const bool fills = name.value == "sensitivity" || name.value == "resource_type";
    const auto canonical = std::find(kFieldNames.begin(), kFieldNames.end(), name.value);
    if (name.value.empty() || (!fills && canonical != kFieldNames.end())) {
      Report(name.mark, name.path,
             StrCat("expected sensitivity, resource_type or a name that is not a field of the "
                    "event, got \"",
                    name.value, "\"; rename the column, such as owner_", name.value));
      return std::nullopt;
    }
    names_.push_back(name.value);
    slots_.push_back(fills ? static_cast<size_t>(canonical - kFieldNames.begin())
                           : context_->schema.fields.AddDerived("resource." + name.value));
    return names_.size() - 1;
  }

  void Add(const std::string& id, const std::vector<std::pair<size_t, Located<std::string>>>& cells,
           const Mark& mark, const std::string& path) {
    const auto [row, fresh] = rows_.try_emplace(id, Row{{}, mark});
    if (!fresh) {
      Report(mark, path,
             StrCat("resource \"", std::string_view(id).substr(0, kMaxCell),
                    "\" stands twice, first in line ", row->second.mark.line,
                    "; expected one row for each"));
      return;
    }
    for (const auto& [column, text] : cells) {
      row->second.cells.resize(std::max(row->second.cells.size(), column + 1));
      row->second.cells[column] = MakeCell(column, text);
    }
  }

  void Report(const Mark& mark, const std::string& path, const std::string& message) {
    context_->problems.Add(mark, path, message);
    good_ = false;
  }

  bool good() const { return good_; }
  const std::vector<size_t>& slots() const { return slots_; }
  const Row* Find(std::string_view id) const {
    const auto found = rows_.find(id);
    return found == rows_.end() ? nullptr : &found->second;
  }

 private:
  Cell MakeCell(size_t column, const Located<std::string>& text) {
    Cell cell{text.value, Number(text.value).value_or(kNone)};
    if (slots_[column] == kSensitivity && !text.value.empty() &&
        !(cell.number >= 0 && cell.number <= 10)) {
      Report(text.mark, text.path,
             StrCat("expected a sensitivity from 0 to 10, got \"",
                    std::string_view(text.value).substr(0, kMaxCell), "\""));
    }
    return cell;
  }

  BuildContext* context_;
  bool good_ = true;
  std::vector<std::string> names_;
  std::vector<size_t> slots_;  // By column: the field that it fills.
  std::unordered_map<std::string, Row, StringHash, std::equal_to<>> rows_;
};

class Resources final : public Operator {
 public:
  Resources(Table table, std::optional<double> default_sensitivity) : table_(std::move(table)) {
    if (default_sensitivity) default_ = {StrCat(*default_sensitivity), *default_sensitivity};
  }

  Result<Flow> Process(Event& event, Context&) override {
    const Value id = event.fields[kResourceId];
    const Row* const row = id.present() ? table_.Find(id.text) : nullptr;
    for (size_t i = 0; row != nullptr && i < row->cells.size(); ++i) {
      Value& value = event.fields[table_.slots()[i]];
      const Cell& cell = row->cells[i];
      if (!value.present() && !cell.text.empty()) value = {cell.text, cell.number};
    }
    Value& sensitivity = event.fields[kSensitivity];
    if (id.present() && !sensitivity.present() && !default_.text.empty()) {
      sensitivity = {default_.text, default_.number};
    }
    return Flow::kNext;
  }

 private:
  const Table table_;
  Cell default_;
};

std::optional<std::string> ReadFile(const Located<std::string>& file, const std::string& base_dir,
                                    Table* table) {
  const std::filesystem::path path = std::filesystem::path(base_dir) / file.value;
  std::error_code error;
  std::ifstream in;
  if (std::filesystem::is_regular_file(path, error)) in.open(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.is_open() && !in.bad()) return text;
  table->Report(file.mark, file.path,
                StrCat("cannot read \"", file.value,
                       "\"; expected a CSV file, relative to the "
                       "configuration file"));
  return std::nullopt;
}

// The column of each cell of the header; its first must be resource_id.
std::optional<std::vector<size_t>> ReadHeader(const CsvRow& header, const Mark& mark,
                                              Table* table) {
  if (header.cells.front() != "resource_id" || header.cells.size() < 2) {
    table->Report(mark, "",
                  StrCat("expected a header such as \"resource_id,sensitivity\", got \"",
                         Join(header.cells, ",").substr(0, kMaxCell), "\""));
    return std::nullopt;
  }
  std::vector<size_t> columns;
  for (size_t i = 1; i < header.cells.size(); ++i) {
    const std::optional<size_t> column = table->Column({header.cells[i], mark, ""});
    if (!column) return std::nullopt;
    if (std::find(columns.begin(), columns.end(), *column) != columns.end()) {
      table->Report(
          mark, "",
          StrCat("column \"", header.cells[i], "\" stands twice; expected different names"));
      return std::nullopt;
    }
    columns.push_back(*column);
  }
  return columns;
}

void AddFile(const Located<std::string>& file, const std::string& base_dir, Table* table) {
  const std::optional<std::string> text = ReadFile(file, base_dir, table);
  if (!text) return;
  const Result<std::vector<CsvRow>> rows = ParseCsv(*text);
  if (!rows.ok() || rows->empty()) {
    table->Report(file.mark, file.path,
                  rows.ok() ? StrCat("\"", file.value, "\" is empty; expected a header")
                            : StrCat(file.value, ": ", rows.status().message()));
    return;
  }
  const auto name = std::make_shared<const std::string>(file.value);
  const auto columns = ReadHeader(rows->front(), {name, rows->front().line, 1}, table);
  if (!columns) return;
  for (size_t r = 1; r < rows->size(); ++r) {
    const CsvRow& row = (*rows)[r];
    const Mark mark{name, row.line, 1};
    if (row.cells.size() != columns->size() + 1 || row.cells.front().empty()) {
      table->Report(
          mark, "",
          StrCat("expected a resource_id and ", columns->size(), " more cells, got ",
                 row.cells.size(), " cells", row.cells.front().empty() ? ", the first empty" : ""));
      continue;
    }
    std::vector<std::pair<size_t, Located<std::string>>> cells;
    for (size_t i = 0; i < columns->size(); ++i) {
      cells.push_back({(*columns)[i], {row.cells[i + 1], mark, ""}});
    }
    table->Add(row.cells.front(), cells, mark, "");
  }
}

void AddRows(const ResourcesOptions& options, BuildContext& context, Table* table) {
  for (const auto& [id, entries] : options.rows) {
    Mark mark = context.mark;
    std::vector<std::pair<size_t, Located<std::string>>> cells;
    for (const auto& [name, text] : entries) {
      mark = text.mark;
      const std::optional<size_t> column = table->Column({name, text.mark, text.path});
      if (column) cells.push_back({*column, text});
    }
    table->Add(id, cells, mark, StrCat(context.path, ".rows.", id));
  }
}

std::unique_ptr<Operator> Build(const ResourcesOptions& options, BuildContext& context) {
  Table table(&context);
  if (!options.file.value.empty()) AddFile(options.file, context.base_dir, &table);
  AddRows(options, context, &table);
  if (!table.good()) return nullptr;
  return std::make_unique<Resources>(std::move(table), options.default_sensitivity);
}

}  // namespace

const FieldTable<ResourcesOptions>& ResourcesOptions::Fields() {
  static const auto table =
      FieldTable<ResourcesOptions>()
          .Field("file", &ResourcesOptions::file,
                 "A CSV file with a header, resource_id first; relative to the configuration file.")
          .Field("rows", &ResourcesOptions::rows,
                 "Rows written here: resource_id: {column: value}.")
          .Field("default_sensitivity", &ResourcesOptions::default_sensitivity,
                 "Of resources about which neither event nor table says it.")
          .Min(0)
          .Max(10);
  return table;
}

OperatorSpec ResourcesSpec() {
  return Spec<ResourcesOptions>("resources", Stage::kEnrich)
      .Summary("Adds what is known about the touched resource: sensitivity, type, owner.")
      .Example(
          "resources: {rows: {customer_db: {sensitivity: 9, owner: retail}, "
          "wiki: {sensitivity: 1, owner: it}}, default_sensitivity: 3}")
      .Details(
          "The columns `sensitivity` (0-10) and `resource_type` fill those fields where the event "
          "has none; what was observed is never changed. Any other column becomes the derived "
          "field `resource.<column>`. Events without `resource_id` stay as they are. A bad row is "
          "a problem with file and line, and nothing starts.")
      .Build(Build);
}

}  // namespace bongsu
