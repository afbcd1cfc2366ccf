#include "operators/enrich/csv_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr int kMaxProblems = 50;
constexpr size_t kShown = 256;  // Of a value in a message.

std::optional<std::string> ReadAll(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  const uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || !in) return std::nullopt;
  std::string text(static_cast<size_t>(size), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return in.bad() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

std::unique_ptr<CsvFile> CsvFile::Open(const Located<std::string>& file, const TableFolder& folder,
                                       Problems* problems) {
  const std::filesystem::path path =
      (std::filesystem::path(folder.base_dir) / file.value).lexically_normal();
  std::optional<std::string> text;
  if (folder.read) {
    if (Result<std::string> bytes = folder.read(path.string()); bytes.ok())
      text = *std::move(bytes);
  } else {
    text = ReadAll(path);
  }
  if (!text) {
    problems->Add(file.mark, file.path,
                  StrCat("cannot read \"", file.value,
                         "\"; expected a CSV file, relative to the configuration file"));
    return nullptr;
  }
  std::unique_ptr<CsvFile> opened(new CsvFile(file, *std::move(text), problems));
  if (!opened->NextRow()) {
    if (opened->good()) {
      problems->Add(file.mark, file.path,
                    StrCat("\"", file.value, "\" is empty; expected a header"));
    }
    return nullptr;
  }
  opened->header_ = opened->row_.cells;
  return opened;
}

CsvFile::CsvFile(const Located<std::string>& file, std::string text, Problems* problems)
    : file_(file),
      name_(std::make_shared<const std::string>(file.value)),
      text_(std::move(text)),
      problems_(problems),
      reader_(text_) {}

bool CsvFile::NextRow() {
  const Result<bool> more = reader_.Next(&row_);
  if (more.ok()) return *more;
  problems_->Add(file_.mark, file_.path, StrCat(file_.value, ": ", more.status().message()));
  ++reported_;
  return false;
}

bool CsvFile::ExpectHeader(std::string_view expected) {
  if (Join(header_, ",") == expected) return true;
  Report(StrCat("expected the header \"", expected, "\", got \"",
                Join(header_, ",").substr(0, kShown), "\""));
  return false;
}

bool CsvFile::Next() {
  while (reported_ < kMaxProblems && NextRow()) {
    if (row_.cells.size() != header_.size()) {
      Report(StrCat("expected ", header_.size(), " cells, as the header has, got ",
                    row_.cells.size()));
    } else if (!std::all_of(row_.cells.begin(), row_.cells.end(),
                            [](const std::string& text) { return IsValidUtf8(text); })) {
      Report("expected UTF-8, got other bytes; save the file as \"CSV UTF-8\"");
    } else {
      return true;
    }
  }
  return false;
}

void CsvFile::Report(std::string_view message) {
  problems_->Add(mark(), "", message);
  if (++reported_ == kMaxProblems) {
    problems_->Add(mark(), "", StrCat("the rest is not read after ", kMaxProblems, " problems"));
  }
}

void CsvFile::ReportCell(size_t column, std::string_view what) {
  Report(StrCat("expected ", what, ", got \"", std::string_view(cell(column)).substr(0, kShown),
                "\""));
}

}  // namespace bongsu
