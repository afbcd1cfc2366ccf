// How a person's memory lies in one value: fixed slots in the order of the pipeline, then the rests
// of those that have one, and a descriptor of them under its hash, so that every old layout can be
// read. A slot's identity decides whether its bytes live on.
//
// A value is the layout's hash (8 bytes, little-endian) and the packed words (packing.h). A
// descriptor is a line "packing 3" and a line "<bytes>+<bytes of the rest> <identity>" a slot; it
// is "packing 2" and "<bytes> <identity>" where no slot has a rest. Descriptors without the first
// line are of the packing before it, which is still read: runs of zero words left out, (varint zero
// words, varint literal words, literal words)*.
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

  // Bytes of a decoded profile, a multiple of 8; the first `head` of them are all that there is of
  // people without rests.
  size_t size() const { return columns_.size() * 8; }
  size_t head() const { return head_; }
  uint64_t hash() const { return hash_; }
  const std::string& descriptor() const { return descriptor_; }
  std::string Key() const;  // schema/<hash>
  std::span<std::byte> Slot(std::span<std::byte> profile, size_t slot) const {
    return profile.subspan(slots_[slot].offset, slots_[slot].size);
  }
  // `rests` is a profile without its head.
  std::span<std::byte> SlotRest(std::span<std::byte> rests, size_t slot) const {
    return rests.subspan(slots_[slot].rest_offset - head_, slots_[slot].rest);
  }

  // `profile` has size() or head() bytes. The same bytes whether rests of zeros are there or not.
  void Encode(std::span<const std::byte> profile, std::string* value) const;
  // `value` without its hash; `profile` has size() or head() bytes. kCorrupt when they do not fit.
  Status Decode(std::string_view words, std::span<std::byte> profile) const;
  // The hash that a value begins with; kCorrupt when it is too short.
  static Result<uint64_t> HashOf(std::string_view value);
  // Copies the slots that both layouts know, by identity and size with the rest; the others of `to`
  // stay zero. Both profiles are whole.
  void Migrate(std::span<const std::byte> from_profile, const Layout& to,
               std::span<std::byte> to_profile) const;
  // What Migrate to `to` starts empty and drops, for the log.
  std::string Difference(const Layout& to) const;

 private:
  struct Placed {
    std::string identity;
    size_t offset, size;
    size_t rest_offset, rest;
  };
  void AddColumns(size_t words);
  Status DecodeRuns(std::string_view words, std::span<std::byte> profile) const;
  const Placed* Find(std::string_view identity, size_t bytes) const;
  std::vector<Placed> slots_;
  bool packed_ = true;            // Not of the packing before.
  std::vector<uint8_t> columns_;  // Of each word.
  std::vector<size_t> shapes_;    // Words of a slot whose first ones have columns.
  size_t head_ = 0;
  std::string descriptor_;
  uint64_t hash_ = 0;
};

}  // namespace bongsu
