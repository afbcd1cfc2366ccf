#include "state/format/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kChecksumBytes = 8;

void StoreLittleEndian(uint64_t number, char* out) {
  for (size_t i = 0; i < kChecksumBytes; ++i) out[i] = static_cast<char>(number >> (8 * i));
}

uint64_t LoadLittleEndian(const char* in) {
  uint64_t number = 0;
  for (size_t i = 0; i < kChecksumBytes; ++i) {
    number |= static_cast<uint64_t>(static_cast<uint8_t>(in[i])) << (8 * i);
  }
  return number;
}

}  // namespace

void PrepareSealed(uint8_t version, std::string_view payload, std::string* sealed) {
  sealed->clear();
  sealed->reserve(payload.size() + kSealBytes);
  sealed->push_back(static_cast<char>(version));
  sealed->append(payload);
  sealed->append(kChecksumBytes, '\0');
}

void FinishSealed(std::string* sealed) {
  const size_t covered = sealed->size() - kChecksumBytes;
  StoreLittleEndian(XXH3_64bits(sealed->data(), covered), sealed->data() + covered);
}

std::string SealValue(uint8_t version, std::string_view payload) {
  std::string sealed;
  PrepareSealed(version, payload, &sealed);
  FinishSealed(&sealed);
  return sealed;
}

Result<std::string_view> OpenValue(std::string_view sealed, uint8_t* version) {
  if (sealed.size() < kSealBytes) {
    return Status::Corrupt(StrCat("state: a value has ", sealed.size(), " bytes, fewer than the ",
                                  kSealBytes, " of its frame; set the store aside and restore it"));
  }
  const size_t covered = sealed.size() - kChecksumBytes;
  if (XXH3_64bits(sealed.data(), covered) != LoadLittleEndian(sealed.data() + covered)) {
    return Status::Corrupt(StrCat("state: a value of ", sealed.size(),
                                  " bytes fails its checksum; set the store aside and restore it"));
  }
  if (version != nullptr) *version = static_cast<uint8_t>(sealed[0]);
  return PayloadOf(sealed);
}

}  // namespace bongsu
