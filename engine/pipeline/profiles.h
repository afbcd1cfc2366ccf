// The people of one shard: a bounded write-back cache of decoded profiles before the store. A batch
// reads and writes each person's value once. Who is in it does not leave before everybody else had
// the same chance to be asked for again (CLOCK: Corbató 1968): keeping the order of use would touch
// the memory of two others for each event. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/hash_index.h"
#include "engine/base/prefetch.h"
#include "engine/base/status.h"
#include "engine/core/log.h"
#include "engine/core/state.h"
#include "engine/pipeline/layout.h"

namespace bongsu {

class Profiles {
 public:
  static constexpr size_t kExpected = 3;
  struct Counters {
    int64_t hits = 0, misses = 0, migrated = 0;
  };
  // `capacity`: people kept decoded (at least 1). `store` and `layout` outlive it.
  Profiles(StateStore& store, const Layout& layout, size_t capacity);

  // Writes the layout's descriptor unless it is there. Once, before the first Open.
  Status Start();
  // Whose keys these are will be opened next. If it was worth it for those before, the store is
  // asked to read meanwhile who is not cached.
  void Announce(std::span<const Record> events);
  // Somebody who will be opened soon, about 2 * kExpected events later: their memory is on its way
  // to the processor's cache by then.
  void Expect(std::string_view user);
  // The person's memory without rests, zero for somebody new; valid until the next Open. kCorrupt
  // when the disk lied.
  Result<std::span<std::byte>> Open(std::string_view user);
  // The rests of whom was opened, zero at first; from now on they are there.
  std::span<std::byte> OpenRests();
  // The opened profile will be changed: keeps a copy for Undo.
  void Touch();
  void Undo();  // Back to what it was at Touch.
  // The person's value in the state, as it was at Touch.
  void EncodeBefore(std::string* value) const {
    const auto before = std::span(undo_).first(undo_size_);
    layout_.Encode(before.first(layout_.head()), before.subspan(layout_.head()), value);
  }
  // Puts all changed profiles into the store's overlay; they stay cached.
  void Flush();
  const Counters& counters() const { return counters_; }
  // The last migration met, for the log; empty if none since the last call.
  std::string TakeMigrationNote() { return std::exchange(migration_note_, {}); }

 private:
  struct alignas(kCacheLine) Person {
    std::string user;
    uint64_t hash = 0;  // Of `user`.
    bool used = false;  // Again, since the hand passed.
    bool dirty = false;
    std::unique_ptr<std::byte[]> rests;  // Null: all zero.
  };
  static constexpr size_t kFound = 2;
  static constexpr size_t kSlab = 64;  // People whose memory lies together.

  std::span<std::byte> HeadOf(uint32_t number) const {
    return {slabs_[number / kSlab].get() + number % kSlab * layout_.head(), layout_.head()};
  }
  std::span<const std::byte> RestsOf(const Person& person) const {
    return {person.rests.get(), person.rests == nullptr ? 0 : layout_.rests()};
  }
  void PrefetchPerson(uint32_t number) const;
  // A place for somebody who is not cached: a new one, or that of somebody long not asked for.
  uint32_t Vacate();
  Status Load(uint32_t number);
  Status LoadOld(uint64_t hash, std::string_view words);  // Into whole_.
  void Save(uint32_t number);

  StateStore& store_;
  const Layout& layout_;
  const size_t capacity_;
  std::vector<Person> people_;
  uint32_t opened_ = 0, hand_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> slabs_;
  HashIndex index_;
  // Of the last calls of Expect, by number of the call: hashes, and whom was found for older ones.
  std::array<uint64_t, kExpected> expected_{};
  std::array<uint32_t, kFound> found_;
  size_t calls_ = 0;
  Counters announced_;             // What counters_ were at the last Announce.
  std::vector<uint32_t> changed_;  // May name a person twice or one that is clean again.
  std::map<uint64_t, Layout> old_layouts_;
  std::vector<std::byte> undo_;  // A head, and the rests behind it if they were there.
  size_t undo_size_ = 0;
  std::vector<std::byte> whole_, rests_;  // What was just read.
  bool was_dirty_ = false;
  std::string key_, value_;
  Counters counters_;
  std::string migration_note_;
};

}  // namespace bongsu
