#include "engine/io/file/file_cursor.h"

#include <cstdint>
#include <limits>

#include "engine/base/strings.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {

std::string FileCursorKey(std::string_view source, std::string_view path) {
  return StrCat(source, '/', path);
}

std::string EncodeFileCursor(const FileCursor& cursor) {
  std::string json;
  JsonWriter(&json)
      .BeginObject()
      .Key("path")
      .String(cursor.path)
      .Key("partition")
      .Int(cursor.partition)
      .Key("next")
      .Int(cursor.next)
      .EndObject();
  return json;
}

Result<FileCursor> ParseFileCursor(std::string_view json) {
  JsonReader reader({.bytes = 64 * 1024, .depth = 4, .unique_keys = true});
  const auto root = reader.Parse(json);
  if (!root) return Status::Corrupt(StrCat("file cursor: ", reader.message()));
  const auto path = root->Find("path");
  const auto partition = root->Find("partition");
  const auto next = root->Find("next");
  const auto whole = [](const std::optional<JsonValue>& value, int64_t high) {
    return value && value->kind() == JsonValue::Kind::kInt && value->AsInt() >= 0 &&
           value->AsInt() <= high;
  };
  if (!path || !path->is_string() || !whole(partition, std::numeric_limits<int32_t>::max()) ||
      !whole(next, std::numeric_limits<int64_t>::max())) {
    return Status::Corrupt("file cursor: expected path, partition and next, got something else");
  }
  return FileCursor{std::string(path->AsString()), static_cast<int32_t>(partition->AsInt()),
                    next->AsInt()};
}

}  // namespace bongsu
