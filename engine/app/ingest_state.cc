#include "engine/app/ingest_state.h"

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
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader, log.NewReader({topic, 0}, 0));
  const std::unique_ptr<RecordBatch> batch = reader->NewBatch();
  for (bool at_end = false; !at_end;) {
    batch->Clear();
    BONGSU_RETURN_IF_ERROR(reader->Poll(std::chrono::seconds(10), batch.get(), &at_end));
    for (const Record& record : batch->records()) BONGSU_RETURN_IF_ERROR(Take(record, &state));
  }
  return state;
}

}  // namespace bongsu
