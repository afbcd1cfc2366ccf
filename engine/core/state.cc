#include "engine/core/state.h"

#include <algorithm>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kFirstBytes = 1 + 4 * 8 + 16;
constexpr size_t kSecondBytes = kFirstBytes + 4 * 8;

void AppendNumber(int64_t number, std::string* out) {
  for (int shift = 0; shift < 64; shift += 8) {
    out->push_back(static_cast<char>(static_cast<uint64_t>(number) >> shift));
  }
}

int64_t NumberAt(std::string_view bytes, size_t at) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) {
    number |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  }
  return static_cast<int64_t>(number);
}

}  // namespace

std::string EncodeMeta(const Meta& meta) {
  std::string bytes;
  bytes.reserve(kSecondBytes);
  bytes.push_back(static_cast<char>(meta.format));
  for (const int64_t number : {meta.next, meta.changelog_next, meta.sequence, meta.time}) {
    AppendNumber(number, &bytes);
  }
  for (const uint8_t byte : meta.config_digest) bytes.push_back(static_cast<char>(byte));
  if (meta.format < 2) return bytes;
  for (const int64_t number : {meta.records, static_cast<int64_t>(meta.digest), meta.written,
                               static_cast<int64_t>(meta.cluster)}) {
    AppendNumber(number, &bytes);
  }
  return bytes;
}

WriteBatch StateStore::Seal(const Meta& meta) {
  WriteBatch batch;
  SealOverlay(&batch);
  SealMeta(meta, &batch);
  return batch;
}

Result<Meta> DecodeMeta(std::string_view bytes) {
  const char format = bytes.empty() ? '\0' : bytes[0];
  if (format > static_cast<char>(kMetaFormat)) {
    return Status::Invalid(StrCat("state: it has format ", static_cast<int>(format),
                                  ", this release reads ", static_cast<int>(kOldestMetaFormat),
                                  " to ", static_cast<int>(kMetaFormat),
                                  "; run the release that wrote it, or a later one"));
  }
  if (bytes.size() != (format == 1 ? kFirstBytes : kSecondBytes) || format < 1) {
    return Status::Corrupt(StrCat("state: expected a meta record of ", kSecondBytes,
                                  " bytes and format ", static_cast<int>(kMetaFormat), ", got ",
                                  bytes.size(), " bytes; set the store aside and restore it"));
  }
  Meta meta;
  meta.format = static_cast<uint8_t>(format);
  meta.next = NumberAt(bytes, 1);
  meta.changelog_next = NumberAt(bytes, 9);
  meta.sequence = NumberAt(bytes, 17);
  meta.time = NumberAt(bytes, 25);
  for (size_t i = 0; i < meta.config_digest.size(); ++i) {
    meta.config_digest[i] = static_cast<uint8_t>(bytes[33 + i]);
  }
  if (format < 2) return meta;
  meta.records = NumberAt(bytes, 49);
  meta.digest = static_cast<uint64_t>(NumberAt(bytes, 57));
  meta.written = NumberAt(bytes, 65);
  meta.cluster = static_cast<uint64_t>(NumberAt(bytes, 73));
  return meta;
}

WriteBatch::Op WriteBatch::At(const Place& place) const {
  const std::string_view bytes = std::string_view(bytes_).substr(place.at, place.key + place.value);
  const std::string_view key = bytes.substr(0, place.key);
  return {key, place.deletes ? std::nullopt : std::optional(bytes.substr(place.key))};
}

void WriteBatch::Add(std::string_view prefix, std::string_view key, std::string_view value,
                     bool deletes) {
  places_.push_back({bytes_.size(), static_cast<uint32_t>(prefix.size() + key.size()),
                     static_cast<uint32_t>(value.size()), deletes});
  bytes_.append(prefix).append(key).append(value);
}

void WriteBatch::Put(std::string_view key, std::string_view value, std::string_view prefix) {
  Add(prefix, key, value, false);
}

void WriteBatch::Delete(std::string_view key, std::string_view prefix) {
  Add(prefix, key, {}, true);
}

void WriteBatch::Append(const WriteBatch& other) {
  const size_t before = bytes_.size();
  bytes_.append(other.bytes_);
  for (Place place : other.places_) {
    place.at += before;
    places_.push_back(place);
  }
}

void WriteBatch::Clear() {
  bytes_.clear();
  places_.clear();
}

void WriteBatch::Sort() {
  const auto key = [this](const Place& place) { return At(place).key; };
  std::ranges::stable_sort(places_, {}, key);
  size_t kept = 0;
  for (size_t i = 0; i < places_.size(); ++i) {
    if (i + 1 < places_.size() && key(places_[i]) == key(places_[i + 1])) continue;
    places_[kept++] = places_[i];
  }
  places_.resize(kept);
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

}  // namespace bongsu
