#include "engine/core/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace bongsu {
namespace {

constexpr std::array<std::pair<std::string_view, uint64_t>, 5> kSizeUnits = {
    {{"TiB", 1ull << 40}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}}};

// 100000000, not 1e+08.
std::string Number(double value) {
  const bool whole = std::abs(value) < 0x1p53 && std::trunc(value) == value;
  return whole ? StrCat(static_cast<int64_t>(value)) : StrCat(value);
}

std::string Bounds(const FieldInfo& info) {
  if (info.min && info.max) return StrCat(" from ", Number(*info.min), " to ", Number(*info.max));
  if (info.min) return StrCat(" of at least ", Number(*info.min));
  if (info.max) return StrCat(" of at most ", Number(*info.max));
  return "";
}

bool InBounds(const FieldInfo& info, double value) {
  return (!info.min || value >= *info.min) && (!info.max || value <= *info.max);
}

void Expected(const ConfigNode& node, const std::string& path, std::string_view what,
              Problems* problems) {
  problems->Add(node.mark, path, StrCat("expected ", what, ", got ", node.Describe()));
}

}  // namespace

Result<ByteSize> ParseByteSize(std::string_view text) {
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (error == std::errc()) {
    for (const auto& [name, bytes] : kSizeUnits) {
      if (unit == name && count <= UINT64_MAX / bytes) return ByteSize{count * bytes};
    }
  }
  return Status::Invalid(
      StrCat("expected a size such as 512B, 64KiB or 1GiB, got \"", text.substr(0, 64), "\""));
}

std::string FormatByteSize(ByteSize size) {
  for (const auto& [name, bytes] : kSizeUnits) {
    if (size.bytes >= bytes && size.bytes % bytes == 0) return StrCat(size.bytes / bytes, name);
  }
  return "0B";
}

void ParseFields(const std::vector<FieldInfo>& fields, void* options, const ConfigNode& node,
                 const std::string& path, Problems* problems) {
  if (node.kind != ConfigNode::Kind::kMap && node.kind != ConfigNode::Kind::kNull) {
    Expected(node, path, "a map", problems);
    return;
  }
  std::vector<std::string> known;
  for (const FieldInfo& field : fields) known.push_back(field.name);
  for (size_t i = 0; i < node.entries.size(); ++i) {
    const ConfigNode::Entry& entry = node.entries[i];
    const std::string entry_path = path.empty() ? entry.key : StrCat(path, '.', entry.key);
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const FieldInfo& f) { return f.name == entry.key; });
    if (field == fields.end()) {
      AddUnknownKey(entry, path, known, problems);
    } else if (node.Find(entry.key) != &entry.value) {
      problems->Add(entry.mark, entry_path, "the key stands twice in this map; keep one of them");
    } else {
      field->parse(options, entry.value, entry_path, *field, problems);
    }
  }
  for (const FieldInfo& field : fields) {
    if (field.required && node.Find(field.name) == nullptr) {
      problems->Add(node.mark, path, StrCat("missing \"", field.name, "\": ", field.help));
    }
  }
}

SchemaNode ObjectSchema(const std::vector<FieldInfo>& fields) {
  SchemaNode node;
  node.type = "object";
  for (const FieldInfo& field : fields) {
    node.properties.push_back({field.name, field.schema(field)});
    if (field.required) node.required.push_back(field.name);
  }
  return node;
}

