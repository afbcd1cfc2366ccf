// How a value of the state lies on disk and in the changelog: one byte of format version, the
// payload, and the xxh3-64 of both in eight little-endian bytes. The overlay store seals what it
// writes and opens what it reads, so that stages and pipeline see payloads only; a byte that the
// disk changed is found on the next read. Pure functions, any thread. The only place that includes
// xxHash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace bongsu {

// What this release writes (state/README.md lists the versions).
inline constexpr uint8_t kValueVersion = 1;
inline constexpr size_t kSealBytes = 1 + 8;

std::string SealValue(uint8_t version, std::string_view payload);

// The payload, a view into `sealed`; `*version` (may be null) gets its format. kCorrupt when the
// checksum does not fit. The message never names the key: keys contain people's ids.
Result<std::string_view> OpenValue(std::string_view sealed, uint8_t* version);

// The same in two steps, for a value that is written often and sealed once: Prepare reuses the
// capacity of `*sealed` and leaves room for the checksum, Finish fills it in.
void PrepareSealed(uint8_t version, std::string_view payload, std::string* sealed);
void FinishSealed(std::string* sealed);

// The payload inside a prepared or sealed value that needs no check.
inline std::string_view PayloadOf(std::string_view sealed) {
  return sealed.substr(1, sealed.size() - kSealBytes);
}

}  // namespace bongsu
