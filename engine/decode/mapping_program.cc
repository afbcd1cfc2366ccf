#include "engine/decode/mapping_program.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/base/strings.h"
#include "engine/core/event.h"

namespace bongsu {
namespace {

constexpr std::string_view kTime = "time";
constexpr std::string_view kAttributePrefix = "attributes.";
constexpr size_t kMaxNesting = 16;  // Of coalesce and if_exists.

const std::vector<std::string> kRootKeys = {"mapping", "version", "description", "unwrap",
                                            "when",    "fields",  "tests"};
const std::vector<std::string> kExprKeys = {
    "path", "coalesce", "const", "if_exists", "then",      "else",          "join",
    "trim", "split",    "lower", "upper",     "lookup",    "lookup_prefix", "default",
    "type", "formats",  "zone",  "on_error",  "after_last"};
const std::map<std::string, MappedType, std::less<>> kTypes = {
    {"string", MappedType::kString}, {"int", MappedType::kInt}, {"float", MappedType::kFloat},
    {"bool", MappedType::kBool},     {"ip", MappedType::kIp},   {"time", MappedType::kTime}};

class Compiler {
 public:
  Compiler(MappingProgram* program, Problems* problems) : program_(*program), problems_(problems) {}

  void Run(const ConfigNode& root) {
    if (root.kind != ConfigNode::Kind::kMap) {
      return Wrong(root, "mapping", StrCat("expected a mapping, got ", root.Describe()));
    }
    CheckKeys(root, "", kRootKeys);
    if (const ConfigNode* name = Need(root, "mapping", "")) Text(*name, "mapping", &program_.name);
    if (const ConfigNode* version = Need(root, "version", "")) {
      const Literal literal = ToLiteral(*version);
      if (literal.kind != MappedValue::Kind::kInt || literal.integer < 1) {
        Wrong(*version, "version",
              StrCat("expected a whole number from 1, got ", version->Describe()));
      }
    }
    if (const ConfigNode* unwrap = root.Find("unwrap")) Unwrap(*unwrap);
    if (const ConfigNode* when = root.Find("when")) When(*when, "when");
    if (const ConfigNode* fields = Need(root, "fields", "")) Fields(*fields);
  }

 private:
  void Wrong(const ConfigNode& node, std::string_view path, std::string_view message) {
    problems_->Add(node.mark, path, message);
  }

  void CheckKeys(const ConfigNode& map, std::string_view path,
                 const std::vector<std::string>& known) {
    std::set<std::string> met;
    for (const ConfigNode::Entry& entry : map.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        AddUnknownKey(entry, path, known, problems_);
      } else if (!met.insert(entry.key).second) {
        problems_->Add(entry.mark, StrCat(path, path.empty() ? "" : ".", entry.key),
                       "expected this key once, got it twice; remove one");
      }
    }
  }

  const ConfigNode* Need(const ConfigNode& map, std::string_view key, std::string_view path) {
    const ConfigNode* node = map.Find(key);
    if (node == nullptr) {
      Wrong(map, path.empty() ? key : path, StrCat("expected the key \"", key, "\", got none"));
    }
    return node;
  }

  bool Text(const ConfigNode& node, std::string_view path, std::string* out) {
    if (node.kind == ConfigNode::Kind::kScalar && !node.scalar.empty()) {
      *out = node.scalar;
      return true;
    }
    Wrong(node, path, StrCat("expected a text, got ", node.Describe()));
    return false;
  }

  void Flag(const ConfigNode& node, std::string_view path, bool* out) {
    const Literal literal = ToLiteral(node);
    if (literal.kind != MappedValue::Kind::kBool) {
      return Wrong(node, path, StrCat("expected true or false, got ", node.Describe()));
    }
    *out = literal.flag;
  }

  void Pointer(const ConfigNode& node, std::string_view path, size_t* slot) {
    std::string text;
    if (!Text(node, path, &text)) return;
    const Result<size_t> added = program_.paths.Add(text);
    if (!added.ok()) return Wrong(node, path, added.status().message());
    *slot = *added;
  }

