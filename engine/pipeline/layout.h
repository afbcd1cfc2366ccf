// How a person's memory lies in one value: fixed slots in the order of the pipeline, and a
// descriptor of them under its hash, so that every old layout can be read. A slot's identity
// decides whether its bytes live on.
//
// In memory the rests of slots lie apart from their heads, and most people have none. A whole
// profile has them in place; a value does not tell whether rests of zeros were there.
//
// A value is the layout's hash (8 bytes, little-endian) and the packed words (packing.h). A
// descriptor is a line "packing 2" and a line "<bytes> <identity>" a slot. Descriptors without the
// first line are of the packing before it, which is still read: runs of zero words left out,
// (varint zero words, varint literal words, literal words)*.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/core/operator.h"

namespace bongsu {

class Layout {
 public:
  explicit Layout(const std::vector<SlotInfo>& slots);
  // Reads what descriptor() wrote; kCorrupt when it is something else,
  // kInvalid when its packing is of a later release.
  static Result<Layout> FromDescriptor(std::string_view descriptor);

  // Bytes of a whole profile, of the heads and of the rests; multiples of 8.
  size_t size() const { return size_; }
  size_t head() const { return size_ - rests_; }
  size_t rests() const { return rests_; }
  uint64_t hash() const { return hash_; }
  const std::string& descriptor() const { return descriptor_; }
  std::string Key() const;  // schema/<hash>
  std::span<std::byte> Slot(std::span<std::byte> heads, size_t slot) const {
    return heads.subspan(slots_[slot].head_offset, slots_[slot].size - slots_[slot].rest);
  }
  std::span<std::byte> SlotRest(std::span<std::byte> rests, size_t slot) const {
    return rests.subspan(slots_[slot].rest_offset, slots_[slot].rest);
  }

  // `rests` is empty for who has none.
  void Encode(std::span<const std::byte> heads, std::span<const std::byte> rests,
              std::string* value) const;
  // `value` without its hash; `profile` is whole.
  Status Decode(std::string_view words, std::span<std::byte> profile) const;
  // The hash that a value begins with; kCorrupt when it is too short.
  static Result<uint64_t> HashOf(std::string_view value);
  // Takes a whole profile apart; false when its rests are zero.
  bool Split(std::span<const std::byte> profile, std::span<std::byte> heads,
             std::span<std::byte> rests) const;
  // Copies the slots that both layouts know, by identity and size; the others of `to` stay zero.
  void Migrate(std::span<const std::byte> from_profile, const Layout& to,
               std::span<std::byte> to_profile) const;
  // What Migrate to `to` starts empty and drops, for the log.
  std::string Difference(const Layout& to) const;

 private:
  struct Placed {
    std::string identity;
    size_t offset, size;  // In a whole profile, with the rest.
    size_t rest;
    size_t head_offset, rest_offset;
  };
  // Heads of slots that nothing parts in a whole profile, then the rest of the last.
  struct Stretch {
    size_t heads = 0, rest = 0;  // Bytes.
  };
  void AddColumns(size_t words);
  Status DecodeRuns(std::string_view words, std::span<std::byte> profile) const;
  const Placed* Find(std::string_view identity, size_t size) const;
  std::vector<Placed> slots_;
  bool packed_ = true;            // Not of the packing before.
  std::vector<uint8_t> columns_;  // Of each word.
  std::vector<size_t> shapes_;    // Words of a slot whose first ones have columns.
  std::vector<Stretch> stretches_;
  size_t size_ = 0, rests_ = 0;
  std::string descriptor_;
  uint64_t hash_ = 0;
};

}  // namespace bongsu
