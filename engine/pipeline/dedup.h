// Drops what came before: the last `window` (source, event_id) of a shard, as 64-bit hashes in a
// ring that is part of the state. Two different events meet in one hash once in 2^64 / window. One
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/key_set.h"
#include "engine/core/state.h"

namespace bongsu {

class Dedup {
 public:
  explicit Dedup(size_t window);  // Rounded up to whole chunks of 128.
  static uint64_t Key(std::string_view source, std::string_view event_id);
  // Seen and Insert will be asked soon.
  void Expect(uint64_t key) const { set_.Prefetch(key); }
  bool Seen(uint64_t key) const { return set_.contains(key); }
  void Insert(uint64_t key);  // Forgets the oldest when full.

  void Save(StateStore& store);  // d/<chunk> of what changed.
  Status Load(StateStore& store);

 private:
  struct Chunk {
    std::string key;  // Where it lies.
    std::vector<uint64_t> keys;
  };
  void DropAllButNewest(std::map<uint64_t, Chunk>* chunks, std::vector<std::string>* stale) const;
  void Rearrange(const std::map<uint64_t, Chunk>& chunks, std::vector<std::string> stale,
                 StateStore& store);
  void PutChunk(uint64_t number, std::span<const uint64_t> keys, StateStore& store) const;

  std::vector<uint64_t> ring_;
  KeySet set_;
  uint64_t inserted_ = 0, saved_ = 0;  // Counts since the beginning of the shard.
};

}  // namespace bongsu
