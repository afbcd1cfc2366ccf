// The keys of a shard's state, `<kind>/<id>` (state/README.md describes what stands behind each).
// The pipeline writes them, `state inspect` reads them. Pure functions; each appends to a cleared
// buffer of the caller, so that the event path reuses it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/time.h"

namespace bongsu {

inline constexpr char kProfileKind = 'u';
inline constexpr char kModelKind = 'm';
inline constexpr char kTimerKind = 't';
inline constexpr char kDedupKind = 'd';
inline constexpr char kFoldKind = 'f';
inline constexpr std::string_view kSchemaPrefix = "schema/";

// `<kind>/<id>`; for everything but timers.
inline void StateKey(char kind, std::string_view id, std::string* key) {
  key->clear();
  key->push_back(kind);
  key->push_back('/');
  key->append(id);
}

// `t/<time>/<id>`: eight big-endian bytes with the sign flipped, so that keys sort by time.
inline void TimerKey(Timestamp at, std::string_view id, std::string* key) {
  key->assign("t/");
  const uint64_t ordered = static_cast<uint64_t>(at.time_since_epoch().count()) ^ (1ull << 63);
  for (int shift = 56; shift >= 0; shift -= 8) {
    key->push_back(static_cast<char>(static_cast<uint8_t>(ordered >> shift)));
  }
  key->push_back('/');
  key->append(id);
}

struct ParsedTimer {
  Timestamp at;
  std::string_view id;  // Into the key.
};

// nullopt when `key` is not a timer's.
inline std::optional<ParsedTimer> ParseTimerKey(std::string_view key) {
  if (key.size() < 11 || !key.starts_with("t/") || key[10] != '/') return std::nullopt;
  uint64_t ordered = 0;
  for (size_t i = 2; i < 10; ++i) ordered = ordered << 8 | static_cast<uint8_t>(key[i]);
  const auto micros = static_cast<int64_t>(ordered ^ (1ull << 63));
  return ParsedTimer{Timestamp(Duration(micros)), key.substr(11)};
}

}  // namespace bongsu
