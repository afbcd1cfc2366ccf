// Writes one JSON text into a string. The caller keeps the nesting right; members appear in call
// order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bongsu {

class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view key);
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
  std::string* out_;
  bool first_ = true;
};

}  // namespace bongsu
