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
constexpr std::string_view kPacking = "packing ", kPlain = "packing 2\n",
                           kWithRests = "packing 3\n";
constexpr size_t kHead = 4;  // So many words of a slot have columns, shared by slots of its size.

Status Bad() {
  return Status::Corrupt("state: a person's profile does not fit its layout");
}

bool TakeSize(std::string_view* line, size_t* size) {
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), *size);
  line->remove_prefix(static_cast<size_t>(end - line->data()));
  return error == std::errc() && *size <= kLargestSlot;
}

bool TakeChar(std::string_view* line, char c) {
  if (!line->starts_with(c)) return false;
  line->remove_prefix(1);
  return true;
}

}  // namespace

Layout::Layout(const std::vector<SlotInfo>& slots) {
  const bool with_rests =
      std::any_of(slots.begin(), slots.end(), [](const SlotInfo& slot) { return slot.rest > 0; });
  descriptor_ = with_rests ? kWithRests : kPlain;
  for (const SlotInfo& slot : slots) {
    std::string plain = slot.identity;  // A descriptor has one line a slot.
    std::replace(plain.begin(), plain.end(), '\n', ' ');
    std::string identity = plain;
    for (int copy = 2; Find(identity, slot.size + slot.rest) != nullptr; ++copy)
      identity = StrCat(plain, "#", copy);
    descriptor_ += StrCat(slot.size, with_rests ? StrCat("+", slot.rest) : "", " ", identity, "\n");
    slots_.push_back({std::move(identity), size(), slot.size, 0, slot.rest});
    AddColumns((slot.size + 7) / 8);
  }
  head_ = size();
  for (Placed& slot : slots_) {
    slot.rest_offset = size();
    columns_.resize(columns_.size() + (slot.rest + 7) / 8, kColumns);
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
  const bool with_rests = rest.starts_with(kWithRests);
  const bool packed = with_rests || rest.starts_with(kPlain);
  if (packed) rest.remove_prefix(kPlain.size());
  if (rest.starts_with(kPacking)) {
    return Status::Invalid(StrCat("state: people's profiles have ",
                                  rest.substr(0, std::min(rest.find('\n'), rest.size())),
                                  ", this release reads 2 and 3; run the release that wrote them"));
  }
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    SlotInfo slot;
    std::string_view line = rest.substr(0, end);
    if (end == std::string_view::npos || !TakeSize(&line, &slot.size) ||
        (with_rests && !(TakeChar(&line, '+') && TakeSize(&line, &slot.rest))) ||
        !TakeChar(&line, ' ')) {
      return Status::Corrupt("state: a schema descriptor is not readable");
    }
    slot.identity = line;
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

void Layout::Encode(std::span<const std::byte> profile, std::string* value) const {
  value->assign(reinterpret_cast<const char*>(&hash_), 8);
  PackWords(profile, std::span(columns_).first(profile.size() / 8), value);
}

Status Layout::Decode(std::string_view words, std::span<std::byte> profile) const {
  if (!packed_) return DecodeRuns(words, profile);
  const auto columns = std::span(columns_).first(profile.size() / 8);
  return UnpackWords(words, columns, profile) ? Status::Ok() : Bad();
}

Status Layout::DecodeRuns(std::string_view words, std::span<std::byte> profile) const {
  std::memset(profile.data(), 0, profile.size());
  size_t at = 0;
  while (!words.empty()) {
    uint64_t zeros, literals;
    if (!TakeVarint(&words, &zeros) || !TakeVarint(&words, &literals)) return Bad();
    if (zeros > size() || literals > size() || at + (zeros + literals) * 8 > size() ||
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

const Layout::Placed* Layout::Find(std::string_view identity, size_t bytes) const {
  for (const Placed& slot : slots_) {
    if (slot.identity == identity && slot.size + slot.rest == bytes) return &slot;
  }
  return nullptr;
}

void Layout::Migrate(std::span<const std::byte> from_profile, const Layout& to,
                     std::span<std::byte> to_profile) const {
  std::memset(to_profile.data(), 0, to_profile.size());
  std::vector<std::byte> bytes;
  for (const Placed& slot : to.slots_) {
    const Placed* const old = Find(slot.identity, slot.size + slot.rest);
    if (old == nullptr) continue;
    bytes.resize(slot.size + slot.rest);
    std::memcpy(bytes.data(), from_profile.data() + old->offset, old->size);
    std::memcpy(bytes.data() + old->size, from_profile.data() + old->rest_offset, old->rest);
    std::memcpy(to_profile.data() + slot.offset, bytes.data(), slot.size);
    std::memcpy(to_profile.data() + slot.rest_offset, bytes.data() + slot.size, slot.rest);
  }
}

std::string Layout::Difference(const Layout& to) const {
  std::string empty, dropped;
  for (const Placed& slot : to.slots_) {
    if (Find(slot.identity, slot.size + slot.rest) == nullptr)
      empty += StrCat(empty.empty() ? "" : ", ", slot.identity);
  }
  for (const Placed& slot : slots_) {
    if (to.Find(slot.identity, slot.size + slot.rest) == nullptr)
      dropped += StrCat(dropped.empty() ? "" : ", ", slot.identity);
  }
  return StrCat("start empty: ", empty.empty() ? "none" : empty,
                "; dropped: ", dropped.empty() ? "none" : dropped);
}

}  // namespace bongsu
