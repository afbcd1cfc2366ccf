// How far a file has been read: the value of a record in bongsu.ingest-state (key
// "<source>/<path>").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace bongsu {

struct FileCursor {
  std::string path;
  int32_t partition = 0;  // The file's number within its source; it never changes.
  int64_t next = 0;       // Every record that starts before this (uncompressed) byte has been read.
  bool operator==(const FileCursor&) const = default;
};

std::string FileCursorKey(std::string_view source, std::string_view path);
// {"path":…,"partition":…,"next":…}
std::string EncodeFileCursor(const FileCursor& cursor);
Result<FileCursor> ParseFileCursor(std::string_view json);

}  // namespace bongsu
