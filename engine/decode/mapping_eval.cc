#include "engine/decode/mapping_eval.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
using Kind = MappedValue::Kind;

MappedValue Text(std::string_view text) {
  MappedValue value;
  value.kind = Kind::kText;
  value.text = text;
  return value;
}

MappedValue Integer(int64_t integer) {
  MappedValue value;
  value.kind = Kind::kInt;
  value.integer = integer;
  value.number = static_cast<double>(integer);
  return value;
}

MappedValue Number(double number) {
  MappedValue value;
  value.kind = Kind::kDouble;
  value.number = number;
  return value;
}

MappedValue Flag(bool flag) {
  MappedValue value;
  value.kind = Kind::kBool;
  value.flag = flag;
  return value;
}

MappedValue FromJson(JsonValue json) {
  switch (json.kind()) {
    case JsonValue::Kind::kString:
      return Text(json.AsString());
    case JsonValue::Kind::kBool:
      return Flag(json.AsBool());
    case JsonValue::Kind::kInt:
      return Integer(json.AsInt());
    case JsonValue::Kind::kUint: {
      MappedValue value = Number(json.AsDouble());
      value.kind = Kind::kUint;
      value.integer = static_cast<int64_t>(json.AsUint());
      return value;
    }
    default:
      return Number(json.AsDouble());
  }
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The part number `take`; nothing when there are fewer.
std::string_view Split(std::string_view text, std::string_view by, int take) {
  const auto count = [&] {
    int parts = 1;
    for (size_t at = text.find(by); at != text.npos; at = text.find(by, at + by.size())) ++parts;
    return parts;
  };
  int left = take >= 0 ? take : count() + take;
  if (left < 0) return {};
  for (size_t begin = 0;; --left) {
    const size_t end = text.find(by, begin);
    if (left == 0) return text.substr(begin, end == text.npos ? text.npos : end - begin);
    if (end == text.npos) return {};
    begin = end + by.size();
  }
}

template <typename T>
bool ParseWhole(std::string_view text, T* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsIp(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(buffer)) return false;
  *std::copy(text.begin(), text.end(), buffer) = '\0';
  unsigned char address[16];
  return inet_pton(AF_INET, buffer, address) == 1 || inet_pton(AF_INET6, buffer, address) == 1;
}

bool ToNumber(MappedType type, MappedValue* value) {
  if (value->kind == Kind::kBool) return false;
  if (value->kind == Kind::kText) {
    const std::string_view text = Trim(value->text);
    int64_t integer = 0;
    double number = 0;
    if (ParseWhole(text, &integer)) {
      *value = Integer(integer);
    } else if (ParseWhole(text, &number) && std::isfinite(number)) {
      *value = Number(number);
    } else {
      return false;
    }
  }
  if (type != MappedType::kInt || value->kind == Kind::kInt) return true;
  if (value->kind == Kind::kUint) return true;
  if (value->number != std::floor(value->number) || std::abs(value->number) > 0x1p53) return false;
  *value = Integer(static_cast<int64_t>(value->number));
  return true;
}

bool ToBool(MappedValue* value) {
  if (value->kind == Kind::kBool) return true;
  if (value->kind != Kind::kText) {
    if (value->number != 0 && value->number != 1) return false;
    *value = Flag(value->number == 1);
    return true;
  }
  for (const std::string_view yes : {"true", "True", "TRUE", "yes", "Yes", "1"}) {
    if (value->text == yes) return *value = Flag(true), true;
  }
  for (const std::string_view no : {"false", "False", "FALSE", "no", "No", "0"}) {
    if (value->text == no) return *value = Flag(false), true;
  }
  return false;
}

bool ToIp(MappedValue* value) {
  constexpr std::string_view kMapped = "::ffff:";
  if (value->kind != Kind::kText) return false;
  value->text = Trim(value->text);
  if (!IsIp(value->text)) return false;
  // An IPv4 address is the same person behind a dual-stack socket.
  if (value->text.starts_with(kMapped) && value->text.find('.') != std::string_view::npos) {
    value->text.remove_prefix(kMapped.size());
  }
  return true;
}

}  // namespace

void MappingEvaluator::Begin(JsonValue record) {
  used_ = 0;
  program_.paths.Walk(record);
}

std::string* MappingEvaluator::NewText() {
  if (used_ == texts_.size()) texts_.emplace_back();
  std::string* text = &texts_[used_++];
  text->clear();
  return text;
}

std::string_view MappingEvaluator::TextOf(const MappedValue& value) {
  if (value.kind == Kind::kText) return value.text;
  if (value.kind == Kind::kBool) return value.flag ? "true" : "false";
  std::string* text = NewText();
  if (value.kind == Kind::kInt) {
    strings_internal::Append(text, value.integer);
  } else if (value.kind == Kind::kUint) {
    strings_internal::Append(text, static_cast<uint64_t>(value.integer));
  } else {
    strings_internal::Append(text, value.number);
  }
  return *text;
}

