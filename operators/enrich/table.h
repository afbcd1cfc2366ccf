// A table that says more about a key than the event does: persons, resources. Rows come from a CSV
// file, from the configuration, or both; rows of a dated table hold from a day on. TableLoader
// reads and checks, on the thread that builds the pipeline; the Table it makes never changes and is
// shared by all shards. Finding a row is one hash look-up, and a step for each row of the key that
// is newer than the event.
//
// What a row costs: the bytes of its key, about 36 more, and 4 for each column; every different
// cell text is kept once. Ten million persons with ids of 10 bytes and 5 columns take 0.65 GB, and
// half as much again (with the text of the file) while they are read.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/fields.h"
#include "operators/enrich/csv_file.h"
#include "operators/enrich/string_pool.h"

namespace bongsu {

inline constexpr int32_t kAlways = std::numeric_limits<int32_t>::min();

class Table final {
 public:
  struct Column {
    std::string name;
    size_t canonical = kCanonicalFields;  // The field of the event it fills, or none.
  };
  // By column; what is not there is empty. A view into the table.
  using Row = std::span<const uint32_t>;

  // The row of `key` that holds on `day` (since 1970-01-01), empty when there is none.
  Row Find(std::string_view key, int32_t day = 0) const;
  // Where each column goes; declares the derived fields.
  std::vector<size_t> Slots(EventSchema* schema) const;
  // Fills what the event does not say yet. The views it sets live as long as the table.
  void Fill(Row row, std::span<const size_t> slots, Event* event) const;

  const std::vector<Column>& columns() const { return columns_; }
  size_t rows() const { return rows_.size(); }
  size_t bytes() const;  // Of memory.

 private:
  friend class TableLoader;
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Entry {
    int32_t from;
    uint32_t older;  // The next row of the same key, or kNone.
    uint32_t cells;  // Where they begin.
    int line;
  };

  std::string prefix_;  // Of the derived fields: "resource.".
  std::vector<Column> columns_;
  StringPool keys_;
  std::vector<uint32_t> newest_;  // By key.
  std::vector<Entry> rows_;
  std::vector<uint32_t> cells_;  // Of all rows, one after another; numbers of `texts_`.
  StringPool texts_;             // 0 is empty.
  std::vector<double> numbers_;  // By text.
};

// What a kind of table may hold.
struct TableRules {
  std::string_view what;      // Of what a row is: "resource".
  std::string_view key;       // The first column.
  bool dated = false;         // The second column is "from".
  std::vector<size_t> fills;  // Canonical fields that a column may fill.
  std::string_view derived;   // A column that the operator derives itself and that no table has.
};

class TableLoader final {
 public:
  using Cells = std::vector<std::pair<size_t, Located<std::string>>>;  // By column.

  TableLoader(TableRules rules, Problems* problems);
  void AddFile(const Located<std::string>& file, const TableFolder& folder);
  // One row of a table that is not dated; `mark` and `path` say where it stands. The cells are by
  // name of their column.
  void AddRow(const std::string& key, const std::map<std::string, Located<std::string>>& cells,
              const Mark& mark, const std::string& path);
  // The table, or null when there was a problem.
  std::shared_ptr<const Table> Finish();

 private:
  bool ReadHeader(CsvFile* file, std::vector<size_t>* columns);
  bool ReadFrom(CsvFile* file, int32_t* from);
  bool MakeColumn(const std::string& name, size_t* column, std::string* problem);
  // The problem, or empty.
  std::string SetCell(size_t column, const std::string& text);
  std::string Insert(std::string_view key, int32_t from, int line);
  void Report(const Mark& mark, const std::string& path, std::string_view message);

  const TableRules rules_;
  Problems* const problems_;
  bool good_ = true;
  std::vector<uint32_t> row_;  // The cells of the row in hand.
  std::shared_ptr<Table> table_ = std::make_shared<Table>();
};

}  // namespace bongsu
