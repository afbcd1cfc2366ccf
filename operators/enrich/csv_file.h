// A CSV file that a configuration names: a header, then rows of as many cells, in UTF-8. Finds what
// is wrong with it and reports it with file and line, as problems of the configuration. Used while
// a pipeline is built, on the thread that builds it; the whole text is in memory meanwhile.
//
// Messages name lines, not people: what is in a table of persons never enters a log.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/config_node.h"
#include "engine/core/fields.h"
#include "engine/core/spec.h"
#include "operators/enrich/csv.h"

namespace bongsu {

// Where tables come from.
struct TableFolder {
  // NOLINTNEXTLINE(google-explicit-constructor): most often only the directory is of interest.
  TableFolder(std::string directory) : base_dir(std::move(directory)) {}
  explicit TableFolder(const BuildContext& context)
      : base_dir(context.base_dir), read(context.read_file) {}
  std::string base_dir;     // Relative names start here.
  ReadFile read = nullptr;  // Null: from the disk.
};

class CsvFile final {
 public:
  // Null, with the problem at the place of the name, when the file cannot be read or has no header.
  static std::unique_ptr<CsvFile> Open(const Located<std::string>& file, const TableFolder& folder,
                                       Problems* problems);

  const std::vector<std::string>& header() const { return header_; }
  // False, with a problem, unless the header is `expected`.
  bool ExpectHeader(std::string_view expected);

  // Goes to the next row that has the cells of the header; rows that have not are problems. False
  // at the end, and after so many problems that more of them help nobody.
  bool Next();
  const std::string& cell(size_t column) const { return row_.cells[column]; }
  // Of the current row; before Next, of the header.
  Mark mark() const { return {name_, row_.line, 1}; }
  void Report(std::string_view message);
  // `expected <what>, got "<cell>"`.
  void ReportCell(size_t column, std::string_view what);

  bool good() const { return reported_ == 0; }

 private:
  CsvFile(const Located<std::string>& file, std::string text, Problems* problems);
  bool NextRow();

  const Located<std::string> file_;
  const std::shared_ptr<const std::string> name_;
  const std::string text_;
  Problems* const problems_;
  CsvReader reader_;
  std::vector<std::string> header_;
  CsvRow row_;
  int reported_ = 0;
};

}  // namespace bongsu
