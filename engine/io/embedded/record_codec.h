// How the embedded log lays a record and its keys down in the database
// (engine/io/embedded/README.md). Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/log.h"

namespace bongsu::embedded_internal {

inline constexpr std::string_view kFormatKey = "l/v";
inline constexpr std::string_view kTopicPrefix = "l/t";
inline constexpr std::string_view kBoundsPrefix = "l/n";
inline constexpr std::string_view kGroupPrefix = "l/g";
inline constexpr std::string_view kRecordPrefix = "l/r";
inline constexpr std::string_view kCompactPrefix = "l/c";  // Partitions whose index is whole.
inline constexpr std::string_view kIndexPrefix = "l/k";    // Partition and key -> newest offset.
inline constexpr size_t kRecordKeyBytes = 15;  // Short enough to live inside a std::string.

// Where a partition lies: the number of its topic, given when the topic was made, and its own.
struct Place {
  uint16_t topic = 0;
  uint16_t partition = 0;
  bool operator==(const Place&) const = default;
};

std::string RecordKey(Place place, int64_t offset);
int64_t OffsetOfRecordKey(std::string_view key);  // Of a key that RecordKey made.

std::string PlaceBytes(Place place);
std::optional<Place> ParsePlace(std::string_view bytes);

void AppendNumber(int64_t number, std::string* out);  // Eight little-endian bytes.
int64_t NumberAt(std::string_view bytes, size_t at);

// kInvalid when a name or value is longer than the format can say.
Result<std::string> EncodeRecord(Timestamp timestamp, std::string_view key,
                                 std::optional<std::string_view> value,
                                 std::span<const Header> headers);

// The key of what EncodeRecord made.
Result<std::string_view> KeyOfRecord(std::string_view bytes);

// Fills `record` with views into `bytes` (not its offset) and appends its headers to `*headers`;
// returns how many there were. A record without value has a `value` whose data() is null.
Result<size_t> DecodeRecord(std::string_view bytes, Record* record, std::vector<Header>* headers);

}  // namespace bongsu::embedded_internal