bool MappingEvaluator::Matches() const {
  for (const MappingCondition& condition : program_.when) {
    bool holds = program_.paths.Exists(condition.slot);
    if (condition.kind == MappingCondition::Kind::kMissing) holds = !holds;
    if (holds && condition.kind == MappingCondition::Kind::kIn) {
      holds = false;
      program_.paths.Read(condition.slot, [&](JsonValue value) {
        if (!value.is_string()) return;
        holds = holds || std::find(condition.values.begin(), condition.values.end(),
                                   value.AsString()) != condition.values.end();
      });
    }
    if (!holds) return false;
  }
  return true;
}

void MappingEvaluator::ReadPath(const MappingExpr& expr, MappedValue* out) {
  std::string* joined = nullptr;
  program_.paths.Read(expr.slot, [&](JsonValue json) {
    const MappedValue value = FromJson(json);
    if (out->none()) {
      *out = value;
      return;
    }
    if (joined == nullptr) {
      const std::string_view first = TextOf(*out);
      joined = NewText();
      joined->append(first);
    }
    const std::string_view next = TextOf(value);
    joined->append(expr.join).append(next);
  });
  if (joined != nullptr) *out = Text(*joined);
}

bool MappingEvaluator::Source(MappingExpr& expr, MappedValue* out) {
  switch (expr.from) {
    case MappingExpr::From::kPath:
      ReadPath(expr, out);
      return true;
    case MappingExpr::From::kConst:
      *out = expr.constant.value();
      return true;
    case MappingExpr::From::kIf:
      return Evaluate(expr.parts[program_.paths.Exists(expr.slot) ? 0 : 1], out);
    case MappingExpr::From::kCoalesce:
      for (MappingExpr& part : expr.parts) {
        if (!Evaluate(part, out)) return false;
        if (!out->none()) return true;
      }
      return true;
  }
  return true;
}

void MappingEvaluator::Transform(const MappingExpr& expr, MappedValue* value) {
  const auto none = [&] { *value = MappedValue{}; };
  if (!value->none() && (expr.trim || !expr.split_by.empty() || !expr.after_last.empty() ||
                         expr.letter_case != 0 || expr.has_lookup)) {
    *value = Text(TextOf(*value));
    if (expr.trim) value->text = Trim(value->text);
    if (!expr.split_by.empty()) value->text = Split(value->text, expr.split_by, expr.split_take);
    if (!expr.after_last.empty()) {
      const size_t at = value->text.rfind(expr.after_last);
      if (at == std::string_view::npos) return none();
      value->text.remove_prefix(at + expr.after_last.size());
    }
    if (expr.letter_case != 0) {
      std::string* text = NewText();
      for (const char c : value->text) {
        const bool turn = expr.letter_case == 'l' ? c >= 'A' && c <= 'Z' : c >= 'a' && c <= 'z';
        text->push_back(turn ? static_cast<char>(c ^ 0x20) : c);
      }
      value->text = *text;
    }
  }
  if (value->kind == Kind::kText && value->text.empty()) none();
  if (value->none() || !expr.has_lookup) return;
  const Literal* match = nullptr;
  const size_t longest = std::min(expr.longest_key, value->text.size());
  for (size_t size = expr.by_prefix ? longest : value->text.size(); match == nullptr; --size) {
    const auto at = expr.lookup.find(value->text.substr(0, size));
    if (at != expr.lookup.end()) match = &at->second;
    if (size == 0 || !expr.by_prefix) break;
  }
  *value = match != nullptr ? match->value() : MappedValue{};
}

bool MappingEvaluator::ConvertTime(MappingExpr& expr, MappedValue* value) {
  if (value->is_time) return true;
  std::optional<Timestamp> time;
  if (value->kind == Kind::kText) {
    time = expr.times.ParseText(Trim(value->text));
  } else if (value->kind != Kind::kBool) {
    time = expr.times.ParseNumber(value->number);
  }
  if (!time) return false;
  *value = Integer(ToMillis(*time));
  value->is_time = true;
  return true;
}

bool MappingEvaluator::Convert(MappingExpr& expr, MappedValue* value) {
  switch (expr.type) {
    case MappedType::kAny:
      return true;
    case MappedType::kString:
      *value = Text(TextOf(*value));
      return true;
    case MappedType::kBool:
      return ToBool(value);
    case MappedType::kIp:
      return ToIp(value);
    case MappedType::kTime:
      return ConvertTime(expr, value);
    default:
      return ToNumber(expr.type, value);
  }
}

bool MappingEvaluator::Evaluate(MappingExpr& expr, MappedValue* out) {
  *out = MappedValue{};
  if (!Source(expr, out)) return false;
  Transform(expr, out);
  if (out->none() && expr.fallback) *out = expr.fallback->value();
  if (out->none() || Convert(expr, out)) return true;
  *out = MappedValue{};
  return !expr.reject;
}

}  // namespace bongsu