  void Unwrap(const ConfigNode& node) {
    const auto one = [&](const ConfigNode& item, const std::string& path) {
      std::string text;
      if (!Text(item, path, &text)) return;
      Result<std::vector<std::string>> tokens = SplitPointer(text);
      if (!tokens.ok()) return Wrong(item, path, tokens.status().message());
      MappingUnwrap unwrap{*std::move(tokens), false};
      if (unwrap.tokens.back() == "*") {
        unwrap.each = true;
        unwrap.tokens.pop_back();
      }
      if (std::count(unwrap.tokens.begin(), unwrap.tokens.end(), "*") > 0) {
        return Wrong(item, path, "expected * only at the end; one list gives the events");
      }
      program_.unwrap.push_back(std::move(unwrap));
    };
    if (node.kind != ConfigNode::Kind::kList) return one(node, "unwrap");
    for (size_t i = 0; i < node.items.size(); ++i) one(node.items[i], StrCat("unwrap[", i, "]"));
  }

  void When(const ConfigNode& node, const std::string& path) {
    if (node.kind == ConfigNode::Kind::kList) {
      for (size_t i = 0; i < node.items.size(); ++i) {
        When(node.items[i], StrCat(path, '[', i, ']'));
      }
      return;
    }
    if (node.kind != ConfigNode::Kind::kMap || node.entries.empty()) {
      return Wrong(node, path,
                   StrCat("expected {exists: /x}, {missing: /x} or {path: /x, in: […]}, got ",
                          node.Describe()));
    }
    CheckKeys(node, path, {"exists", "missing", "path", "equals", "in"});
    MappingCondition condition;
    if (const ConfigNode* exists = node.Find("exists")) {
      Pointer(*exists, path + ".exists", &condition.slot);
    } else if (const ConfigNode* missing = node.Find("missing")) {
      condition.kind = MappingCondition::Kind::kMissing;
      Pointer(*missing, path + ".missing", &condition.slot);
    } else if (const ConfigNode* at = Need(node, "path", path)) {
      condition.kind = MappingCondition::Kind::kIn;
      Pointer(*at, path + ".path", &condition.slot);
      if (const ConfigNode* equals = node.Find("equals")) {
        Text(*equals, path + ".equals", &condition.values.emplace_back());
      } else if (const ConfigNode* in = Need(node, "in", path)) {
        if (in->kind != ConfigNode::Kind::kList) {
          Wrong(*in, path + ".in", StrCat("expected a list, got ", in->Describe()));
        }
        for (const ConfigNode& item : in->items) {
          Text(item, path + ".in", &condition.values.emplace_back());
        }
      }
    }
    program_.when.push_back(std::move(condition));
  }

  void Fields(const ConfigNode& node) {
    if (node.kind != ConfigNode::Kind::kMap) {
      return Wrong(node, "fields", StrCat("expected a map, got ", node.Describe()));
    }
    std::set<std::string> met;
    for (const ConfigNode::Entry& entry : node.entries) {
      const std::string path = "fields." + entry.key;
      if (!met.insert(entry.key).second) {
        problems_->Add(entry.mark, path, "expected this field once, got it twice; remove one");
        continue;
      }
      MappingField field;
      if (!Name(entry, path, &field)) continue;
      field.expr.type = DefaultType(field);
      Expr(entry.value, path, 0, &field.expr);
      if (field.expr.type == MappedType::kTime && field.expr.times.empty()) {
        DefaultFormat(&field.expr);
      }
      program_.fields.push_back(std::move(field));
    }
    for (const std::string_view required : {"event_id", "time", "user_id", "action"}) {
      if (!met.contains(std::string(required))) {
        Wrong(node, "fields",
              StrCat("expected the field \"", required, "\", got none; every event needs one"));
      }
    }
    std::stable_sort(
        program_.fields.begin(), program_.fields.end(),
        [](const MappingField& a, const MappingField& b) { return a.order < b.order; });
  }

