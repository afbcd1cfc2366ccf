#include "engine/pipeline/layout.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kLargestSlot = 1 << 24;

void PutVarint(std::string* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

bool TakeVarint(std::string_view* in, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64 && !in->empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

uint64_t WordAt(std::span<const std::byte> bytes, size_t word) {
  uint64_t value;
  std::memcpy(&value, bytes.data() + word * 8, 8);
  return value;
}

Status Bad() {
  return Status::Corrupt("state: a person's profile does not fit its layout");
}

}  // namespace

Layout::Layout(const std::vector<SlotInfo>& slots) {
  for (const SlotInfo& slot : slots) {
    std::string plain = slot.identity;  // A descriptor has one line a slot.
    std::replace(plain.begin(), plain.end(), '\n', ' ');
    std::string identity = plain;
    for (int copy = 2; Find(identity, slot.size) != nullptr; ++copy)
      identity = StrCat(plain, "#", copy);
    descriptor_ += StrCat(slot.size, " ", identity, "\n");
    slots_.push_back({std::move(identity), size_, slot.size});
    size_ += (slot.size + 7) / 8 * 8;
  }
  hash_ = Hash64(descriptor_);
}

Result<Layout> Layout::FromDescriptor(std::string_view descriptor) {
  std::vector<SlotInfo> slots;
  for (std::string_view rest = descriptor; !rest.empty();) {
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
  return Layout(slots);
}

std::string Layout::Key() const {
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(hash_));
  return StrCat("schema/", std::string_view(digits, 16));
}

void Layout::Encode(std::span<const std::byte> profile, std::string* value) const {
  value->assign(reinterpret_cast<const char*>(&hash_), 8);
  const size_t words = size_ / 8;
  for (size_t at = 0; at < words;) {
    size_t literal = at;
    while (literal < words && WordAt(profile, literal) == 0) ++literal;
    size_t end = literal;
    while (end < words && WordAt(profile, end) != 0) ++end;
    if (literal == end) break;  // Only zeros are left.
    PutVarint(value, literal - at);
    PutVarint(value, end - literal);
    value->append(reinterpret_cast<const char*>(profile.data() + literal * 8), (end - literal) * 8);
    at = end;
  }
}

Status Layout::Decode(std::string_view words, std::span<std::byte> profile) const {
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
