// The days without office hours: written in the configuration, or read from CSV files
// `date,name,kind`, one for each country or company (deploy/calendars/kr.csv). Built with the
// pipeline, then only asked; the kind is for the reader of the file, each kind is a day off.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/fields.h"
#include "operators/enrich/csv_file.h"

namespace bongsu {

class Holidays final {
 public:
  // False, with the problems, when a date is none or a file cannot be used.
  bool AddDates(const std::vector<Located<std::string>>& dates, Problems* problems);
  bool AddFiles(const std::vector<Located<std::string>>& files, const TableFolder& folder,
                Problems* problems);

  // Whether `day` (since 1970-01-01) is one.
  bool Contains(int64_t day) const { return std::binary_search(days_.begin(), days_.end(), day); }

 private:
  bool AddFile(const Located<std::string>& file, const TableFolder& folder, Problems* problems);

  std::vector<int64_t> days_;  // Sorted.
};

}  // namespace bongsu
