// A mapping after compilation: what mapping.h describes, with names resolved to slots.
// MappingCompiler makes it from the configuration tree; MappingEvaluator (mapping_eval.h) runs it.
// Load time only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/config_node.h"
#include "engine/decode/mapping_paths.h"
#include "engine/decode/mapping_time.h"

namespace bongsu {

// A value on its way from the record to a field.
struct MappedValue {
  enum class Kind { kNone, kText, kInt, kUint, kDouble, kBool };
  Kind kind = Kind::kNone;
  std::string_view text;  // kText.
  int64_t integer = 0;    // kInt; kUint as its bits.
  double number = 0;      // Of every number.
  bool flag = false;      // kBool.
  bool is_time = false;   // kInt: milliseconds since the epoch, already converted.
  bool none() const { return kind == Kind::kNone; }
};

// A value that the mapping itself says.
struct Literal {
  std::string text;
  MappedValue::Kind kind = MappedValue::Kind::kNone;
  int64_t integer = 0;
  double number = 0;
  bool flag = false;
  MappedValue value() const { return {kind, text, integer, number, flag, false}; }
};
Literal ToLiteral(const ConfigNode& scalar);

enum class MappedType { kAny, kString, kInt, kFloat, kNumber, kBool, kIp, kTime };

struct MappingExpr {
  enum class From { kPath, kCoalesce, kConst, kIf };
  From from = From::kConst;
  size_t slot = 0;         // kPath: what to read; kIf: what must exist.
  std::string join = ",";  // Between the values of a path with `*`.
  Literal constant;
  std::vector<MappingExpr> parts;  // kCoalesce: in order; kIf: then, else.

  bool trim = false;
  std::string split_by;  // Empty: no split.
  int split_take = 0;    // Negative counts from the end.
  std::string after_last;
  char letter_case = 0;  // 'l', 'u' or none.
  bool has_lookup = false, by_prefix = false;
  std::map<std::string, Literal, std::less<>> lookup;
  size_t longest_key = 0;
  std::optional<Literal> fallback;
  MappedType type = MappedType::kAny;
  TimeParser times;
  bool reject = true;
};

struct MappingCondition {
  enum class Kind { kExists, kMissing, kIn };
  Kind kind = Kind::kExists;
  size_t slot = 0;
  std::vector<std::string> values;  // kIn.
};

struct MappingField {
  std::string name;  // As rejections call it.
  size_t order = 0;  // Where canonical text has it; attributes come last, as written.
  std::string key;   // Of the JSON member.
  bool attribute = false;
  MappingExpr expr;
};

struct MappingUnwrap {
  std::vector<std::string> tokens;  // Without the last `*`.
  bool each = false;
};

struct MappingProgram {
  std::string name;
  std::vector<MappingUnwrap> unwrap;
  std::vector<MappingCondition> when;
  std::vector<MappingField> fields;
  MappingPaths paths;
};

// Problems are added to `problems`; the program may run only if there were none.
MappingProgram CompileMapping(const ConfigNode& root, Problems* problems);

}  // namespace bongsu
