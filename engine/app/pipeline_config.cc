#include "engine/app/pipeline_config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/strings.h"
#include "engine/config/load.h"
#include "operators/all.h"

namespace bongsu {
namespace {

std::vector<const OperatorSpec*> OperatorsOf(Stage stage) {
  std::vector<const OperatorSpec*> out;
  for (const OperatorSpec& spec : AllOperators()) {
    if (spec.stage == stage) out.push_back(&spec);
  }
  return out;
}

std::vector<std::string> NamesOf(Stage stage) {
  std::vector<std::string> out;
  for (const OperatorSpec* spec : OperatorsOf(stage)) out.push_back(spec->name);
  return out;
}

// Where operators of the stage are configured.
std::string_view SectionOf(Stage stage) {
  return stage == Stage::kProfile ? "features" : StageName(stage);
}

ParsedOperator ParseOperator(const OperatorSpec& spec, const ConfigNode& options, const Mark& mark,
                             const std::string& path, Problems* problems) {
  const size_t before = problems->size();
  ParsedOperator parsed;
  parsed.configured = {&spec, spec.parse(options, path, problems), mark, path};
  parsed.good = problems->size() == before;
  return parsed;
}

bool ExpectList(const ConfigNode& node, const std::string& path, std::string_view what,
                Problems* problems) {
  if (node.kind == ConfigNode::Kind::kList || node.kind == ConfigNode::Kind::kNull) return true;
  problems->Add(node.mark, path, StrCat("expected a list of ", what, ", got ", node.Describe()));
  return false;
}

void AddUnknownOperator(const ConfigNode::Entry& entry, Stage stage, const std::string& path,
                        Problems* problems) {
  const std::vector<std::string> names = NamesOf(stage);
  std::string hint = DidYouMeanHint(entry.key, names);
  if (const OperatorSpec* elsewhere = FindOperator(entry.key)) {
    hint = StrCat("; it belongs under \"", SectionOf(elsewhere->stage), "\"");
  } else if (hint.empty()) {
    hint = StrCat("; known here: ", Join(names, ", "));
  }
  problems->Add(entry.mark, StrCat(path, '.', entry.key), StrCat("unknown operator", hint));
}

// The entry of a feature item that says its kind; null, with the problem reported, unless there is
// one.
const ConfigNode::Entry* KindOf(const ConfigNode& item, const std::string& path,
                                Problems* problems) {
  const ConfigNode::Entry* kind = nullptr;
  const ConfigNode::Entry* stranger = nullptr;
  const std::vector<std::string> kinds = NamesOf(Stage::kProfile);
  std::set<std::string> fields;
  for (const OperatorSpec* spec : OperatorsOf(Stage::kProfile)) {
    for (const FieldInfo& field : spec->fields) fields.insert(field.name);
  }
  for (const ConfigNode::Entry& entry : item.entries) {
    if (std::find(kinds.begin(), kinds.end(), entry.key) == kinds.end()) {
      if (stranger == nullptr && !fields.contains(entry.key)) stranger = &entry;
    } else if (kind != nullptr && kind->key != entry.key) {
      problems->Add(entry.mark, StrCat(path, '.', entry.key),
                    StrCat("expected one kind of feature, got both \"", kind->key, "\" and \"",
                           entry.key, "\"; make two features of them"));
      return nullptr;
    } else {
      kind = &entry;
    }
  }
  if (kind != nullptr) return kind;
  if (stranger != nullptr) {
    const std::string hint = DidYouMeanHint(stranger->key, kinds);
    problems->Add(stranger->mark, StrCat(path, '.', stranger->key),
                  StrCat("unknown kind of feature",
                         hint.empty() ? StrCat("; known here: ", Join(kinds, ", ")) : hint));
  } else {
    problems->Add(item.mark, path,
                  StrCat("expected one of ", Join(kinds, ", "), " in the feature, got none"));
  }
  return nullptr;
}

void ParseFeature(const ConfigNode& item, const std::string& path, std::vector<ParsedOperator>* out,
                  Problems* problems) {
  if (item.kind != ConfigNode::Kind::kMap) {
    problems->Add(item.mark, path,
                  StrCat("expected a map such as {name: logins, count: {action: LOGIN}, "
                         "window: 1h}, got ",
                         item.Describe()));
    return;
  }
  ParsedOperator parsed;
  parsed.good = false;
  if (const ConfigNode::Entry* kind = KindOf(item, path, problems)) {
    parsed = ParseOperator(*FindOperator(kind->key), item, item.mark, path, problems);
  }
  if (const ConfigNode* name = item.Find("name")) parsed.feature = name->scalar;
  out->push_back(std::move(parsed));
}

}  // namespace

const OperatorSpec* FindOperator(std::string_view name) {
  for (const OperatorSpec& spec : AllOperators()) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

namespace pipeline_config_internal {

void ParseOperatorList(Stage stage, const ConfigNode& node, const std::string& path,
                       std::vector<ParsedOperator>* out, Problems* problems) {
  if (!ExpectList(node, path, "operators", problems)) return;
  for (size_t i = 0; i < node.items.size(); ++i) {
    const ConfigNode& item = node.items[i];
    const std::string item_path = StrCat(path, '[', i, ']');
    if (item.kind != ConfigNode::Kind::kMap || item.entries.size() != 1) {
      problems->Add(item.mark, item_path,
                    StrCat("expected one operator and its options, such as \"- ",
                           NamesOf(stage).front(), ": {…}\", got ",
                           item.entries.size() > 1
                               ? StrCat("\"", item.entries[0].key, "\" and \"", item.entries[1].key,
                                        "\"; write a list "
                                        "item each and indent the options")
                               : item.Describe()));
      continue;
    }
    const ConfigNode::Entry& entry = item.entries.front();
    const OperatorSpec* spec = FindOperator(entry.key);
    if (spec == nullptr || spec->stage != stage) {
      AddUnknownOperator(entry, stage, item_path, problems);
      out->emplace_back().good = false;
      continue;
    }
    out->push_back(
        ParseOperator(*spec, entry.value, entry.mark, StrCat(item_path, '.', entry.key), problems));
  }
}

SchemaNode OperatorListSchema(Stage stage, const FieldInfo& info) {
  SchemaNode item;
  for (const OperatorSpec* spec : OperatorsOf(stage)) {
    SchemaNode options = ObjectSchema(spec->fields);
    options.description = spec->summary;
    SchemaNode& choice = item.any_of.emplace_back();
    choice.type = "object";
    choice.properties.push_back({spec->name, std::move(options)});
    choice.required = {spec->name};
  }
  SchemaNode list;
  list.type = "array";
  list.description = info.help;
  list.items.push_back(std::move(item));
  return list;
}

}  // namespace pipeline_config_internal

void FieldCodec<FeatureList>::Parse(const ConfigNode& node, const std::string& path,
                                    const FieldInfo&, FeatureList* out, Problems* problems) {
  if (!ExpectList(node, path, "features", problems)) return;
  for (size_t i = 0; i < node.items.size(); ++i) {
    ParseFeature(node.items[i], StrCat(path, '[', i, ']'), &out->operators, problems);
  }
}

SchemaNode FieldCodec<FeatureList>::Schema(const FieldInfo& info) {
  SchemaNode item;
  for (const OperatorSpec* spec : OperatorsOf(Stage::kProfile)) {
    item.any_of.push_back(ObjectSchema(spec->fields));
    item.any_of.back().description = spec->summary;
  }
  SchemaNode list;
  list.type = "array";
  list.description = info.help;
  list.items.push_back(std::move(item));
  return list;
}

void FieldCodec<SingleOperator>::Parse(const ConfigNode& node, const std::string& path,
                                       const FieldInfo& info, SingleOperator* out,
                                       Problems* problems) {
  const OperatorSpec* spec = FindOperator(info.name);
  BONGSU_CHECK(spec != nullptr);
  out->operators.clear();
  out->operators.push_back(ParseOperator(*spec, node, node.mark, path, problems));
}

SchemaNode FieldCodec<SingleOperator>::Schema(const FieldInfo& info) {
  const OperatorSpec* spec = FindOperator(info.name);
  BONGSU_CHECK(spec != nullptr);
  SchemaNode node = ObjectSchema(spec->fields);
  node.description = info.help;
  return node;
}

void DefaultOperator(const std::string& name, const std::string& path, const Mark& mark,
                     SingleOperator* out) {
  if (!out->operators.empty()) return;
  Problems none;
  FieldInfo info;
  info.name = name;
  ConfigNode empty;
  empty.mark = mark;
  FieldCodec<SingleOperator>::Parse(empty, path, info, out, &none);
  BONGSU_CHECK(none.empty());
}

std::unique_ptr<Operator> BuildOperator(const ConfiguredOperator& configured, int partitions,
                                        const ReadFile& read_file, PipelineSchema* schema,
                                        Problems* problems) {
  BuildContext context{
      *schema,    *problems, configured.mark, configured.path, BaseDirectory(configured.mark),
      partitions, read_file};
  const size_t before = problems->size();
  std::unique_ptr<Operator> built = configured.spec->build(configured.options, context);
  BONGSU_CHECK(built != nullptr || problems->size() > before);
  return built;
}

}  // namespace bongsu
