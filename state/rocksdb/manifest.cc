#include "state/rocksdb/manifest.h"

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlock = 32'768, kHeader = 7;
enum Type : uint8_t { kZero = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };
enum Tag : uint64_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFile = 3,
  kLastSequence = 4,
  kPreviousLog = 9,
  kDatabaseId = (1 << 13) + 1
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Little-endian.
uint64_t NumberAt(std::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = 0; i < size; ++i)
    number |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  return number;
}

std::optional<uint64_t> TakeVarint(std::string_view* bytes) {
  uint64_t number = 0;
  for (int shift = 0; shift < 64 && !bytes->empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}

struct Manifest {
  bool whole = true;
  uint64_t log = 0;       // What lies in older ones is in tables.
  uint64_t sequence = 0;  // Of the last write when the last record was made.
};

// The numbers that come first in a record.
void TakeNumbers(std::string_view edit, Manifest* manifest) {
  while (const std::optional<uint64_t> tag = TakeVarint(&edit)) {
    const std::optional<uint64_t> number = TakeVarint(&edit);
    if (!number) return;
    switch (*tag) {
      case kLogNumber:
        manifest->log = *number;
        break;
      case kLastSequence:
        manifest->sequence = *number;
        break;
      case kNextFile:
      case kPreviousLog:
        break;
      case kComparator:
      case kDatabaseId:
        if (*number > edit.size()) return;
        edit.remove_prefix(*number);
        break;
      default:
        return;
    }
  }
}

Manifest ReadManifest(std::string_view bytes) {
  Manifest manifest;
  for (size_t at = 0; at < bytes.size();) {
    const size_t left = kBlock - at % kBlock;
    if (left < kHeader) {  // Too small for a record: padding.
      at += left;
      continue;
    }
    manifest.whole = false;
    if (bytes.size() - at < kHeader) break;
    const size_t length = NumberAt(bytes, at + 4, 2);
    const auto type = static_cast<uint8_t>(bytes[at + 6]);
    if (bytes.size() - at < kHeader + length) break;
    if (type == kFull || type == kFirst) TakeNumbers(bytes.substr(at + kHeader, length), &manifest);
    manifest.whole = type == kFull || type == kLast;
    if (type == kZero || type > kLast) {  // Not for us to judge.
      manifest.whole = true;
      break;
    }
    at += kHeader + length;
  }
  return manifest;
}

std::set<uint64_t> LogsIn(const std::string& path) {
  std::set<uint64_t> numbers;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().stem().string();
    uint64_t number = 0;
    if (entry.path().extension() == ".log" &&
        std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc())
      numbers.insert(number);
  }
  return numbers;
}

// Of the first write in a log; 0: it has none.
uint64_t FirstSequence(const std::string& path, uint64_t log) {
  char name[32];
  std::snprintf(name, sizeof(name), "/%06llu.log", static_cast<unsigned long long>(log));
  std::ifstream file(path + name, std::ios::binary);
  char start[kHeader + 8];
  return file.read(start, sizeof(start)) ? NumberAt({start, sizeof(start)}, kHeader, 8) : 0;
}

}  // namespace

Status CheckManifest(const std::string& path) {
  std::string name = ReadFile(path + "/CURRENT");
  while (!name.empty() && name.back() == '\n') name.pop_back();
  if (name.empty()) return Status::Ok();
  const Manifest manifest = ReadManifest(ReadFile(StrCat(path, "/", name)));
  if (!manifest.whole) {
    return Status::Corrupt(StrCat("state: ", path, "/", name, " ends in the middle of a record"));
  }
  const std::set<uint64_t> logs = LogsIn(path);
  for (auto log = logs.lower_bound(manifest.log); log != logs.end(); ++log) {
    const uint64_t first = *log == manifest.log ? 0 : FirstSequence(path, *log);
    if (first > manifest.sequence + 1) {
      return Status::Corrupt(StrCat("state: ", path, "/", name, " ends with write ",
                                    manifest.sequence, ", the logs begin with ", first,
                                    ": it is older than they are"));
    }
    if (first > 0 || *log == manifest.log) break;
  }
  return Status::Ok();
}

}  // namespace bongsu
