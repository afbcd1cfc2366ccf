#include "engine/app/ingest_state.h"

#include "engine/app/visit_records.h"

namespace bongsu {
namespace {

constexpr std::string_view kVersionOf = "version@", kArtifact = "artifact@";

Status Take(const Record& record, IngestState* state) {
  const std::string_view key = record.key;
  if (key == "version") {
    state->version = record.value;
  } else if (key.starts_with(kVersionOf)) {
    state->versions[std::string(key.substr(kVersionOf.size()))] = record.value;
  } else if (key.starts_with(kArtifact)) {
    state->artifacts.emplace(key.substr(kArtifact.size()));
  } else if (const size_t slash = key.find('/');
             slash != std::string_view::npos && !record.value.empty()) {
    BONGSU_ASSIGN_OR_RETURN(FileCursor cursor, ParseFileCursor(record.value));
    state->cursors[std::string(key.substr(0, slash))][cursor.path] = cursor;
  }
  return Status::Ok();
}

}  // namespace

Result<IngestState> ReadIngestState(Log& log, const std::string& topic) {
  IngestState state;
  BONGSU_RETURN_IF_ERROR(
      VisitRecords(log, {topic, 0}, 0, [&](const Record& record) { return Take(record, &state); }));
  return state;
}

}  // namespace bongsu
