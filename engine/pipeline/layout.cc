#include "engine/pipeline/layout.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/pipeline/packing.h"

namespace bongsu {
namespace {

constexpr size_t kLargestSlot = 1 << 24;
constexpr std::string_view kPacking = "packing ", kPackingLine = "packing 2\n";
constexpr size_t kHead = 4;  // So many words of a slot have columns, shared by slots of its size.

Status Bad() {
  return Status::Corrupt("state: a person's profile does not fit its layout");
}

}  // namespace

Layout::Layout(const std::vector<SlotInfo>& slots) : descriptor_(kPackingLine) {
  stretches_.emplace_back();
  for (const SlotInfo& slot : slots) {
    BONGSU_CHECK(slot.rest % 8 == 0 && (slot.rest == 0 || slot.size % 8 == 0));
    const size_t bytes = slot.size + slot.rest;
    std::string plain = slot.identity;  // A descriptor has one line a slot.
    std::replace(plain.begin(), plain.end(), '\n', ' ');
    std::string identity = plain;
    for (int copy = 2; Find(identity, bytes) != nullptr; ++copy)
      identity = StrCat(plain, "#", copy);
    descriptor_ += StrCat(bytes, " ", identity, "\n");
    slots_.push_back({std::move(identity), size_, bytes, slot.rest, head(), rests_});
    AddColumns((bytes + 7) / 8);
    size_ = columns_.size() * 8;
    rests_ += slot.rest;
    stretches_.back().heads += size_ - slots_.back().offset - slot.rest;
    if (slot.rest == 0) continue;
    stretches_.back().rest = slot.rest;
    stretches_.emplace_back();
  }
  hash_ = Hash64(descriptor_);
}

void Layout::AddColumns(size_t words) {
  const auto shape =
      static_cast<size_t>(std::find(shapes_.begin(), shapes_.end(), words) - shapes_.begin());
  if (shape == shapes_.size()) shapes_.push_back(words);
  for (size_t i = 0; i < words; ++i) {
    const size_t column = shape * kHead + i;
    columns_.push_back(i < kHead && column < kColumns ? static_cast<uint8_t>(column) : kColumns);
  }
}

Result<Layout> Layout::FromDescriptor(std::string_view descriptor) {
  std::vector<SlotInfo> slots;
  std::string_view rest = descriptor;
  const bool packed = rest.starts_with(kPackingLine);
  if (packed) rest.remove_prefix(kPackingLine.size());
  if (rest.starts_with(kPacking)) {
    return Status::Invalid(StrCat("state: people's profiles have ",
                                  rest.substr(0, std::min(rest.find('\n'), rest.size())),
                                  ", this release reads 2; run the release that wrote them"));
  }
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    SlotInfo slot;
    const auto [digits_end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), slot.size);
    if (end == std::string_view::npos || error != std::errc() || *digits_end != ' ' ||
        slot.size > kLargestSlot) {
      return Status::Corrupt("state: a schema descriptor is not readable");
    }
    slot.identity.assign(digits_end + 1, rest.data() + end);
    slots.push_back(std::move(slot));
    rest.remove_prefix(end + 1);
  }
  Layout layout(slots);
  if (!packed) {
    layout.packed_ = false;
    layout.descriptor_ = descriptor;
    layout.hash_ = Hash64(descriptor);
  }
  return layout;
}

std::string Layout::Key() const {
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(hash_));
  return StrCat("schema/", std::string_view(digits, 16));
}

void Layout::Encode(std::span<const std::byte> heads, std::span<const std::byte> rests,
                    std::string* value) const {
  value->assign(reinterpret_cast<const char*>(&hash_), 8);
  WordPacker packer(value);
  const std::span<const uint8_t> columns = columns_;
  size_t word = 0;
  const auto add = [&](size_t bytes, std::span<const std::byte>* from) {
    packer.Add(from->first(bytes), columns.subspan(word, bytes / 8));
    word += bytes / 8;
    *from = from->subspan(bytes);
  };
  for (const Stretch& stretch : stretches_) {
    add(stretch.heads, &heads);
    if (rests.empty()) {
      packer.AddZeros(stretch.rest / 8);
      word += stretch.rest / 8;
    } else {
      add(stretch.rest, &rests);
    }
  }
}

bool Layout::Split(std::span<const std::byte> profile, std::span<std::byte> heads,
                   std::span<std::byte> rests) const {
  const std::span<const std::byte> all = rests;
  for (const Stretch& stretch : stretches_) {
    std::copy_n(profile.begin(), stretch.heads, heads.begin());
    std::copy_n(profile.begin() + static_cast<std::ptrdiff_t>(stretch.heads), stretch.rest,
                rests.begin());
    profile = profile.subspan(stretch.heads + stretch.rest);
    heads = heads.subspan(stretch.heads);
    rests = rests.subspan(stretch.rest);
  }
  // The first byte is zero, and each is as the one before it.
  const bool zero = all.empty() || (all[0] == std::byte{0} &&
                                    std::memcmp(all.data(), all.data() + 1, all.size() - 1) == 0);
  return !zero;
}

Status Layout::Decode(std::string_view words, std::span<std::byte> profile) const {
  if (!packed_) return DecodeRuns(words, profile);
  return UnpackWords(words, columns_, profile) ? Status::Ok() : Bad();
}

Status Layout::DecodeRuns(std::string_view words, std::span<std::byte> profile) const {
  std::memset(profile.data(), 0, profile.size());
  size_t at = 0;
  while (!words.empty()) {
    uint64_t zeros, literals;
    if (!TakeVarint(&words, &zeros) || !TakeVarint(&words, &literals)) return Bad();
    if (zeros > size_ || literals > size_ || at + (zeros + literals) * 8 > size_ ||
        literals * 8 > words.size()) {
      return Bad();
    }
    at += zeros * 8;
    std::memcpy(profile.data() + at, words.data(), literals * 8);
    words.remove_prefix(literals * 8);
    at += literals * 8;
  }
  return Status::Ok();
}

Result<uint64_t> Layout::HashOf(std::string_view value) {
  if (value.size() < 8) return Bad();
  uint64_t hash;
  std::memcpy(&hash, value.data(), 8);
  return hash;
}

const Layout::Placed* Layout::Find(std::string_view identity, size_t size) const {
  for (const Placed& slot : slots_) {
    if (slot.identity == identity && slot.size == size) return &slot;
  }
  return nullptr;
}

void Layout::Migrate(std::span<const std::byte> from_profile, const Layout& to,
                     std::span<std::byte> to_profile) const {
  std::memset(to_profile.data(), 0, to_profile.size());
  for (const Placed& slot : to.slots_) {
    if (const Placed* old = Find(slot.identity, slot.size)) {
      std::memcpy(to_profile.data() + slot.offset, from_profile.data() + old->offset, slot.size);
    }
  }
}

std::string Layout::Difference(const Layout& to) const {
  std::string empty, dropped;
  for (const Placed& slot : to.slots_) {
    if (Find(slot.identity, slot.size) == nullptr)
      empty += StrCat(empty.empty() ? "" : ", ", slot.identity);
  }
  for (const Placed& slot : slots_) {
    if (to.Find(slot.identity, slot.size) == nullptr)
      dropped += StrCat(dropped.empty() ? "" : ", ", slot.identity);
  }
  return StrCat("start empty: ", empty.empty() ? "none" : empty,
                "; dropped: ", dropped.empty() ? "none" : dropped);
}

}  // namespace bongsu
