// How artifacts are named: what lies in bongsu.artifacts, in bongsu.receipts and in an archive of
// both, as keys there and as file names here. All but receipts are named by what they hold, so that
// writing one again changes nothing.
//
//   config/<digest>             what a version of the configuration says
//   (engine/app/version_body.h) table/<digest>              the bytes of a table that it names
//   model/<digest>              a model's snapshot
//   receipt/<uid>/<revision>    what a revision of an alert was made from
//
// What is larger than kLargestPart goes on under "<name>.1", "<name>.2", … Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/strings.h"

namespace bongsu {

inline constexpr std::string_view kConfigArtifact = "config/", kTableArtifact = "table/",
                                  kModelArtifact = "model/", kReceiptArtifact = "receipt/";

// Brokers and readers take larger records, but not gladly.
inline constexpr size_t kLargestPart = 3u << 20;

inline std::string PartName(std::string_view name, size_t part) {
  return part == 0 ? std::string(name) : StrCat(name, '.', part);
}

inline std::string ReceiptName(std::string_view uid, uint32_t revision) {
  return StrCat(kReceiptArtifact, uid, '/', revision);
}

// Calls add(key, value) for each part.
template <typename Add>
void ForEachPart(std::string_view name, std::string_view bytes, Add add) {
  size_t part = 0;
  do {
    add(PartName(name, part++), bytes.substr(0, kLargestPart));
    bytes.remove_prefix(bytes.size() < kLargestPart ? bytes.size() : kLargestPart);
  } while (!bytes.empty());
}

}  // namespace bongsu
