// What the `meta` record of a batch says about the changelog records before it in its transaction:
// their number and a digest. A transaction of which a part is missing (the protocol of Kafka allows
// a delayed end of one transaction to hit a later one) is so found when it is read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/core/clock.h"

namespace bongsu {

// Of an older batch that is the last, compaction may have taken tombstones (delete.retention.ms),
// and the metas of those before it: nothing can be said of it.
inline constexpr Duration kTombstonesStay = std::chrono::hours(24);

// Of one record. A sealed value ends with its own checksum, so the end stands for all of it.
inline uint64_t RecordDigest(std::string_view key, std::optional<std::string_view> value) {
  constexpr size_t kChecksum = 8;
  const uint64_t end =
      value ? Hash64(value->substr(value->size() - std::min(kChecksum, value->size()))) : 1;
  return Hash64(key, end);
}

// Of the records of a batch, in their order.
inline uint64_t AddToDigest(uint64_t digest, uint64_t record) {
  return Mix64(digest ^ record) + record;
}

// Of the last `count` of `records`, or of all where there are fewer.
template <typename Records>
uint64_t DigestOfLast(const Records& records, size_t count) {
  uint64_t digest = 0;
  for (size_t i = records.size() - std::min(count, records.size()); i < records.size(); ++i)
    digest = AddToDigest(digest, records[i]);
  return digest;
}

}  // namespace bongsu