  bool Name(const ConfigNode::Entry& entry, const std::string& path, MappingField* field) {
    field->name = field->key = entry.key;
    if (entry.key.starts_with(kAttributePrefix) && entry.key.size() > kAttributePrefix.size()) {
      field->key = entry.key.substr(kAttributePrefix.size());
      field->attribute = true;
      field->order = kCanonicalFields + 1;
      return true;
    }
    if (entry.key == kTime) return true;
    for (size_t i = 0; i < kCanonicalFields; ++i) {
      if (kFieldNames[i] == entry.key) {
        field->order = i + 1;
        return true;
      }
    }
    std::vector<std::string> known(kFieldNames.begin(), kFieldNames.end());
    known.emplace_back(kTime);
    problems_->Add(entry.mark, path,
                   StrCat("expected a field of the access event or attributes.<name>, got \"",
                          entry.key, "\"", DidYouMeanHint(entry.key, known)));
    return false;
  }

  static MappedType DefaultType(const MappingField& field) {
    if (field.attribute) return MappedType::kAny;
    if (field.key == kTime) return MappedType::kTime;
    return IsNumeric(field.order - 1) ? MappedType::kNumber : MappedType::kString;
  }

  static void DefaultFormat(MappingExpr* expr) {
    BONGSU_CHECK(expr->times.AddFormat("rfc3339").ok());
  }

  // `literal`: a plain text is a constant (then, else) rather than a mistake.
  void Expr(const ConfigNode& node, const std::string& path, size_t depth, MappingExpr* expr,
            bool literal = false) {
    if (depth > kMaxNesting) return Wrong(node, path, "expected fewer levels; too deeply nested");
    if (node.kind == ConfigNode::Kind::kScalar) {
      if (!node.quoted && node.scalar.starts_with('/')) {
        expr->from = MappingExpr::From::kPath;
        return Pointer(node, path, &expr->slot);
      }
      if (node.quoted && node.scalar.starts_with('/') && !literal) {
        expr->from = MappingExpr::From::kPath;
        return Pointer(node, path, &expr->slot);
      }
      if (literal) {
        expr->constant = ToLiteral(node);
        return;
      }
    }
    if (node.kind != ConfigNode::Kind::kMap) {
      return Wrong(node, path,
                   StrCat("expected a JSON pointer such as /user/name or a map such as {const: X}, "
                          "got ",
                          node.Describe()));
    }
    CheckKeys(node, path, kExprKeys);
    Origin(node, path, depth, expr);
    Transforms(node, path, expr);
    Types(node, path, expr);
  }

  void Origin(const ConfigNode& node, const std::string& path, size_t depth, MappingExpr* expr) {
    int origins = 0;
    if (const ConfigNode* at = node.Find("path")) {
      ++origins;
      expr->from = MappingExpr::From::kPath;
      Pointer(*at, path + ".path", &expr->slot);
    }
    if (const ConfigNode* constant = node.Find("const")) {
      ++origins;
      Scalar(*constant, path + ".const", &expr->constant);
    }
    if (const ConfigNode* parts = node.Find("coalesce")) {
      ++origins;
      expr->from = MappingExpr::From::kCoalesce;
      if (parts->kind != ConfigNode::Kind::kList || parts->items.empty()) {
        Wrong(*parts, path + ".coalesce", StrCat("expected a list, got ", parts->Describe()));
      }
      for (size_t i = 0; i < parts->items.size(); ++i) {
        Expr(parts->items[i], StrCat(path, ".coalesce[", i, ']'), depth + 1,
             &expr->parts.emplace_back());
      }
    }
    if (const ConfigNode* exists = node.Find("if_exists")) {
      ++origins;
      expr->from = MappingExpr::From::kIf;
      Pointer(*exists, path + ".if_exists", &expr->slot);
      expr->parts.resize(2);
      if (const ConfigNode* then = Need(node, "then", path)) {
        Expr(*then, path + ".then", depth + 1, &expr->parts[0], true);
      }
      if (const ConfigNode* otherwise = node.Find("else")) {
        Expr(*otherwise, path + ".else", depth + 1, &expr->parts[1], true);
      }
    } else if (node.Find("then") != nullptr || node.Find("else") != nullptr) {
      Wrong(node, path, "expected if_exists beside then and else, got none");
    }
    if (origins != 1) {
      Wrong(node, path,
            StrCat("expected one of path, coalesce, const and if_exists, got ", origins));
    }
  }

