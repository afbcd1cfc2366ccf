#include "engine/config/schema_writer.h"

#include <cmath>
#include <cstdint>

#include "engine/json/writer.h"

namespace bongsu {
namespace {

// A variable may stand for any scalar; editors see the text before it is replaced.
constexpr std::string_view kVariable = "\\$\\{";

bool IsNumber(const SchemaNode& node) {
  return node.type == "integer" || node.type == "number";
}

void WriteBound(std::string_view name, const std::optional<double>& bound, JsonWriter* json) {
  if (!bound) return;
  json->Key(name);
  if (std::abs(*bound) < 0x1p53 && std::trunc(*bound) == *bound) {
    json->Int(static_cast<int64_t>(
        *bound));  // 100000000, not 1e+08: some YAML readers take that for text.
  } else {
    json->Double(*bound);
  }
}

void WriteDefault(const SchemaNode& node, JsonWriter* json) {
  if (node.default_text.empty()) return;
  if (node.type == "string") {
    json->Key("default").String(node.default_text);
  } else if (IsNumber(node) || node.type == "boolean") {
    json->Key("default").Raw(node.default_text);
  }
}

// Text without a form of its own may look like a number to a YAML reader: `tenant: 7` is good.
void WriteText(const SchemaNode& node, JsonWriter* json) {
  json->Key("type");
  if (node.pattern.empty()) {
    json->BeginArray().String("string").String("number").String("boolean").EndArray();
  } else {
    json->String("string").Key("pattern").String(node.pattern + "|" + std::string(kVariable));
  }
}

void WriteScalar(const SchemaNode& node, JsonWriter* json) {
  if (!node.choices.empty()) {
    json->Key("anyOf").BeginArray().BeginObject().Key("enum").BeginArray();
    for (const std::string& choice : node.choices) json->String(choice);
    json->EndArray().EndObject().BeginObject();
    json->Key("type").String("string").Key("pattern").String(kVariable).EndObject().EndArray();
  } else if (node.type == "string") {
    WriteText(node, json);
  } else if (!node.type.empty()) {
    // `pattern` speaks of texts only: a number passes by its type, a text only when it holds a
    // variable.
    json->Key("type").BeginArray().String(node.type).String("string").EndArray();
    json->Key("pattern").String(kVariable);
  }
  WriteBound("minimum", IsNumber(node) ? node.min : std::nullopt, json);
  WriteBound("maximum", IsNumber(node) ? node.max : std::nullopt, json);
}

void WriteNode(const SchemaNode& node, JsonWriter* json);

void WriteObject(const SchemaNode& node, JsonWriter* json) {
  // A key without a value stands for an empty map, unless a key is required.
  if (node.required.empty()) {
    json->Key("type").BeginArray().String("object").String("null").EndArray();
  } else {
    json->Key("type").String("object");
  }
  if (!node.properties.empty()) {
    json->Key("properties").BeginObject();
    for (const auto& [name, property] : node.properties) {
      json->Key(name);
      WriteNode(property, json);
    }
    json->EndObject();
  }
  if (!node.required.empty()) {
    json->Key("required").BeginArray();
    for (const std::string& name : node.required) json->String(name);
    json->EndArray();
  }
  json->Key("additionalProperties");
  if (node.additional.empty()) {
    json->Bool(false);
  } else {
    WriteNode(node.additional.front(), json);
  }
}

void WriteMembers(const SchemaNode& node, JsonWriter* json) {
  if (!node.description.empty()) json->Key("description").String(node.description);
  if (!node.any_of.empty()) {
    json->Key("anyOf").BeginArray();
    for (const SchemaNode& choice : node.any_of) WriteNode(choice, json);
    json->EndArray();
  } else if (node.type == "object") {
    WriteObject(node, json);
  } else if (node.type == "array") {
    json->Key("type").String("array");
    WriteBound("minItems", node.min, json);
    if (!node.items.empty()) {
      json->Key("items");
      WriteNode(node.items.front(), json);
    }
  } else {
    WriteScalar(node, json);
  }
  WriteDefault(node, json);
}

void WriteNode(const SchemaNode& node, JsonWriter* json) {
  json->BeginObject();
  WriteMembers(node, json);
  json->EndObject();
}

}  // namespace

std::string WriteJsonSchema(const SchemaNode& root, std::string_view title) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("$schema").String("https://json-schema.org/draft/2020-12/schema");
  json.Key("title").String(title);
  WriteMembers(root, &json);
  json.EndObject();
  return out;
}

}  // namespace bongsu
