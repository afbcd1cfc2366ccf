// Reads one JSON text into a tree of views: the only door to the JSON parser, used by engine/decode
// for events and by engine/app for everything else that arrives as JSON. It never trusts its input:
// size and depth are bounded, UTF-8 and surrogate escapes are checked, a number that does not fit
// is an error, nothing may follow the value. One reader a thread; it keeps its buffers, so that
// parsing allocates nothing once they have grown to the size of the texts.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bongsu {

// Why a text was refused.
enum class JsonFault { kNone, kSyntax, kUtf8, kNumber, kText, kDepth, kSize, kDuplicate };

class JsonItems;
class JsonMembers;

// One value of the tree; a view that lives until the next Parse of its reader. The As… methods want
// the kind they name.
class JsonValue {
 public:
  enum class Kind { kNull, kBool, kInt, kUint, kDouble, kString, kArray, kObject };

  JsonValue() = default;
  explicit JsonValue(simdjson::dom::element element) : element_(element) {}

  Kind kind() const {
    switch (element_.type()) {
      case simdjson::dom::element_type::BOOL:
        return Kind::kBool;
      case simdjson::dom::element_type::INT64:
        return Kind::kInt;
      case simdjson::dom::element_type::UINT64:
        return Kind::kUint;
      case simdjson::dom::element_type::DOUBLE:
        return Kind::kDouble;
      case simdjson::dom::element_type::STRING:
        return Kind::kString;
      case simdjson::dom::element_type::ARRAY:
        return Kind::kArray;
      case simdjson::dom::element_type::OBJECT:
        return Kind::kObject;
      default:
        return Kind::kNull;
    }
  }
  static bool IsNumber(Kind k) { return k == Kind::kInt || k == Kind::kUint || k == Kind::kDouble; }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_object() const { return kind() == Kind::kObject; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_number() const { return IsNumber(kind()); }
  bool is_container() const { return is_object() || is_array(); }

  bool AsBool() const { return element_.get_bool().value_unsafe(); }
  int64_t AsInt() const { return element_.get_int64().value_unsafe(); }  // kInt
  uint64_t AsUint() const {
    return element_.get_uint64().value_unsafe();
  }  // kUint: above INT64_MAX
  double AsDouble() const { return element_.get_double().value_unsafe(); }  // Any number.
  std::string_view AsString() const { return element_.get_string().value_unsafe(); }
  JsonItems items() const;
  JsonMembers members() const;
  // The member `key` of an object; nullopt too when this is no object.
  std::optional<JsonValue> Find(std::string_view key) const;

 private:
  simdjson::dom::element element_;
};

struct JsonMember {
  std::string_view key;
  JsonValue value;
};

class JsonItems {
 public:
  class Iterator {
   public:
    explicit Iterator(simdjson::dom::array::iterator at) : at_(at) {}
    JsonValue operator*() const { return JsonValue(*at_); }
    Iterator& operator++() { return ++at_, *this; }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    simdjson::dom::array::iterator at_;
  };
  explicit JsonItems(simdjson::dom::array array) : array_(array) {}
  Iterator begin() const { return Iterator(array_.begin()); }
  Iterator end() const { return Iterator(array_.end()); }

 private:
  simdjson::dom::array array_;
};

class JsonMembers {
 public:
  class Iterator {
   public:
    explicit Iterator(simdjson::dom::object::iterator at) : at_(at) {}
    JsonMember operator*() const { return {at_.key(), JsonValue(at_.value())}; }
    Iterator& operator++() { return ++at_, *this; }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    simdjson::dom::object::iterator at_;
  };
  explicit JsonMembers(simdjson::dom::object object) : object_(object) {}
  Iterator begin() const { return Iterator(object_.begin()); }
  Iterator end() const { return Iterator(object_.end()); }

 private:
  simdjson::dom::object object_;
};

inline JsonItems JsonValue::items() const {
  return JsonItems(element_.get_array().value_unsafe());
}
inline JsonMembers JsonValue::members() const {
  return JsonMembers(element_.get_object().value_unsafe());
}

// A text that `keys` has twice; reorders them. Never quadratic, whatever the keys.
std::optional<std::string_view> DuplicateText(std::vector<std::string_view>* keys);

struct JsonLimits {
  size_t bytes = size_t{1} << 20;
  size_t depth = 64;        // Objects and arrays inside each other.
  bool unique_keys = true;  // A key twice in one object is an error.
};

class JsonReader {
 public:
  explicit JsonReader(JsonLimits limits = {});

  // The value of the whole text, or nullopt: then fault() and message() say why. The message speaks
  // of the rule and never shows the text.
  std::optional<JsonValue> Parse(std::string_view text);
  JsonFault fault() const { return fault_; }
  const std::string& message() const { return message_; }

  // A key that one object has twice: `value` itself, or with `deep` any object below it as well.
  std::optional<std::string_view> DuplicateKey(JsonValue value, bool deep);

 private:
  bool Grow(size_t size);
  std::nullopt_t Fail(JsonFault fault, std::string message);

  const JsonLimits limits_;
  simdjson::dom::parser parser_;
  std::vector<char> buffer_;  // The text and the padding that the parser reads past it.
  std::vector<std::string_view> keys_;
  JsonFault fault_ = JsonFault::kNone;
  std::string message_;
};

}  // namespace bongsu
