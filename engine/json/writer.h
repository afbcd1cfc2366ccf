// Writes one JSON text into a string. The caller keeps the nesting right; members appear in call
// order.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace bongsu {

// The name of a member as it stands in the source, quoted when that is compiled.
class JsonName {
 public:
  // Up to 35 characters that need no escape; anything else does not compile.
  template <size_t kSize>
  consteval JsonName(const char (&name)[kSize]) {  // NOLINT(google-explicit-constructor)
    static_assert(kSize <= 36);
    text_[size_++] = ',';
    text_[size_++] = '"';
    for (size_t i = 0; i + 1 < kSize; ++i) {
      if (name[i] < ' ' || name[i] == '"' || name[i] == '\\') throw std::invalid_argument(name);
      text_[size_++] = name[i];
    }
    text_[size_++] = '"';
    text_[size_++] = ':';
  }
  // With the comma before it, or without.
  std::string_view Text(bool first) const {
    return {&text_[first ? 1 : 0], size_ - (first ? 1 : 0)};
  }

 private:
  std::array<char, 40> text_{};
  size_t size_ = 0;
};

// Text that is known only at run time.
template <typename T>
concept JsonText = std::convertible_to<T, std::string_view> && !std::is_array_v<T>;

class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(const JsonName& name) {
    out_->append(name.Text(first_));
    first_ = true;
    return *this;
  }
  template <JsonText T>
  JsonWriter& Key(const T& key) {
    Quote(key, ":");
    first_ = true;
    return *this;
  }
  JsonWriter& String(std::string_view value);  // Invalid UTF-8 becomes U+FFFD.
  JsonWriter& Int(int64_t value);
  JsonWriter& Double(double value);  // Shortest text that reads back equal; null unless finite.
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  JsonWriter& Raw(std::string_view json);  // Valid JSON, taken as it is.

 private:
  JsonWriter& Open(char c);
  JsonWriter& Close(char c);
  void Separate();
  void Quote(std::string_view text, std::string_view after);
  std::string* out_;
  bool first_ = true;
};

}  // namespace bongsu
