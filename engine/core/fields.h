// Tables of fields: the only source for the options of a component. From one table come parsing,
// defaults, range checks, help text, the JSON Schema (`bongsu schema`) and the reference page.
//
//   struct BurstOptions {
//     int limit = 3;
//     static const FieldTable<BurstOptions>& Fields() {
//       static const auto table = FieldTable<BurstOptions>()
//           .Field("limit", &BurstOptions::limit, "How many repeats are too many.").Min(1);
//       return table;
//     }
//   };
//
// A member may be bool, a whole number, double, string, Duration, ByteSize, Located<string>, a
// struct with its own Fields(), or an optional, vector or string-keyed map of those. Other types
// bring a specialisation of FieldCodec.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/strings.h"
#include "engine/core/config_node.h"
#include "engine/core/time.h"

namespace bongsu {

// Bytes with a unit in text: "64KiB", "1MiB", "512B".
struct ByteSize {
  uint64_t bytes = 0;
  bool operator==(const ByteSize&) const = default;
};
Result<ByteSize> ParseByteSize(std::string_view text);
std::string FormatByteSize(ByteSize size);

// A value that remembers where it was written, for problems that only the builder can see.
template <typename T>
struct Located {
  T value{};
  Mark mark;
  std::string path;
};

// A JSON Schema in the making; engine/config writes it.
struct SchemaNode {
  struct Property;
  std::string type;  // string, integer, number, boolean, object, array; empty = anything
  std::string description, default_text, pattern;
  std::optional<double> min, max;
  std::vector<std::string> choices;
  std::vector<Property> properties;
  std::vector<std::string> required;
  std::vector<SchemaNode> items;       // 0 or 1: of arrays.
  std::vector<SchemaNode> additional;  // 0 or 1: of objects with free keys.
  std::vector<SchemaNode> any_of;
};

struct SchemaNode::Property {
  std::string name;
  SchemaNode schema;
};

struct FieldInfo {
  std::string name, help, default_text;
  bool required = false;
  std::optional<double> min, max;
  std::vector<std::string> choices;
  std::function<void(void* options, const ConfigNode&, const std::string& path, const FieldInfo&,
                     Problems*)>
      parse;
  std::function<SchemaNode(const FieldInfo&)> schema;
};

// Parses the entries of the map `node` by `fields` into `options`; reports unknown, doubled and
// missing keys.
void ParseFields(const std::vector<FieldInfo>& fields, void* options, const ConfigNode& node,
                 const std::string& path, Problems* problems);
SchemaNode ObjectSchema(const std::vector<FieldInfo>& fields);

template <typename T>
struct FieldCodec;  // Parse(node, path, info, T*, Problems*); Print(const T&); Schema(info)

template <typename T>
class FieldTable {
 public:
  template <typename M>
  FieldTable& Field(std::string name, M T::*member, std::string help) {
    FieldInfo info;
    info.name = std::move(name);
    info.help = std::move(help);
    info.default_text = FieldCodec<M>::Print(T{}.*member);
    info.parse = [member](void* options, const ConfigNode& node, const std::string& path,
                          const FieldInfo& self, Problems* problems) {
      FieldCodec<M>::Parse(node, path, self, &(static_cast<T*>(options)->*member), problems);
    };
    info.schema = [](const FieldInfo& self) { return FieldCodec<M>::Schema(self); };
    fields_.push_back(std::move(info));
    return *this;
  }
  // These speak of the field before them. Bounds are of numbers (durations: seconds; sizes: bytes;
  // lists: members).
  FieldTable& Required() { return fields_.back().required = true, *this; }
  FieldTable& Min(double min) { return fields_.back().min = min, *this; }
  FieldTable& Max(double max) { return fields_.back().max = max, *this; }
  FieldTable& OneOf(std::vector<std::string> choices) {
    return fields_.back().choices = std::move(choices), *this;
  }