  void Scalar(const ConfigNode& node, const std::string& path, Literal* out) {
    *out = ToLiteral(node);
    if (out->kind == MappedValue::Kind::kNone && node.kind != ConfigNode::Kind::kNull) {
      Wrong(node, path, StrCat("expected a text, number or boolean, got ", node.Describe()));
    }
  }

  void Transforms(const ConfigNode& node, const std::string& path, MappingExpr* expr) {
    if (const ConfigNode* join = node.Find("join")) Text(*join, path + ".join", &expr->join);
    if (const ConfigNode* trim = node.Find("trim")) Flag(*trim, path + ".trim", &expr->trim);
    if (const ConfigNode* after = node.Find("after_last")) {
      Text(*after, path + ".after_last", &expr->after_last);
    }
    bool lower = false, upper = false;
    if (const ConfigNode* flag = node.Find("lower")) Flag(*flag, path + ".lower", &lower);
    if (const ConfigNode* flag = node.Find("upper")) Flag(*flag, path + ".upper", &upper);
    if (lower && upper) Wrong(node, path, "expected lower or upper, got both");
    expr->letter_case = lower ? 'l' : upper ? 'u' : '\0';
    if (const ConfigNode* split = node.Find("split")) Split(*split, path + ".split", expr);
    for (const std::string_view key : {"lookup", "lookup_prefix"}) {
      const ConfigNode* table = node.Find(key);
      if (table == nullptr) continue;
      if (expr->has_lookup) Wrong(*table, path, "expected lookup or lookup_prefix, got both");
      expr->has_lookup = true;
      expr->by_prefix = key == "lookup_prefix";
      Lookup(*table, StrCat(path, '.', key), expr);
    }
    if (const ConfigNode* fallback = node.Find("default")) {
      Scalar(*fallback, path + ".default", &expr->fallback.emplace());
    }
  }

  void Split(const ConfigNode& node, const std::string& path, MappingExpr* expr) {
    if (node.kind != ConfigNode::Kind::kMap) {
      return Wrong(node, path, StrCat("expected {by: \",\", take: 0}, got ", node.Describe()));
    }
    CheckKeys(node, path, {"by", "take"});
    if (const ConfigNode* by = Need(node, "by", path)) Text(*by, path + ".by", &expr->split_by);
    if (const ConfigNode* take = Need(node, "take", path)) {
      const Literal index = ToLiteral(*take);
      if (index.kind != MappedValue::Kind::kInt || std::abs(index.integer) > 1000) {
        return Wrong(*take, path + ".take",
                     StrCat("expected a whole number from -1000 to 1000, got ", take->Describe()));
      }
      expr->split_take = static_cast<int>(index.integer);
    }
  }

  void Lookup(const ConfigNode& table, const std::string& path, MappingExpr* expr) {
    if (table.kind != ConfigNode::Kind::kMap || table.entries.empty()) {
      return Wrong(table, path, StrCat("expected a map, got ", table.Describe()));
    }
    for (const ConfigNode::Entry& entry : table.entries) {
      Literal value;
      Scalar(entry.value, StrCat(path, '.', entry.key), &value);
      if (!expr->lookup.emplace(entry.key, std::move(value)).second) {
        problems_->Add(entry.mark, StrCat(path, '.', entry.key),
                       "expected this key once, got it twice; remove one");
      }
      expr->longest_key = std::max(expr->longest_key, entry.key.size());
    }
  }

