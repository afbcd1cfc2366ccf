// State of one shard, owned by its thread. Reads see the overlay at once; the disk sees it when the
// batch is sealed and written, together with the position it belongs to, or not at all.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace bongsu {

// Puts and deletes that become durable together. Their bytes lie in one buffer, which Clear keeps.
class WriteBatch {
 public:
  struct Op {  // Views that live until the batch changes.
    std::string_view key;
    std::optional<std::string_view> value;  // nullopt deletes.
  };
  // `prefix` stands before the key.
  void Put(std::string_view key, std::string_view value, std::string_view prefix = {});
  void Delete(std::string_view key, std::string_view prefix = {});
  void Append(const WriteBatch& other);
  // By key, and of each key the last only: cheap to insert into an ordered store.
  void Sort();
  class Ops;
  Ops ops() const;  // In order.
  bool empty() const { return places_.empty(); }
  size_t bytes() const { return bytes_.size(); }  // Of keys and values.
  void Clear();

 private:
  struct Place {
    size_t at;
    uint32_t key, value;  // Sizes.
    bool deletes;
  };
  Op At(const Place& place) const;
  void Add(std::string_view prefix, std::string_view key, std::string_view value, bool deletes);

  std::string bytes_;
  std::vector<Place> places_;
};

class WriteBatch::Ops {
 public:
  class Iterator {
   public:
    Iterator(const WriteBatch& batch, size_t at) : batch_(batch), at_(at) {}
    Op operator*() const { return batch_.At(batch_.places_[at_]); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const WriteBatch& batch_;
    size_t at_;
  };
  explicit Ops(const WriteBatch& batch) : batch_(batch) {}
  Iterator begin() const { return {batch_, 0}; }
  Iterator end() const { return {batch_, batch_.places_.size()}; }
  Op operator[](size_t i) const { return *Iterator(batch_, i); }
  size_t size() const { return batch_.places_.size(); }
  bool empty() const { return batch_.places_.empty(); }

 private:
  const WriteBatch& batch_;
};
inline WriteBatch::Ops WriteBatch::ops() const {
  return Ops(*this);
}

// An ordered store of bytes: RocksDB, or memory in tests and replays. Keys sort bytewise.
// Thread-safe.
class KeyValueStore {
 public:
  virtual ~KeyValueStore() = default;
  // False when there is no such key. kCorrupt when the disk lied.
  virtual Result<bool> Get(std::string_view key, std::string* value) = 0;
  // Get will be asked for it soon: it may be read meanwhile.
  virtual void Expect(std::string_view /*key*/) {}
  // All or nothing; survives the death of the process (not a power cut, unless `sync`).
  virtual Status Write(const WriteBatch& batch, bool sync = false) = 0;
  // Visits keys in [from, to) in order until `visit` returns false. An empty `to` means no end.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Status Scan(std::string_view from, std::string_view to, const Visitor& visit) = 0;
  virtual Status DeleteRange(std::string_view from, std::string_view to) = 0;
  // Bytes on disk, about.
  virtual uint64_t ApproximateSize() = 0;
};

// The formats of a Meta. A partition keeps the one it was made with, so that the release before can
// take it over again, until `bongsu state finalize`.
inline constexpr uint8_t kOldestMetaFormat = 1;  // Ends with config_digest.
inline constexpr uint8_t kMetaFormat = 2;

struct Meta {                    // What a store has seen; written with the state it describes.
  uint8_t format = kMetaFormat;  // In which to encode it.
  int64_t next = 0;              // Input position.
  int64_t changelog_next = 0;    // Where a later restore starts.
  int64_t sequence = 0;          // Batches committed.
  int64_t time = 0;              // The shard's event time, microseconds.
  std::array<uint8_t, 16> config_digest{};
  // Of the batch: changelog records before this one in its transaction, and their digest
  // (engine/pipeline/batch_digest.h).
  int64_t records = 0;
  uint64_t digest = 0;
  int64_t written = 0;   // When, by the machine's clock, microseconds; tells how stale a copy is.
  uint64_t cluster = 0;  // Hash64 of Log::Identity; 0 = unknown.
  bool operator==(const Meta&) const = default;
};

// The key of the Meta, in the store and in the changelog.
inline constexpr std::string_view kMetaKey = "meta";
// Plain little-endian bytes, as the changelog's `meta` record carries them; in the database the
// store seals them. kCorrupt when the bytes are not a Meta.
std::string EncodeMeta(const Meta& meta);
Result<Meta> DecodeMeta(std::string_view bytes);

// The first key after all keys with `prefix`; empty (no end) when there is none.
std::string PrefixEnd(std::string_view prefix);

class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual Result<bool> Get(std::string_view key, std::string* value) = 0;
  virtual void Expect(std::string_view /*key*/) {}  // Get will be asked for it soon.
  virtual void Put(std::string_view key, std::string_view value) = 0;
  virtual void Delete(std::string_view key) = 0;
  virtual void Mark() = 0;      // Called before each event.
  virtual void Rollback() = 0;  // Forgets the writes since Mark: an event counts fully or not.
  // As Get, but what Rollback would bring back.
  virtual Result<bool> GetBefore(std::string_view key, std::string* value) = 0;
  // Adds the overlay to `batch`, which is for the database, each key once. It stays visible until
  // Applied, while more is written into it; that belongs to the next batch.
  virtual void SealOverlay(WriteBatch* batch) = 0;
  virtual void SealMeta(const Meta& meta, WriteBatch* batch) const = 0;
  WriteBatch Seal(const Meta& meta);
  // The entries of a sealed batch as the changelog carries them; nullopt is a delete.
  using EntryVisitor =
      std::function<void(std::string_view key, std::optional<std::string_view> value)>;
  virtual void Visit(const WriteBatch& batch, const EntryVisitor& visit) const = 0;
  // Writes a sealed batch. Another thread may do it beside this one's reads, puts and deletes, but
  // not beside a Restore.
  virtual Status Write(const WriteBatch& batch) = 0;
  virtual void Applied() = 0;  // What was sealed last is durable: it leaves the overlay.
  // Restore: one changelog record, straight to the database (in larger batches inside).
  virtual Status Restore(std::string_view key, std::optional<std::string_view> value) = 0;
  // nullopt when the store is new.
  virtual Result<std::optional<Meta>> LoadMeta() = 0;
  // Keys with the prefix, overlay included, in order.
  virtual Status Scan(std::string_view prefix, const KeyValueStore::Visitor& visit) = 0;
  virtual uint64_t ApproximateSize() = 0;
};

}  // namespace bongsu
