// The people of one shard: a bounded write-back cache of decoded profiles before the store. A batch
// reads and writes each person's value once. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/core/state.h"
#include "engine/pipeline/layout.h"

namespace bongsu {

class Profiles {
 public:
  struct Counters {
    int64_t hits = 0, misses = 0, migrated = 0;
  };
  // `capacity`: people kept decoded (at least 1). `store` and `layout` outlive it.
  Profiles(StateStore& store, const Layout& layout, size_t capacity);

  // Writes the layout's descriptor unless it is there. Once, before the first Open.
  Status Start();
  // The person's memory, zero for somebody new; valid until the next Open. kCorrupt when the disk
  // lied.
  Result<std::span<std::byte>> Open(std::string_view user);
  // The opened profile will be changed: keeps a copy for Undo.
  void Touch();
  void Undo();  // Back to what it was at Touch.
  // The person's value in the state, as it was at Touch.
  void EncodeBefore(std::string* value) const { layout_.Encode(undo_, value); }
  // Puts all changed profiles into the store's overlay; they stay cached.
  void Flush();
  const Counters& counters() const { return counters_; }
  // The last migration met, for the log; empty if none since the last call.
  std::string TakeMigrationNote() { return std::exchange(migration_note_, {}); }

 private:
  struct Person {
    std::string user;
    std::vector<std::byte> bytes;
    bool dirty = false;
  };
  using List = std::list<Person>;

  Status Load(std::string_view user, std::span<std::byte> bytes);
  Status LoadOld(uint64_t hash, std::string_view words, std::span<std::byte> bytes);
  void Save(Person& person);

  StateStore& store_;
  const Layout& layout_;
  const size_t capacity_;
  List recent_;  // Most recently used first.
  std::unordered_map<std::string_view, List::iterator> index_;
  std::vector<Person*> changed_;  // May name a person twice or one that is clean again.
  std::map<uint64_t, Layout> old_layouts_;
  std::vector<std::byte> undo_;
  bool was_dirty_ = false;
  std::string key_, value_;
  Counters counters_;
  std::string migration_note_;
};

}  // namespace bongsu