  void Types(const ConfigNode& node, const std::string& path, MappingExpr* expr) {
    if (const ConfigNode* type = node.Find("type")) {
      const auto at = kTypes.find(type->scalar);
      if (at == kTypes.end()) {
        std::vector<std::string> known;
        for (const auto& [name, unused] : kTypes) known.push_back(name);
        Wrong(*type, path + ".type",
              StrCat("expected one of ", Join(known, ", "), ", got ", type->Describe(),
                     DidYouMeanHint(type->scalar, known)));
      } else {
        expr->type = at->second;
      }
    }
    if (const ConfigNode* on_error = node.Find("on_error")) {
      const bool null = on_error->kind == ConfigNode::Kind::kNull || on_error->scalar == "null";
      expr->reject = !null;
      if (!null && on_error->scalar != "reject") {
        Wrong(*on_error, path + ".on_error",
              StrCat("expected null or reject, got ", on_error->Describe()));
      }
    }
    Formats(node, path, expr);
  }

  void Formats(const ConfigNode& node, const std::string& path, MappingExpr* expr) {
    const ConfigNode* formats = node.Find("formats");
    const ConfigNode* zone = node.Find("zone");
    if ((formats != nullptr || zone != nullptr) && expr->type == MappedType::kAny) {
      expr->type = MappedType::kTime;
    }
    if ((formats != nullptr || zone != nullptr) && expr->type != MappedType::kTime) {
      return Wrong(node, path, "expected formats and zone only where the type is time");
    }
    if (formats != nullptr && formats->kind != ConfigNode::Kind::kList) {
      Wrong(*formats, path + ".formats", StrCat("expected a list, got ", formats->Describe()));
    } else if (formats != nullptr) {
      for (size_t i = 0; i < formats->items.size(); ++i) {
        const std::string item = StrCat(path, ".formats[", i, ']');
        std::string text;
        if (!Text(formats->items[i], item, &text)) continue;
        const Status added = expr->times.AddFormat(text);
        if (!added.ok()) Wrong(formats->items[i], item, added.message());
      }
    }
    if (zone != nullptr) {
      std::string name;
      if (!Text(*zone, path + ".zone", &name)) return;
      const Status set = expr->times.SetZone(name);
      if (!set.ok()) Wrong(*zone, path + ".zone", set.message());
    }
    if (expr->type == MappedType::kTime && expr->times.empty()) DefaultFormat(expr);
  }

  MappingProgram& program_;
  Problems* const problems_;
};

}  // namespace

Literal ToLiteral(const ConfigNode& scalar) {
  Literal literal;
  if (scalar.kind != ConfigNode::Kind::kScalar) return literal;
  literal.text = scalar.scalar;
  literal.kind = MappedValue::Kind::kText;
  if (scalar.quoted) return literal;
  if (literal.text == "true" || literal.text == "false") {
    literal.kind = MappedValue::Kind::kBool;
    literal.flag = literal.text == "true";
    return literal;
  }
  const char* const begin = literal.text.data();
  const char* const end = begin + literal.text.size();
  if (const auto [at, error] = std::from_chars(begin, end, literal.integer);
      error == std::errc() && at == end && at != begin) {
    literal.kind = MappedValue::Kind::kInt;
    literal.number = static_cast<double>(literal.integer);
  } else if (literal.text.find_first_of("0123456789") != std::string::npos) {
    const auto [stop, wrong] = std::from_chars(begin, end, literal.number);
    if (wrong == std::errc() && stop == end) literal.kind = MappedValue::Kind::kDouble;
  }
  return literal;
}

MappingProgram CompileMapping(const ConfigNode& root, Problems* problems) {
  MappingProgram program;
  Compiler(&program, problems).Run(root);
  return program;
}

}  // namespace bongsu
