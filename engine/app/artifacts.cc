#include "engine/app/artifacts.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "engine/app/visit_records.h"
#include "engine/base/strings.h"
#include "engine/config/load.h"
#include "engine/core/artifacts.h"

namespace bongsu {
namespace {

using Parts = std::map<std::string, std::map<size_t, std::string>>;  // By name and number.

// Takes the record into `parts` if it is of one of the wanted names.
void Take(const Record& record, const std::vector<std::string>& names, Parts* parts) {
  std::string name(record.key);
  size_t part = 0;
  if (const size_t dot = name.rfind('.'); dot != std::string::npos) {
    const char* const end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + dot + 1, end, part);
    if (parsed.ec == std::errc() && parsed.ptr == end) name.resize(dot);
  }
  if (std::find(names.begin(), names.end(), name) != names.end())
    (*parts)[name][part] = record.value;
}

Artifacts Join(const Parts& parts) {
  Artifacts found;
  for (const auto& [name, pieces] : parts) {
    std::string& bytes = found[name];
    for (const auto& [number, piece] : pieces) bytes += piece;
  }
  return found;
}

}  // namespace

Result<Artifacts> ReadArtifactTopic(Log& log, const std::string& topic,
                                    const std::vector<std::string>& names, int32_t partition) {
  Parts parts;
  BONGSU_ASSIGN_OR_RETURN(const int32_t partitions, log.Partitions(topic));
  for (int32_t p = std::max(partition, 0); p < (partition < 0 ? partitions : partition + 1); ++p) {
    BONGSU_RETURN_IF_ERROR(VisitRecords(log, {topic, p}, 0, [&](const Record& record) {
      Take(record, names, &parts);
      return Status::Ok();
    }));
  }
  return Join(parts);
}

Result<Artifacts> ReadArchive(const std::string& directory, const std::vector<std::string>& names) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return Status::NotFound(
        StrCat("archive: \"", directory, "\" is no directory; expected that of sinks.archive"));
  }
  Artifacts found;
  for (const std::string& name : names) {
    for (size_t part = 0;; ++part) {
      const std::string path = StrCat(directory, '/', PartName(name, part));
      if (!std::filesystem::exists(path, error)) break;
      const Result<std::string> bytes = ReadConfigFile(path);
      if (!bytes.ok())
        return Status::Unavailable(StrCat("archive: ", path, ": ", bytes.status().message()));
      found[name] += *bytes;
    }
  }
  return found;
}

}  // namespace bongsu
