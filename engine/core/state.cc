#include "engine/core/state.h"

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr char kMetaVersion = 1;
constexpr size_t kMetaBytes = 1 + 4 * 8 + 16;

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
  bytes.reserve(kMetaBytes);
  bytes.push_back(kMetaVersion);
  for (const int64_t number : {meta.next, meta.changelog_next, meta.sequence, meta.time}) {
    AppendNumber(number, &bytes);
  }
  for (const uint8_t byte : meta.config_digest) bytes.push_back(static_cast<char>(byte));
  return bytes;
}

Result<Meta> DecodeMeta(std::string_view bytes) {
  if (bytes.size() != kMetaBytes || bytes[0] != kMetaVersion) {
    return Status::Corrupt(StrCat("state: expected a meta record of ", kMetaBytes,
                                  " bytes and format 1, got ", bytes.size(),
                                  " bytes; set the store aside and restore it"));
  }
  Meta meta;
  meta.next = NumberAt(bytes, 1);
  meta.changelog_next = NumberAt(bytes, 9);
  meta.sequence = NumberAt(bytes, 17);
  meta.time = NumberAt(bytes, 25);
  for (size_t i = 0; i < meta.config_digest.size(); ++i) {
    meta.config_digest[i] = static_cast<uint8_t>(bytes[33 + i]);
  }
  return meta;
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return end;
}

}  // namespace bongsu