  const std::vector<FieldInfo>& fields() const { return fields_; }
  void Parse(const ConfigNode& node, const std::string& path, T* out, Problems* problems) const {
    ParseFields(fields_, out, node, path, problems);
  }

 private:
  std::vector<FieldInfo> fields_;
};

template <typename T>
concept HasFields = requires {
  { T::Fields() } -> std::convertible_to<const FieldTable<T>&>;
};

namespace fields_internal {
// False, with the problem reported, when `node` is not a scalar.
bool ExpectScalar(const ConfigNode& node, const std::string& path, std::string_view what,
                  Problems* problems);
bool ParseBool(const ConfigNode& node, const std::string& path, bool* out, Problems* problems);
bool ParseInt(const ConfigNode& node, const std::string& path, const FieldInfo& info, int64_t low,
              int64_t high, int64_t* out, Problems* problems);
bool ParseDouble(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                 double* out, Problems* problems);
bool ParseText(const ConfigNode& node, const std::string& path, const FieldInfo& info,
               std::string* out, Problems* problems);
bool ParseSpan(const ConfigNode& node, const std::string& path, const FieldInfo& info,
               Duration* out, Problems* problems);
bool ParseSize(const ConfigNode& node, const std::string& path, const FieldInfo& info,
               ByteSize* out, Problems* problems);
SchemaNode Scalar(const FieldInfo& info, std::string type);
}  // namespace fields_internal

template <>
struct FieldCodec<bool> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo&, bool* out,
                    Problems* problems) {
    fields_internal::ParseBool(node, path, out, problems);
  }
  static std::string Print(const bool& value) { return value ? "true" : "false"; }
  static SchemaNode Schema(const FieldInfo& info) {
    return fields_internal::Scalar(info, "boolean");
  }
};

template <std::integral T>
requires(!std::same_as<T, bool>) struct FieldCodec<T> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info, T* out,
                    Problems* problems) {
    int64_t value = 0;
    constexpr int64_t kHigh =
        sizeof(T) == 8 ? INT64_MAX : static_cast<int64_t>(std::numeric_limits<T>::max());
    if (fields_internal::ParseInt(node, path, info,
                                  static_cast<int64_t>(std::numeric_limits<T>::min()), kHigh,
                                  &value, problems)) {
      *out = static_cast<T>(value);
    }
  }
  static std::string Print(const T& value) { return StrCat(value); }
  static SchemaNode Schema(const FieldInfo& info) {
    return fields_internal::Scalar(info, "integer");
  }
};

template <>
struct FieldCodec<double> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    double* out, Problems* problems) {
    fields_internal::ParseDouble(node, path, info, out, problems);
  }
  static std::string Print(const double& value) { return StrCat(value); }
  static SchemaNode Schema(const FieldInfo& info) {
    return fields_internal::Scalar(info, "number");
  }
};

template <>
struct FieldCodec<std::string> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    std::string* out, Problems* problems) {
    fields_internal::ParseText(node, path, info, out, problems);
  }
  static std::string Print(const std::string& value) { return value; }
  static SchemaNode Schema(const FieldInfo& info) {
    return fields_internal::Scalar(info, "string");
  }
};

template <>
struct FieldCodec<Duration> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    Duration* out, Problems* problems) {
    fields_internal::ParseSpan(node, path, info, out, problems);
  }
  static std::string Print(const Duration& value) { return FormatDuration(value); }
  static SchemaNode Schema(const FieldInfo& info) {
    SchemaNode node = fields_internal::Scalar(info, "string");
    node.min = node.max = std::nullopt;
    node.pattern = "^[0-9]+(us|ms|s|m|h|d|w)$";
    return node;
  }
};

