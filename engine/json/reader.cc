#include "engine/json/reader.h"

#include <algorithm>
#include <cstring>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kFirstCapacity = 4096;
// Up to here comparing all pairs is cheaper than sorting.
constexpr size_t kFewKeys = 12;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code unit of the escape \uXXXX at `at`, or -1 when there is none.
int32_t CodeUnit(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int32_t unit = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    const int digit = HexDigit(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

// The parser takes some halves of surrogate pairs and would make strings of them that are not
// UTF-8.
bool SurrogatesPaired(std::string_view text) {
  for (size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    const int32_t unit = CodeUnit(text, at);
    if (unit < 0) {
      at += 2;
      continue;
    }
    at += 6;
    if (unit < 0xD800 || unit > 0xDFFF) continue;
    const int32_t low = CodeUnit(text, at);
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) return false;
    at += 6;
  }
  return true;
}

JsonFault FaultOf(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return JsonFault::kUtf8;
    case simdjson::NUMBER_ERROR:
    case simdjson::NUMBER_OUT_OF_RANGE:
      return JsonFault::kNumber;
    case simdjson::STRING_ERROR:
    case simdjson::UNESCAPED_CHARS:
      return JsonFault::kText;
    case simdjson::DEPTH_ERROR:
      return JsonFault::kDepth;
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return JsonFault::kSize;
    default:
      return JsonFault::kSyntax;
  }
}

std::string_view MessageOf(JsonFault fault) {
  switch (fault) {
    case JsonFault::kUtf8:
      return "expected UTF-8, got bytes that are not; convert the text at its source";
    case JsonFault::kNumber:
      return "expected numbers of JSON that fit in 64 bits; write longer ones as strings";
    case JsonFault::kText:
      return "expected strings without raw control characters or unknown escapes";
    case JsonFault::kSize:
      return "no memory for a text of this size; lower the limit of records";
    default:
      return "expected one complete JSON value, got something else or more";
  }
}

bool Shorter(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

std::optional<JsonValue> JsonValue::Find(std::string_view key) const {
  if (!is_object()) return std::nullopt;
  for (const JsonMember& member : members()) {
    if (member.key == key) return member.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> DuplicateText(std::vector<std::string_view>* keys) {
  if (keys->size() <= kFewKeys) {
    for (size_t i = 0; i < keys->size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if ((*keys)[i] == (*keys)[j]) return (*keys)[i];
      }
    }
    return std::nullopt;
  }
  std::sort(keys->begin(), keys->end(), Shorter);
  const auto twice = std::adjacent_find(keys->begin(), keys->end());
  if (twice == keys->end()) return std::nullopt;
  return *twice;
}

JsonReader::JsonReader(JsonLimits limits) : limits_(limits), parser_(limits.bytes) {}

bool JsonReader::Grow(size_t size) {
  size_t capacity = std::max(kFirstCapacity, parser_.capacity());
  while (capacity < size) capacity *= 2;
  if (capacity == parser_.capacity()) return true;
  // The parser counts one level more than it lets pass.
  if (parser_.allocate(capacity, limits_.depth + 1) != simdjson::SUCCESS) return false;
  if (parser_.doc.allocate(capacity) != simdjson::SUCCESS) return false;
  buffer_.resize(capacity + simdjson::SIMDJSON_PADDING);
  return true;
}

std::nullopt_t JsonReader::Fail(JsonFault fault, std::string message) {
  fault_ = fault;
  message_ = std::move(message);
  return std::nullopt;
}

std::optional<JsonValue> JsonReader::Parse(std::string_view text) {
  if (text.size() > limits_.bytes) {
    return Fail(JsonFault::kSize, StrCat("expected at most ", limits_.bytes, " bytes, got ",
                                         text.size(), "; raise the limit or split it"));
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Fail(JsonFault::kSyntax, "expected JSON, got a byte order mark; write without it");
  }
  if (!Grow(text.size())) return Fail(JsonFault::kSize, std::string(MessageOf(JsonFault::kSize)));
  if (!text.empty()) std::memcpy(buffer_.data(), text.data(), text.size());
  std::memset(buffer_.data() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
  simdjson::dom::element root;
  if (const auto error = parser_.parse(buffer_.data(), text.size(), false).get(root)) {
    JsonFault fault = FaultOf(error);
    if (fault == JsonFault::kText && !SurrogatesPaired(text)) fault = JsonFault::kUtf8;
    if (fault == JsonFault::kDepth) {
      return Fail(fault, StrCat("expected at most ", limits_.depth,
                                " objects and lists inside each other, got more"));
    }
    return Fail(fault, std::string(MessageOf(fault)));
  }
  if (!SurrogatesPaired(text)) {
    return Fail(JsonFault::kUtf8, "expected surrogate escapes in pairs, got half of one");
  }
  const JsonValue value(root);
  if (limits_.unique_keys && DuplicateKey(value, true)) {
    return Fail(JsonFault::kDuplicate, "expected each member once, got one twice in an object");
  }
  fault_ = JsonFault::kNone;
  return value;
}

std::optional<std::string_view> JsonReader::DuplicateKey(JsonValue value, bool deep) {
  if (value.is_object()) {
    keys_.clear();
    for (const JsonMember& member : value.members()) keys_.push_back(member.key);
    if (const auto twice = DuplicateText(&keys_)) return twice;
  }
  if (!deep) return std::nullopt;
  // Recursion is bounded by the depth that Parse let pass.
  if (value.is_object()) {
    for (const JsonMember& member : value.members()) {
      if (!member.value.is_container()) continue;
      if (const auto twice = DuplicateKey(member.value, true)) return twice;
    }
  } else if (value.is_array()) {
    for (const JsonValue item : value.items()) {
      if (!item.is_container()) continue;
      if (const auto twice = DuplicateKey(item, true)) return twice;
    }
  }
  return std::nullopt;
}

}  // namespace bongsu
