#include "engine/decode/canonical_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <experimental/simd>

#include "engine/base/strings.h"
#include "engine/decode/canonical_members.h"
#include "engine/json/reader.h"

namespace bongsu {
namespace {

constexpr size_t kFirstCapacity = 4096;

using Key = CanonicalText::Key;

constexpr Key MakeKey(std::string_view name) {
  std::array<char, Key::kBytes> text{}, mask{};
  size_t size = 0;
  const auto put = [&](char c) {
    text.at(size) = c;
    mask.at(size++) = '\xFF';
  };
  put('"');
  for (const char c : name) put(c);
  put('"');
  put(':');
  return {std::bit_cast<Key::Words>(text), std::bit_cast<Key::Words>(mask), size};
}

constexpr std::array<Key, kMembers> MakeKeys() {
  std::array<Key, kMembers> keys{};
  for (size_t i = 0; i < kMembers; ++i) keys[i] = MakeKey(kMemberOrder[i].name);
  return keys;
}
constexpr std::array<Key, kMembers> kKeys = MakeKeys();

namespace simd = std::experimental;
using Bytes = simd::native_simd<unsigned char>;
constexpr size_t kPadding = std::max(Key::kBytes, Bytes::size());

constexpr auto kEach = [](char c) { return Bytes(static_cast<unsigned char>(c)); };

Bytes Load(const char* at) {
  return Bytes(reinterpret_cast<const unsigned char*>(at), simd::element_aligned);
}

// The first byte from `at` on that ends a run of plain text: a quote, a backslash or a control
// character. `seen` gets the bytes before it, and some that are after it.
char* PlainEnd(char* at, Bytes* seen) {
  for (;; at += Bytes::size()) {
    const Bytes bytes = Load(at);
    const auto stops =
        bytes < kEach(' ') || bytes == kEach('"') || bytes == kEach('\\') || bytes == kEach('\x7F');
    *seen |= bytes;
    if (simd::any_of(stops)) return at + simd::find_first_set(stops);
  }
}

enum class Breaks { kNone, kEscaped };  // Of lines and columns.

// What a backslash and `c` stand for; zero for escapes that are not for here.
char Unescaped(char c, Breaks breaks) {
  if (c == '"' || c == '\\') return c;
  if (breaks == Breaks::kNone) return '\0';
  return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : '\0';
}

// The takers return what follows, or null when there is not what they want.

// A string that is not empty; its escapes are resolved in place.
char* TakeString(char* at, Breaks breaks, std::string_view* text) {
  if (*at != '"') return nullptr;
  char* const begin = ++at;
  Bytes seen{};
  at = PlainEnd(at, &seen);
  char* end = at;
  while (*at == '\\') {
    const char escaped = Unescaped(at[1], breaks);
    if (escaped == '\0') return nullptr;
    *end++ = escaped;
    char* const plain = at + 2;
    at = PlainEnd(plain, &seen);
    std::memmove(end, plain, static_cast<size_t>(at - plain));
    end += at - plain;
  }
  if (*at != '"' || end == begin) return nullptr;
  *text = std::string_view(begin, static_cast<size_t>(end - begin));
  if (simd::any_of(seen > kEach('\x7F')) && !IsValidUtf8(*text)) return nullptr;
  return at + 1;
}

// The number that the first `count` digits (1 to 8) from `at` on are: pairs, fours, eights.
int64_t DigitsOf(const char* at, int count) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  word = (word & 0x0F0F0F0F0F0F0F0F) << (64 - 8 * count);
  word = (word * 10 + (word >> 8)) & 0x00FF00FF00FF00FF;
  word = (word * 100 + (word >> 16)) & 0x0000FFFF0000FFFF;
  return static_cast<int64_t>((word * 10'000 + (word >> 32)) & 0xFFFFFFFF);
}

// A whole number of at most 15 digits, which a double holds, without a sign.
char* TakeWhole(char* at, int64_t* number) {
  constexpr std::array<int64_t, 8> kPowers = {1,      10,      100,       1000,
                                              10'000, 100'000, 1'000'000, 10'000'000};
  const Bytes bytes = Load(at);
  const auto others = bytes < kEach('0') || bytes > kEach('9');
  const int count = simd::any_of(others) ? simd::find_first_set(others) : 16;
  if (count == 0 || count > 15 || (*at == '0' && count > 1)) return nullptr;
  *number = count <= 8 ? DigitsOf(at, count)
                       : DigitsOf(at, 8) * kPowers[static_cast<size_t>(count - 8)] +
                             DigitsOf(at + 8, count - 8);
  return at + count;
}

// A number that is written as we write it: a whole one as above, or one with a point or an
// exponent.
char* TakeNumber(char* at, const char* limit, Value* value) {
  const bool negative = *at == '-';
  int64_t whole;
  char* end = TakeWhole(at + negative, &whole);
  if (end != nullptr && *end != '.' && *end != 'e') {
    if (negative && whole == 0) return nullptr;
    value->number = static_cast<double>(negative ? -whole : whole);
  } else {
    const auto [stop, error] = std::from_chars(at, limit, value->number);
    if (error != std::errc()) return nullptr;
    end = at + (stop - at);
    std::array<char, 32> digits;
    const char* const last = std::to_chars(digits.begin(), digits.end(), value->number).ptr;
    const std::string_view shortest(digits.data(), static_cast<size_t>(last - digits.data()));
    if (shortest.find_first_of(".e") == shortest.npos) return nullptr;
    if (shortest != std::string_view(at, static_cast<size_t>(end - at))) return nullptr;
  }
  value->text = std::string_view(at, static_cast<size_t>(end - at));
  return end;
}

char* TakeAttribute(char* at, const char* limit, Value* value) {
  if (*at == '"') return TakeString(at, Breaks::kEscaped, &value->text);
  const bool yes = std::memcmp(at, "true", 4) == 0;
  if (yes || std::memcmp(at, "false", 5) == 0) {
    *value = yes ? Value{"true", 1} : Value{"false", 0};
    return at + value->text.size();
  }
  return TakeNumber(at, limit, value);
}

bool IsGoodText(size_t field, std::string_view text) {
  // In bytes, so that long texts of other alphabets are left to who counts characters.
  if (text.size() > MaxLength(field)) return false;
  return field == kAction ? IsUpperSnake(text) : field != kResult || IsResult(text);
}

bool IsGoodNumber(size_t field, double number) {
  return number >= 0 && (field != kSensitivity || number <= kMaxSensitivity);
}

}  // namespace

CanonicalText::CanonicalText(const LimitOptions& limits, const EventSchema& schema)
    : schema_(schema),
      max_bytes_(limits.event.bytes),
      max_attributes_(static_cast<size_t>(limits.attributes)) {}

bool CanonicalText::Read(std::string_view json, Event* event) {
  if (json.size() > max_bytes_) return false;
  if (buffer_.size() < json.size() + kPadding) {
    buffer_.resize(std::max(kFirstCapacity, 2 * json.size() + kPadding));
  }
  char* at = buffer_.data();
  const char* const end = at + json.size();
  std::copy(json.begin(), json.end(), at);
  std::fill_n(at + json.size(), kPadding, '\0');
  event->fields.assign(schema_.size(), Value{});
  uint32_t seen = 0;
  size_t member = 0;
  for (char before = '{'; *at == before; before = ',') {
    ++at;
    while (member < kMembers && !kKeys[member].Begins(at)) ++member;
    if (member == kMembers) return false;
    const size_t id = kMemberOrder[member].id;
    at = TakeMember(id, at + kKeys[member].size, event);
    if (at == nullptr) return false;
    seen |= 1u << id;
    ++member;
  }
  constexpr uint32_t kRequired = 1u << kEventId | 1u << kTimeMember | 1u << kUserId | 1u << kAction;
  return *at == '}' && at + 1 == end && (seen & kRequired) == kRequired;
}

char* CanonicalText::TakeMember(size_t id, char* at, Event* event) {
  if (id == kAttributesMember) return TakeAttributes(at, event);
  if (id == kTimeMember) {
    int64_t millis;
    at = TakeWhole(at, &millis);
    if (at == nullptr || millis < kEarliestMillis || millis >= kLatestMillis) return nullptr;
    event->time = FromMillis(millis);
    return at;
  }
  Value* const value = &event->fields[id];
  if (IsNumeric(id)) {
    at = TakeNumber(at, buffer_.data() + buffer_.size(), value);
    return at != nullptr && IsGoodNumber(id, value->number) ? at : nullptr;
  }
  at = TakeString(at, id == kReason ? Breaks::kEscaped : Breaks::kNone, &value->text);
  return at != nullptr && IsGoodText(id, value->text) ? at : nullptr;
}

char* CanonicalText::TakeAttributes(char* at, Event* event) {
  size_t count = 0;
  for (char before = '{'; *at == before; before = ',') {
    if (count == max_attributes_) return nullptr;
    if (count == attributes_.size()) attributes_.emplace_back();
    Attribute* const attribute = &attributes_[count];
    at = TakeName(at + 1, attribute);
    if (at == nullptr) return nullptr;
    Value value;
    at = TakeAttribute(at, buffer_.data() + buffer_.size(), &value);
    if (at == nullptr) return nullptr;
    if (attribute->slot) event->fields[*attribute->slot] = value;
    ++count;
  }
  return *at == '}' && count > 0 && AreDistinct(count) ? at + 1 : nullptr;
}

char* CanonicalText::TakeName(char* at, Attribute* attribute) {
  if (attribute->key.size != 0 && attribute->key.Begins(at)) return at + attribute->key.size;
  std::string_view name;
  char* const begin = at + 1;
  at = TakeString(at, Breaks::kNone, &name);
  if (at == nullptr || *at != ':' || name.size() > kMaxAttributeName) return nullptr;
  if (attribute->name != name) {
    attribute->name = name;
    attribute->slot = schema_.AttributeSlot(name);
    const bool plain = begin + name.size() + 1 == at;
    attribute->key = plain && name.size() + 3 <= Key::kBytes ? MakeKey(name) : Key{};
    distinct_ = std::min(distinct_, static_cast<size_t>(attribute - attributes_.data()));
  }
  return at + 1;
}

bool CanonicalText::AreDistinct(size_t count) {
  if (count <= distinct_) return true;
  names_.clear();
  for (size_t i = 0; i < count; ++i) names_.push_back(attributes_[i].name);
  if (DuplicateText(&names_)) return false;
  distinct_ = count;
  return true;
}

}  // namespace bongsu