template <>
struct FieldCodec<ByteSize> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    ByteSize* out, Problems* problems) {
    fields_internal::ParseSize(node, path, info, out, problems);
  }
  static std::string Print(const ByteSize& value) { return FormatByteSize(value); }
  static SchemaNode Schema(const FieldInfo& info) {
    SchemaNode node = fields_internal::Scalar(info, "string");
    node.min = node.max = std::nullopt;
    node.pattern = "^[0-9]+(B|KiB|MiB|GiB|TiB)$";
    return node;
  }
};

template <typename T>
struct FieldCodec<Located<T>> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    Located<T>* out, Problems* problems) {
    out->mark = node.mark;
    out->path = path;
    FieldCodec<T>::Parse(node, path, info, &out->value, problems);
  }
  static std::string Print(const Located<T>& value) { return FieldCodec<T>::Print(value.value); }
  static SchemaNode Schema(const FieldInfo& info) { return FieldCodec<T>::Schema(info); }
};

template <HasFields T>
struct FieldCodec<T> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo&, T* out,
                    Problems* problems) {
    T::Fields().Parse(node, path, out, problems);
  }
  static std::string Print(const T&) { return ""; }
  static SchemaNode Schema(const FieldInfo& info) {
    SchemaNode node = ObjectSchema(T::Fields().fields());
    node.description = info.help;
    return node;
  }
};

template <typename T>
struct FieldCodec<std::optional<T>> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    std::optional<T>* out, Problems* problems) {
    FieldCodec<T>::Parse(node, path, info, &out->emplace(), problems);
  }
  static std::string Print(const std::optional<T>& value) {
    return value ? FieldCodec<T>::Print(*value) : "";
  }
  static SchemaNode Schema(const FieldInfo& info) { return FieldCodec<T>::Schema(info); }
};

template <typename T>
struct FieldCodec<std::vector<T>> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    std::vector<T>* out, Problems* problems) {
    if (node.kind != ConfigNode::Kind::kList) {
      problems->Add(node.mark, path, StrCat("expected a list, got ", node.Describe()));
      return;
    }
    if (info.min && static_cast<double>(node.items.size()) < *info.min) {
      problems->Add(node.mark, path,
                    StrCat("expected at least ", *info.min, " members, got ", node.items.size()));
    }
    out->clear();
    FieldInfo item_info = info;
    item_info.min = item_info.max = std::nullopt;
    for (size_t i = 0; i < node.items.size(); ++i) {
      T item{};
      FieldCodec<T>::Parse(node.items[i], StrCat(path, '[', i, ']'), item_info, &item, problems);
      out->push_back(std::move(item));
    }
  }
  static std::string Print(const std::vector<T>& value) {
    std::string out = "[";
    for (const T& item : value) out += (out.size() > 1 ? ", " : "") + FieldCodec<T>::Print(item);
    return out + "]";
  }
  static SchemaNode Schema(const FieldInfo& info) {
    FieldInfo item = info;
    item.help = item.default_text = "";
    SchemaNode node;
    node.type = "array";
    node.description = info.help;
    node.items.push_back(FieldCodec<T>::Schema(item));
    return node;
  }
};

template <typename T>
struct FieldCodec<std::map<std::string, T>> {
  static void Parse(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                    std::map<std::string, T>* out, Problems* problems) {
    if (node.kind != ConfigNode::Kind::kMap) {
      problems->Add(node.mark, path, StrCat("expected a map, got ", node.Describe()));
      return;
    }
    for (const ConfigNode::Entry& entry : node.entries) {
      FieldCodec<T>::Parse(entry.value, StrCat(path, '.', entry.key), info, &(*out)[entry.key],
                           problems);
    }
  }
  static std::string Print(const std::map<std::string, T>&) { return "{}"; }
  static SchemaNode Schema(const FieldInfo& info) {
    FieldInfo item = info;
    item.help = item.default_text = "";
    SchemaNode node;
    node.type = "object";
    node.description = info.help;
    node.additional.push_back(FieldCodec<T>::Schema(item));
    return node;
  }
};

}  // namespace bongsu