namespace fields_internal {

bool ExpectScalar(const ConfigNode& node, const std::string& path, std::string_view what,
                  Problems* problems) {
  if (node.kind == ConfigNode::Kind::kScalar) return true;
  Expected(node, path, what, problems);
  return false;
}

bool ParseBool(const ConfigNode& node, const std::string& path, bool* out, Problems* problems) {
  if (!node.quoted && (node.scalar == "true" || node.scalar == "false")) {
    *out = node.scalar == "true";
    return true;
  }
  Expected(node, path, "true or false", problems);
  return false;
}

bool ParseInt(const ConfigNode& node, const std::string& path, const FieldInfo& info, int64_t low,
              int64_t high, int64_t* out, Problems* problems) {
  const std::string what = StrCat("a whole number", Bounds(info));
  if (!ExpectScalar(node, path, what, problems)) return false;
  const char* const last = node.scalar.data() + node.scalar.size();
  const auto [end, error] = std::from_chars(node.scalar.data(), last, *out);
  if (error != std::errc() || end != last || *out < low || *out > high ||
      !InBounds(info, static_cast<double>(*out))) {
    Expected(node, path, what, problems);
    return false;
  }
  return true;
}

bool ParseDouble(const ConfigNode& node, const std::string& path, const FieldInfo& info,
                 double* out, Problems* problems) {
  const std::string what = StrCat("a number", Bounds(info));
  if (!ExpectScalar(node, path, what, problems)) return false;
  const char* const last = node.scalar.data() + node.scalar.size();
  const auto [end, error] = std::from_chars(node.scalar.data(), last, *out);
  if (error != std::errc() || end != last || !std::isfinite(*out) || !InBounds(info, *out)) {
    Expected(node, path, what, problems);
    return false;
  }
  return true;
}

bool ParseText(const ConfigNode& node, const std::string& path, const FieldInfo& info,
               std::string* out, Problems* problems) {
  if (!ExpectScalar(node, path,
                    info.choices.empty() ? "text" : StrCat("one of ", Join(info.choices, ", ")),
                    problems)) {
    return false;
  }
  if (!info.choices.empty() &&
      std::find(info.choices.begin(), info.choices.end(), node.scalar) == info.choices.end()) {
    problems->Add(node.mark, path,
                  StrCat("expected one of ", Join(info.choices, ", "), ", got ", node.Describe(),
                         DidYouMeanHint(node.scalar, info.choices)));
    return false;
  }
  *out = node.scalar;
  return true;
}

bool ParseSpan(const ConfigNode& node, const std::string& path, const FieldInfo& info,
               Duration* out, Problems* problems) {
  if (!ExpectScalar(node, path, "a duration such as 30s, 5m, 1h or 30d", problems)) return false;
  const Result<Duration> parsed = ParseDuration(node.scalar);
  if (!parsed.ok()) {
    problems->Add(node.mark, path, node.secret ? "expected a duration" : parsed.status().message());
    return false;
  }
  if (!InBounds(info, ToSeconds(*parsed))) {
    const auto bound = [](double s) {
      return FormatDuration(Duration(static_cast<int64_t>(s * 1e6)));
    };
    Expected(
        node, path,
        StrCat("a duration", info.min ? StrCat(" of at least ", bound(*info.min)) : "",
               info.max ? StrCat(info.min ? " and" : " of", " at most ", bound(*info.max)) : ""),
        problems);
    return false;
  }
  *out = *parsed;
  return true;
}

bool ParseSize(const ConfigNode& node, const std::string& path, const FieldInfo& info,
               ByteSize* out, Problems* problems) {
  if (!ExpectScalar(node, path, "a size such as 64KiB", problems)) return false;
  const Result<ByteSize> parsed = ParseByteSize(node.scalar);
  if (!parsed.ok()) {
    problems->Add(node.mark, path, node.secret ? "expected a size" : parsed.status().message());
    return false;
  }
  if (!InBounds(info, static_cast<double>(parsed->bytes))) {
    Expected(node, path, StrCat("a size", Bounds(info), " bytes"), problems);
    return false;
  }
  *out = *parsed;
  return true;
}

SchemaNode Scalar(const FieldInfo& info, std::string type) {
  SchemaNode node;
  node.type = std::move(type);
  node.description = info.help;
  node.default_text = info.default_text;
  node.min = info.min;
  node.max = info.max;
  node.choices = info.choices;
  return node;
}

}  // namespace fields_internal
}  // namespace bongsu
