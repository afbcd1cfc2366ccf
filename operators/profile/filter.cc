#include "operators/profile/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

std::optional<double> Number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void ParseValue(const ConfigNode& node, const std::string& path, FilterOptions::Term* term,
                Problems* problems) {
  if (node.kind != ConfigNode::Kind::kScalar || node.scalar.empty()) {
    problems->Add(node.mark, path,
                  StrCat("expected a value or a list of values, got ", node.Describe()));
    return;
  }
  term->values.push_back({node.scalar, node.mark, path});
}

std::vector<std::string> Sorted(const std::vector<Located<std::string>>& values) {
  std::vector<std::string> out;
  for (const Located<std::string>& value : values) out.push_back(value.value);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// What the field can be, where it is one of a few words; else empty.
std::span<const std::string_view> WordsOf(size_t slot, const EventSchema& fields) {
  static constexpr std::array<std::string_view, 2> kFlags = {"true", "false"};
  static constexpr std::array<std::string_view, 3> kResults = {"SUCCESS", "FAIL", "DENY"};
  if (fields.IsFlag(slot)) return kFlags;
  if (slot == kResult) return kResults;
  return {};
}

// Quoted, so that no value can look like another filter.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string FilterOptions::Canonical() const {
  std::vector<std::string> parts;
  for (const Term& term : terms) {
    std::string part = term.field.value + "=";
    for (const std::string& value : Sorted(term.values)) part += Quoted(value) + ",";
    part.back() = ';';
    parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end());
  return "{" + Join(parts, "") + "}";
}

std::string FilterOptions::Describe() const {
  std::vector<std::string> parts;
  for (const Term& term : terms) {
    parts.push_back(StrCat(term.field.value, " is ", Join(Sorted(term.values), " or ")));
  }
  return Join(parts, " and ");
}

void FieldCodec<FilterOptions>::Parse(const ConfigNode& node, const std::string& path,
                                      const FieldInfo&, FilterOptions* out, Problems* problems) {
  if (node.kind != ConfigNode::Kind::kMap) {
    problems->Add(
        node.mark, path,
        StrCat("expected a map of field to value such as {action: LOGIN}, got ", node.Describe()));
    return;
  }
  for (const ConfigNode::Entry& entry : node.entries) {
    const std::string entry_path = StrCat(path, '.', entry.key);
    if (node.Find(entry.key) != &entry.value) {
      problems->Add(entry.mark, entry_path, "the field stands twice; expected one list of values");
      continue;
    }
    FilterOptions::Term term{{entry.key, entry.mark, entry_path}, {}};
    if (entry.value.kind == ConfigNode::Kind::kList && !entry.value.items.empty()) {
      for (size_t i = 0; i < entry.value.items.size(); ++i) {
        ParseValue(entry.value.items[i], StrCat(entry_path, '[', i, ']'), &term, problems);
      }
    } else {
      ParseValue(entry.value, entry_path, &term, problems);
    }
    out->terms.push_back(std::move(term));
  }
}

std::string FieldCodec<FilterOptions>::Print(const FilterOptions& filter) {
  return filter.terms.empty() ? "{}" : filter.Canonical();
}

SchemaNode FieldCodec<FilterOptions>::Schema(const FieldInfo& info) {
  SchemaNode scalar;  // Text, number or boolean.
  for (const char* type : {"string", "number", "boolean"}) {
    SchemaNode choice;
    choice.type = type;
    scalar.any_of.push_back(choice);
  }
  SchemaNode list;
  list.type = "array";
  list.items.push_back(scalar);
  SchemaNode value = scalar;
  value.any_of.push_back(list);
  SchemaNode node;
  node.type = "object";
  node.description = info.help;
  node.default_text = info.required ? "" : info.default_text;
  node.additional.push_back(value);
  return node;
}

std::optional<Filter> Filter::Make(const FilterOptions& options, BuildContext& context) {
  Filter filter;
  bool good = true;
  for (const FilterOptions::Term& source : options.terms) {
    const std::optional<size_t> slot = context.Field(source.field);
    if (!slot) {
      good = false;
      continue;
    }
    Term term{*slot, IsNumeric(*slot), {}, {}};
    const std::span<const std::string_view> words = WordsOf(*slot, context.schema.fields);
    for (const Located<std::string>& value : source.values) {
      if (!words.empty() && std::find(words.begin(), words.end(), value.value) == words.end()) {
        context.problems.Add(
            value.mark, value.path,
            StrCat("expected ", Join(std::vector<std::string>(words.begin(), words.end()), " or "),
                   ", the values of ", source.field.value, ", got \"", value.value, "\""));
        good = false;
      }
      const std::optional<double> number = Number(value.value);
      if (term.numeric && !number) {
        context.problems.Add(value.mark, value.path,
                             StrCat("expected a number, because ", source.field.value,
                                    " is one, got \"", value.value, "\""));
        good = false;
      }
      term.texts.push_back(value.value);
      term.numbers.push_back(number.value_or(0));
    }
    filter.terms_.push_back(std::move(term));
  }
  if (!good) return std::nullopt;
  return filter;
}

bool Filter::Matches(const Event& event) const {
  for (const Term& term : terms_) {
    if (term.slot >= event.fields.size()) return false;
    const Value& value = event.fields[term.slot];
    const bool found = term.numeric
                           ? std::find(term.numbers.begin(), term.numbers.end(), value.number) !=
                                 term.numbers.end()
                           : value.present() && std::find(term.texts.begin(), term.texts.end(),
                                                          value.text) != term.texts.end();
    if (!found) return false;
  }
  return true;
}

}  // namespace bongsu
