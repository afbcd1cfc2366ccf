#include "engine/app/trial.h"

#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "engine/base/strings.h"
#include "engine/io/file/record_file.h"

namespace bongsu {
namespace {

constexpr size_t kLongestRecord = size_t{1} << 20;

class RecordLines final : public LineReader {
 public:
  RecordLines(std::string name, std::unique_ptr<ByteSource> source)
      : name_(std::move(name)), file_(std::move(source), kLongestRecord) {}

  Result<bool> Next(std::string_view* line) override {
    RecordFile::Item item;
    BONGSU_ASSIGN_OR_RETURN(const bool more, file_.Next(Duration(0), &item));
    if (more && !item.broken.empty()) {
      return Status::Invalid(StrCat(name_, ": byte ", item.offset, ": ", item.broken));
    }
    *line = item.bytes;
    return more;
  }

 private:
  const std::string name_;
  RecordFile file_;
};

}  // namespace

Status WriteLabelsFile(std::span<const Label> labels, const std::string& path) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<JsonLinesWriter> file, JsonLinesWriter::Make(path));
  std::string text = FormatLabels(labels);
  text.pop_back();
  BONGSU_RETURN_IF_ERROR(file->Append(text));
  return file->Finish();
}

Status WriteTables(const Bank& bank, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  std::map<std::string, std::unique_ptr<JsonLinesWriter>, std::less<>> files;
  BONGSU_RETURN_IF_ERROR(bank.ForEachTableLine([&](std::string_view name, std::string_view line) {
    auto file = files.find(name);
    if (file == files.end()) {
      BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<JsonLinesWriter> made,
                              JsonLinesWriter::Make(StrCat(directory, "/", name)));
      file = files.emplace(name, std::move(made)).first;
    }
    return file->second->Append(line);
  }));
  for (const auto& [name, file] : files) BONGSU_RETURN_IF_ERROR(file->Finish());
  return Status::Ok();
}

std::vector<LineFile> LineFiles(const std::vector<std::string>& paths) {
  std::vector<LineFile> files;
  for (const std::string& path : paths) {
    const auto open = [path]() -> Result<std::unique_ptr<LineReader>> {
      BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> source, ByteSource::Open(path));
      return std::unique_ptr<LineReader>(new RecordLines(path, std::move(source)));
    };
    files.push_back({path, open});
  }
  return files;
}

Environment TrialEnvironment(const std::string& tables, const std::string& budget) {
  std::error_code error;
  return [tables = tables.empty() ? "" : std::filesystem::absolute(tables, error).string(),
          budget](const std::string& name) -> std::optional<std::string> {
    if (name == "BONGSU_TABLES" && !tables.empty()) return tables;
    if (name == "BONGSU_BUDGET") return budget;
    return ProcessEnvironment()(name);
  };
}

Result<Trial> RunTrial(EngineConfig config, const std::string& events,
                       std::span<const Label> labels, const ReplayOptions& options) {
  SourceOptions source;
  source.name.value = "demo";  // Part of the ids of alerts: the same events, the same alerts.
  source.files = {events};
  config.sources = {source};
  config.kafka.partitions = 1;
  Trial trial;
  BONGSU_ASSIGN_OR_RETURN(trial.replay, Replay(config, options));
  BONGSU_ASSIGN_OR_RETURN(trial.judgement, Judge(trial.replay.alert_json, labels));
  return trial;
}

}  // namespace bongsu
