#include "operators/reference.h"

#include <algorithm>

#include "engine/base/strings.h"
#include "operators/all.h"

namespace bongsu {
namespace {

constexpr std::string_view kHead =
    "# Operators\n\n"
    "Every operator of the program, in the order in which an event passes their stages: normalize, "
    "enrich, profile, detect, score, decide. This page is written from the specs in the code: "
    "change "
    "those, then run the test `operator reference` of `test_conformance` with "
    "`BONGSU_REFRESH=1`.\n\n"
    "Profile operators are the kinds of feature: an item of `features:` is a map with `name` and "
    "the "
    "kind as a key. All others are items `<operator>: {options}` of their stage.\n\n";

constexpr std::string_view StageHelp(Stage stage) {
  constexpr std::string_view kHelp[] = {
      "One meaning for each field.",
      "Adds who, where and when to the event, as derived fields.",
      "Turns a person's past into features.",
      "Models and rules that say how strange the features are.",
      "Combines what the detectors say into one risk.",
      "Decides which risk becomes an alert.",
  };
  return kHelp[static_cast<size_t>(stage)];
}

// A pipe would end the cell of a table.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string Code(std::string_view text) {
  return text.empty() ? "" : StrCat("`", text, "`");
}

std::string TypeOf(const SchemaNode& node) {
  if (!node.type.empty()) {
    if (node.type == "array") {
      return node.items.empty() ? "list" : "list of " + TypeOf(node.items.front());
    }
    if (node.type == "object") return "map";
    if (node.type == "string" && node.pattern.find("ms") != std::string::npos) return "duration";
    if (node.type == "string" && node.pattern.find("KiB") != std::string::npos) return "size";
    return node.type == "integer" ? "whole number" : node.type == "string" ? "text" : node.type;
  }
  return "any";
}

std::string Limits(const SchemaNode& node, const FieldInfo& field) {
  const bool duration = TypeOf(node) == "duration";
  const auto bound = [&](double value) {
    return duration ? FormatDuration(Duration(static_cast<int64_t>(value * 1e6))) : StrCat(value);
  };
  std::string out;
  if (field.min && field.max) {
    out = StrCat(" From ", bound(*field.min), " to ", bound(*field.max), ".");
  } else if (field.min || field.max) {
    out = field.min ? StrCat(" At least ", bound(*field.min), ".")
                    : StrCat(" At most ", bound(*field.max), ".");
  }
  if (!field.choices.empty()) out += " One of " + Join(field.choices, ", ") + ".";
  return out;
}

void AppendFields(const std::vector<FieldInfo>& fields, std::string* out) {
  for (const FieldInfo& field : fields) {
    const SchemaNode node = field.schema(field);
    const std::string standard = field.required ? "required" : Code(field.default_text);
    *out += StrCat("| ", Code(field.name), " | ", TypeOf(node), " | ", Cell(standard), " | ",
                   Cell(field.help), Limits(node, field), " |\n");
    for (const auto& [name, child] : node.properties) {
      const bool required =
          std::find(node.required.begin(), node.required.end(), name) != node.required.end();
      *out += StrCat("| ", Code(StrCat(field.name, ".", name)), " | ", TypeOf(child), " | ",
                     required ? "required" : Cell(Code(child.default_text)), " | ",
                     Cell(child.description), " |\n");
    }
  }
}

void AppendOperator(const OperatorSpec& spec, std::string* out) {
  *out +=
      StrCat("### ", spec.name, "\n\n", spec.summary, "\n\n```yaml\n- ", spec.example, "\n```\n\n");
  if (!spec.fields.empty()) {
    *out += "| option | type | default | meaning |\n|---|---|---|---|\n";
    AppendFields(spec.fields, out);
    *out += "\n";
  }
  if (!spec.details.empty()) *out += spec.details + "\n\n";
}

}  // namespace

std::string OperatorReference() {
  std::string out(kHead);
  for (const Stage stage : {Stage::kNormalize, Stage::kEnrich, Stage::kProfile, Stage::kDetect,
                            Stage::kScore, Stage::kDecide}) {
    bool first = true;
    for (const OperatorSpec& spec : AllOperators()) {
      if (spec.stage != stage) continue;
      if (first) out += StrCat("## ", StageName(stage), "\n\n", StageHelp(stage), "\n\n");
      first = false;
      AppendOperator(spec, &out);
    }
  }
  out.pop_back();
  return out;
}

}  // namespace bongsu
