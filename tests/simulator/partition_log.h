// One partition of a topic as a broker keeps it: records of transactions with offsets, markers that
// use offsets up, what is open, committed and aborted, compaction and retention.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/time.h"

namespace bongsu::sim {

struct Payload {
  std::string key;
  std::optional<std::string> value;  // nullopt is a tombstone.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view Header(std::string_view name) const;
};

struct Entry {
  enum class Kind { kOpen, kCommitted, kAborted, kMarker };
  int64_t offset = 0;
  Kind kind = Kind::kOpen;
  int64_t producer = 0;
  Timestamp time;                          // Of the append.
  std::shared_ptr<const Payload> payload;  // Null for markers.
  std::optional<Timestamp> horizon;        // A tombstone or marker that was compacted: until when.
};

class PartitionLog final {
 public:
  int64_t Append(int64_t producer, std::shared_ptr<const Payload> payload, Timestamp now);
  // Outside of any transaction.
  int64_t AppendPlain(std::shared_ptr<const Payload> payload, Timestamp now);
  // Writes the marker that ends the producer's transaction here.
  void End(int64_t producer, bool commit, Timestamp now);

  int64_t start() const { return start_; }
  int64_t end() const { return end_; }
  int64_t stable_end() const;
  // The record at the stable end; null when nothing is open.
  const Entry* FirstOpen() const;
  // In the order of their offsets; those before start() are still here, for the oracle.
  const std::vector<Entry>& entries() const { return entries_; }
  size_t IndexOf(int64_t offset) const;  // Of the first entry at or after it.

  // Keeps the newest record of each key among those older than `lag`; tombstones go `retention`
  // after they were first seen here. Returns how many entries went.
  size_t Compact(Timestamp now, Duration lag, Duration retention);
  // As a late abort leaves it: of the last transaction, the first records are not there. False when
  // it has none but `last_key`.
  bool TearLast(std::string_view last_key);
  void Truncate(int64_t start) { start_ = std::max(start_, start); }

 private:
  std::vector<Entry> entries_;
  std::map<int64_t, int64_t> open_;  // Producer -> offset of its first open record.
  int64_t start_ = 0, end_ = 0;
};

}  // namespace bongsu::sim
