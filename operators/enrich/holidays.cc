#include "operators/enrich/holidays.h"

#include <optional>

#include "engine/base/strings.h"
#include "operators/enrich/csv_file.h"
#include "operators/enrich/local_time.h"

namespace bongsu {
namespace {

constexpr std::string_view kDate = "a date such as 2026-03-01";

const std::vector<std::string>& Kinds() {
  static const std::vector<std::string> kinds = {"public", "substitute", "temporary", "labor",
                                                 "company"};
  return kinds;
}

}  // namespace

bool Holidays::AddDates(const std::vector<Located<std::string>>& dates, Problems* problems) {
  bool good = true;
  for (const Located<std::string>& text : dates) {
    const std::optional<int64_t> day = ParseDay(text.value);
    if (day) {
      days_.push_back(*day);
      continue;
    }
    problems->Add(
        text.mark, text.path,
        StrCat("expected ", kDate, ", got \"", std::string_view(text.value).substr(0, 100), "\""));
    good = false;
  }
  std::sort(days_.begin(), days_.end());
  return good;
}

bool Holidays::AddFiles(const std::vector<Located<std::string>>& files, const TableFolder& folder,
                        Problems* problems) {
  bool good = true;
  for (const Located<std::string>& file : files) good = AddFile(file, folder, problems) && good;
  std::sort(days_.begin(), days_.end());
  return good;
}

bool Holidays::AddFile(const Located<std::string>& file, const TableFolder& folder,
                       Problems* problems) {
  const std::unique_ptr<CsvFile> csv = CsvFile::Open(file, folder, problems);
  if (csv == nullptr || !csv->ExpectHeader("date,name,kind")) return false;
  while (csv->Next()) {
    const std::optional<int64_t> day = ParseDay(csv->cell(0));
    if (day) {
      days_.push_back(*day);
    } else {
      csv->ReportCell(0, kDate);
    }
    if (std::find(Kinds().begin(), Kinds().end(), csv->cell(2)) == Kinds().end()) {
      csv->ReportCell(2, StrCat("one of ", Join(Kinds(), ", ")));
    }
  }
  return csv->good();
}

}  // namespace bongsu
