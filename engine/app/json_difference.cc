#include "engine/app/json_difference.h"

#include <map>

#include "engine/base/strings.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

constexpr size_t kShown = 80;  // Of a value.

void Write(JsonValue value, JsonWriter* json) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      json->Null();
      return;
    case JsonValue::Kind::kBool:
      json->Bool(value.AsBool());
      return;
    case JsonValue::Kind::kInt:
      json->Int(value.AsInt());
      return;
    case JsonValue::Kind::kUint:
      json->Raw(StrCat(value.AsUint()));
      return;
    case JsonValue::Kind::kDouble:
      json->Double(value.AsDouble());
      return;
    case JsonValue::Kind::kString:
      json->String(value.AsString());
      return;
    case JsonValue::Kind::kArray:
      json->BeginArray();
      for (const JsonValue item : value.items()) Write(item, json);
      json->EndArray();
      return;
    case JsonValue::Kind::kObject:
      json->BeginObject();
      for (const auto& [key, member] : value.members()) Write(member, &json->Key(key));
      json->EndObject();
  }
}

std::string TextOf(const std::optional<JsonValue>& value) {
  if (!value) return "nothing";
  std::string text;
  JsonWriter json(&text);
  Write(*value, &json);
  return text;
}

std::string Shown(std::string text) {
  if (text.size() <= kShown) return text;
  size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

class Comparison final {
 public:
  explicit Comparison(size_t max) : max_(max) {}

  void Compare(const std::string& path, const std::optional<JsonValue>& a,
               const std::optional<JsonValue>& b) {
    if (found_.size() >= max_) return;
    if (a && b && a->is_object() && b->is_object()) {
      std::map<std::string, int> keys;
      for (const auto& member : a->members()) keys[std::string(member.key)];
      for (const auto& member : b->members()) keys[std::string(member.key)];
      for (const auto& [key, unused] : keys)
        Compare(path.empty() ? key : StrCat(path, '.', key), a->Find(key), b->Find(key));
    } else if (a && b && a->is_array() && b->is_array()) {
      CompareItems(path, *a, *b);
    } else if (const std::string was = TextOf(a), is = TextOf(b); was != is) {
      found_.push_back(StrCat(path, ": ", Shown(was), " went out, ", Shown(is), " was made"));
    }
  }
  std::vector<std::string> found() && { return std::move(found_); }

 private:
  void CompareItems(const std::string& path, JsonValue a, JsonValue b) {
    auto left = a.items().begin(), left_end = a.items().end();
    auto right = b.items().begin(), right_end = b.items().end();
    for (size_t i = 0; left != left_end || right != right_end; ++i) {
      std::optional<JsonValue> x, y;
      if (left != left_end) x = *left, ++left;
      if (right != right_end) y = *right, ++right;
      Compare(StrCat(path, '[', i, ']'), x, y);
    }
  }

  const size_t max_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> JsonDifferences(std::string_view went_out, std::string_view made,
                                         size_t max) {
  if (went_out == made) return {};
  JsonReader first({64u << 20, 256, false}), second({64u << 20, 256, false});
  const std::optional<JsonValue> a = first.Parse(went_out), b = second.Parse(made);
  if (!a) return {"what went out is not JSON"};
  Comparison comparison(max);
  comparison.Compare("", a, b);
  std::vector<std::string> found = std::move(comparison).found();
  if (found.empty()) found.push_back("the members are equal, but not in their order or their text");
  return found;
}

}  // namespace bongsu
