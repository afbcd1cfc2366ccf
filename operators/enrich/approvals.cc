#include "operators/enrich/approvals.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "operators/enrich/csv_file.h"
#include "operators/enrich/local_time.h"

namespace bongsu {

std::shared_ptr<const Approvals> Approvals::Load(const Located<std::string>& file,
                                                 const TableFolder& folder, Problems* problems) {
  const std::unique_ptr<CsvFile> csv = CsvFile::Open(file, folder, problems);
  if (csv == nullptr || !csv->ExpectHeader("user_id,kind,from,to")) return nullptr;
  const auto approvals = std::make_shared<Approvals>();
  std::array<std::vector<Row>, kKinds> rows;
  while (csv->Next()) {
    const bool overtime = csv->cell(1) == "overtime";
    const std::optional<int64_t> from = ParseLocalTime(csv->cell(2));
    const std::optional<int64_t> to = ParseLocalTime(csv->cell(3));
    constexpr std::string_view kTime = "a local time such as 2026-03-02T18:00";
    if (csv->cell(0).empty()) {
      csv->Report("expected a user_id, got an empty cell");
    } else if (!overtime && csv->cell(1) != "leave") {
      csv->ReportCell(1, "overtime or leave");
    } else if (!from) {
      csv->ReportCell(2, kTime);
    } else if (!to) {
      csv->ReportCell(3, kTime);
    } else if (*from >= *to) {
      csv->ReportCell(3, "an end after " + csv->cell(2));
    } else {
      rows[overtime ? kOvertime : kLeave].push_back(
          {approvals->users_.Add(csv->cell(0)), {*from, *to}});
    }
  }
  if (!csv->good()) return nullptr;
  for (size_t kind = 0; kind < kKinds; ++kind) {
    approvals->periods_[kind] = Merge(std::move(rows[kind]), approvals->users_.size());
  }
  return approvals;
}

Approvals::Periods Approvals::Merge(std::vector<Row> rows, size_t users) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::pair(a.user, a.period.from) < std::pair(b.user, b.period.from);
  });
  Periods merged;
  for (const Row& row : rows) {
    while (merged.first.size() <= row.user) {
      merged.first.push_back(static_cast<uint32_t>(merged.all.size()));
    }
    const bool continues =
        merged.all.size() > merged.first.back() && merged.all.back().to >= row.period.from;
    if (continues) {
      merged.all.back().to = std::max(merged.all.back().to, row.period.to);
    } else {
      merged.all.push_back(row.period);
    }
  }
  merged.first.resize(users + 1, static_cast<uint32_t>(merged.all.size()));
  return merged;
}

bool Approvals::Periods::Cover(uint32_t user, int64_t local) const {
  const auto begin = all.begin() + first[user], end = all.begin() + first[user + 1];
  const auto after = std::upper_bound(
      begin, end, local, [](int64_t time, const Period& period) { return time < period.from; });
  return after != begin && local < (after - 1)->to;
}

Approvals::Approved Approvals::At(std::string_view user, int64_t local) const {
  const std::optional<uint32_t> number = users_.Find(user);
  if (!number) return {};
  return {periods_[kOvertime].Cover(*number, local), periods_[kLeave].Cover(*number, local)};
}

}  // namespace bongsu
