#include "engine/io/embedded/record_codec.h"

#include <limits>

#include "engine/base/strings.h"

namespace bongsu::embedded_internal {
namespace {

// timestamp, has a value, key bytes, value bytes, headers.
constexpr size_t kFixedBytes = 8 + 1 + 4 + 4 + 2;
constexpr size_t kHeaderBytes = 2 + 4;

void AppendLittle(uint64_t number, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(number >> (8 * i)));
}

uint64_t LittleAt(std::string_view bytes, size_t at, size_t count) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i) {
    number |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  }
  return number;
}

void AppendBig(uint64_t number, int bytes, std::string* out) {
  for (int i = bytes - 1; i >= 0; --i) out->push_back(static_cast<char>(number >> (8 * i)));
}

uint64_t BigAt(std::string_view bytes, size_t at, size_t count) {
  uint64_t number = 0;
  for (size_t i = 0; i < count; ++i) number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  return number;
}

Status Damaged(size_t size) {
  return Status::Corrupt(
      StrCat("embedded log: a record of ", size,
             " bytes is damaged; set the store aside and start from the source"));
}

}  // namespace

std::string PlaceBytes(Place place) {
  std::string bytes;
  AppendBig(place.topic, 2, &bytes);
  AppendBig(place.partition, 2, &bytes);
  return bytes;
}

std::optional<Place> ParsePlace(std::string_view bytes) {
  if (bytes.size() != 4) return std::nullopt;
  return Place{static_cast<uint16_t>(BigAt(bytes, 0, 2)),
               static_cast<uint16_t>(BigAt(bytes, 2, 2))};
}

std::string RecordKey(Place place, int64_t offset) {
  std::string key(kRecordPrefix);
  AppendBig(place.topic, 2, &key);
  AppendBig(place.partition, 2, &key);
  AppendBig(static_cast<uint64_t>(offset), 8, &key);
  return key;
}

int64_t OffsetOfRecordKey(std::string_view key) {
  return static_cast<int64_t>(BigAt(key, kRecordKeyBytes - 8, 8));
}

void AppendNumber(int64_t number, std::string* out) {
  AppendLittle(static_cast<uint64_t>(number), 8, out);
}

int64_t NumberAt(std::string_view bytes, size_t at) {
  return static_cast<int64_t>(LittleAt(bytes, at, 8));
}

Result<std::string> EncodeRecord(Timestamp timestamp, std::string_view key,
                                 std::optional<std::string_view> value,
                                 std::span<const Header> headers) {
  constexpr size_t kMax32 = std::numeric_limits<uint32_t>::max();
  constexpr size_t kMax16 = std::numeric_limits<uint16_t>::max();
  const std::string_view body = value.value_or("");
  size_t size = kFixedBytes + key.size() + body.size();
  bool fits = key.size() <= kMax32 && body.size() <= kMax32 && headers.size() <= kMax16;
  for (const Header& header : headers) {
    size += kHeaderBytes + header.name.size() + header.value.size();
    fits = fits && header.name.size() <= kMax16 && header.value.size() <= kMax32;
  }
  if (!fits) {
    return Status::Invalid(StrCat("embedded log: a record of ", size, " bytes and ", headers.size(),
                                  " headers is over the format's limits; make it smaller"));
  }
  std::string bytes;
  bytes.reserve(size);
  AppendNumber(timestamp.time_since_epoch().count(), &bytes);
  bytes.push_back(value ? 1 : 0);
  AppendLittle(key.size(), 4, &bytes);
  AppendLittle(body.size(), 4, &bytes);
  AppendLittle(headers.size(), 2, &bytes);
  for (const Header& header : headers) {
    AppendLittle(header.name.size(), 2, &bytes);
    AppendLittle(header.value.size(), 4, &bytes);
  }
  bytes.append(key).append(body);
  for (const Header& header : headers) bytes.append(header.name).append(header.value);
  return bytes;
}

Result<std::string_view> KeyOfRecord(std::string_view bytes) {
  if (bytes.size() < kFixedBytes) return Damaged(bytes.size());
  const size_t at = kFixedBytes + LittleAt(bytes, 17, 2) * kHeaderBytes;
  const size_t size = LittleAt(bytes, 9, 4);
  if (at + size > bytes.size()) return Damaged(bytes.size());
  return bytes.substr(at, size);
}

Result<size_t> DecodeRecord(std::string_view bytes, Record* record, std::vector<Header>* headers) {
  if (bytes.size() < kFixedBytes) return Damaged(bytes.size());
  record->timestamp = Timestamp(Duration(NumberAt(bytes, 0)));
  const bool has_value = bytes[8] != 0;
  const size_t key_size = LittleAt(bytes, 9, 4);
  const size_t value_size = LittleAt(bytes, 13, 4);
  const size_t count = LittleAt(bytes, 17, 2);
  const size_t table = kFixedBytes;
  size_t at = table + count * kHeaderBytes;
  if (at + key_size + value_size > bytes.size()) return Damaged(bytes.size());
  record->key = bytes.substr(at, key_size);
  record->value = has_value ? bytes.substr(at + key_size, value_size) : std::string_view();
  record->broken = {};
  at += key_size + value_size;
  for (size_t i = 0; i < count; ++i) {
    const size_t name_size = LittleAt(bytes, table + i * kHeaderBytes, 2);
    const size_t header_size = LittleAt(bytes, table + i * kHeaderBytes + 2, 4);
    if (at + name_size + header_size > bytes.size()) return Damaged(bytes.size());
    headers->push_back({bytes.substr(at, name_size), bytes.substr(at + name_size, header_size)});
    at += name_size + header_size;
  }
  if (at != bytes.size()) return Damaged(bytes.size());
  return count;
}

}  // namespace bongsu::embedded_internal
