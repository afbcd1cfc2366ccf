#include "engine/decode/canonical_rules.h"

#include <algorithm>
#include <cmath>

#include "engine/base/strings.h"
#include "engine/base/words.h"
#include "engine/decode/canonical_members.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

constexpr size_t kUnknownMember = kMembers;

bool LongerThan(std::string_view text, size_t limit) {
  if (text.size() <= limit) return false;
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  return static_cast<size_t>(characters) > limit;
}

// Whether a byte is below 0x20 or is 0x7F.
bool HasControl(std::string_view text) {
  return AnyByte(text, [](uint64_t word) { return BelowSpace(word) | EqualTo(word, 0x7F); });
}

// Names of attributes come from the event, so they are shown only where they look like names.
std::string AttributeField(std::string_view name) {
  const bool plain = name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
                     });
  return plain && !name.empty() ? StrCat(kAttributesName, ".", name) : std::string(kAttributesName);
}

std::string_view KindName(JsonValue::Kind kind) {
  switch (kind) {
    case JsonValue::Kind::kNull:
      return "null";
    case JsonValue::Kind::kBool:
      return "a boolean";
    case JsonValue::Kind::kString:
      return "a string";
    case JsonValue::Kind::kArray:
      return "a list";
    case JsonValue::Kind::kObject:
      return "an object";
    default:
      return "a number";
  }
}

Rejection WrongType(std::string_view field, std::string_view wanted, JsonValue value) {
  return Reject(RejectReason::kType, field,
                StrCat("expected ", wanted, ", got ", KindName(value.kind())));
}

bool IsAbsent(JsonValue value) {
  return value.is_null() || (value.is_string() && value.AsString().empty());
}

std::optional<Rejection> CheckNumber(size_t field, JsonValue value) {
  const std::string_view name = kFieldNames[field];
  if (!value.is_number()) return WrongType(name, "a number", value);
  const double number = value.AsDouble();
  if (field == kSensitivity && !(number >= 0 && number <= kMaxSensitivity)) {
    return Reject(RejectReason::kRange, name, "expected a number from 0 to 10");
  }
  if (!(number >= 0 && std::isfinite(number))) {
    return Reject(RejectReason::kRange, name, "expected a number that is not negative");
  }
  return std::nullopt;
}

std::optional<Rejection> CheckText(size_t field, JsonValue value) {
  const std::string_view name = kFieldNames[field];
  if (!value.is_string()) return WrongType(name, "a string", value);
  const std::string_view text = value.AsString();
  if (LongerThan(text, MaxLength(field))) {
    return Reject(RejectReason::kLimit, name,
                  StrCat("expected at most ", MaxLength(field), " characters, got more"));
  }
  if (field == kReason ? text.find('\0') != text.npos : HasControl(text)) {
    return Reject(RejectReason::kText, name,
                  field == kReason ? "expected text without NUL characters"
                                   : "expected text without control characters");
  }
  if (field == kAction && !IsUpperSnake(text)) {
    return Reject(RejectReason::kFormat, name,
                  "expected UPPER_SNAKE such as LOGIN or BULK_EXPORT, got something else");
  }
  if (field == kResult && !IsResult(text)) {
    return Reject(RejectReason::kFormat, name,
                  "expected SUCCESS, FAIL or DENY, got something else");
  }
  return std::nullopt;
}

void WriteScalar(JsonValue value, JsonWriter* writer, std::string* out) {
  switch (value.kind()) {
    case JsonValue::Kind::kBool:
      writer->Bool(value.AsBool());
      break;
    case JsonValue::Kind::kInt:
      writer->Int(value.AsInt());
      break;
    case JsonValue::Kind::kUint:
      writer->Raw("");
      strings_internal::Append(out, value.AsUint());
      break;
    case JsonValue::Kind::kDouble:
      writer->Double(value.AsDouble() + 0.0);  // -0 becomes 0.
      break;
    default:
      writer->String(value.AsString());
  }
}

}  // namespace

bool IsPlausible(Timestamp t) {
  return t >= FromMillis(kEarliestMillis) && t < FromMillis(kLatestMillis);
}

CanonicalRules::CanonicalRules(const LimitOptions& limits)
    : max_bytes_(limits.event.bytes),
      max_attributes_(static_cast<size_t>(limits.attributes)),
      // Members that we know are told apart here, by slot; only attributes need a comparison of
      // names.
      reader_(
          {.bytes = max_bytes_, .depth = static_cast<size_t>(limits.depth), .unique_keys = false}) {
}

std::optional<Rejection> CanonicalRules::Read(std::string_view json, CanonicalView* view) {
  view->present = view->unknown = view->members = 0;
  view->attributes.clear();
  expected_ = 0;
  seen_ = 0;
  const std::optional<JsonValue> root = reader_.Parse(json);
  if (!root) return RejectJson(reader_);
  if (!root->is_object()) return WrongType("", "an object", *root);
  for (const JsonMember& member : root->members()) {
    if (auto rejection = ReadMember(member, view)) return rejection;
  }
  if (auto rejection = CheckRequired(*view)) return rejection;
  return CheckAttributes(*view);
}

std::optional<Rejection> CanonicalRules::ReadMember(const JsonMember& member, CanonicalView* view) {
  size_t id = kUnknownMember;
  for (size_t i = 0; i < kMembers; ++i) {
    const size_t at = expected_ + i < kMembers ? expected_ + i : expected_ + i - kMembers;
    if (kMemberOrder[at].name == member.key) {
      id = kMemberOrder[at].id;
      expected_ = at + 1 < kMembers ? at + 1 : 0;
      break;
    }
  }
  if (id == kUnknownMember) {
    ++view->unknown;
    ++view->members;
    return ReadAttribute(member, view);
  }
  if ((seen_ >> id & 1u) != 0) {
    return Reject(RejectReason::kDuplicate, member.key, "expected this member once, got it twice");
  }
  seen_ |= 1u << id;
  if (id != kAttributesMember) {
    ++view->members;
    return id == kTimeMember ? ReadTime(member.value, view) : ReadField(id, member.value, view);
  }
  if (member.value.is_null()) return std::nullopt;
  if (!member.value.is_object()) return WrongType(kAttributesName, "an object", member.value);
  for (const JsonMember& attribute : member.value.members()) {
    ++view->members;
    if (auto rejection = ReadAttribute(attribute, view)) return rejection;
  }
  return std::nullopt;
}

std::optional<Rejection> CanonicalRules::ReadField(size_t field, JsonValue value,
                                                   CanonicalView* view) {
  if (IsAbsent(value)) return std::nullopt;
  if (auto rejection = IsNumeric(field) ? CheckNumber(field, value) : CheckText(field, value)) {
    return rejection;
  }
  view->fields[field] = value;
  view->present |= 1u << field;
  return std::nullopt;
}

std::optional<Rejection> CanonicalRules::ReadTime(JsonValue value, CanonicalView* view) {
  if (IsAbsent(value)) {
    return Reject(RejectReason::kMissing, kTimeName, "expected the time of the event, got none");
  }
  // Compared as a number before it becomes a time, so that nothing can overflow.
  if (value.kind() == JsonValue::Kind::kInt) {
    const int64_t ms = value.AsInt();
    if (ms >= kEarliestMillis && ms < kLatestMillis) {
      view->time = FromMillis(ms);
      return std::nullopt;
    }
  } else if (value.is_string()) {
    const Result<Timestamp> time = ParseRfc3339(value.AsString());
    if (!time.ok()) {
      return Reject(RejectReason::kTime, kTimeName,
                    "expected RFC 3339 with offset, such as 2026-03-02T09:00:00+09:00, or epoch "
                    "milliseconds");
    }
    if (IsPlausible(*time)) {
      view->time = FromMillis(ToMillis(*time));
      return std::nullopt;
    }
  } else if (!value.is_number()) {
    return WrongType(kTimeName, "RFC 3339 text or epoch milliseconds", value);
  } else if (value.kind() == JsonValue::Kind::kDouble) {
    return Reject(RejectReason::kTime, kTimeName, "expected whole milliseconds, got a fraction");
  }
  return Reject(RejectReason::kTime, kTimeName,
                "expected a time from 1990 to 2099; epoch times are in milliseconds");
}

std::optional<Rejection> CanonicalRules::ReadAttribute(const JsonMember& member,
                                                       CanonicalView* view) {
  if (member.value.is_container()) {
    return WrongType(AttributeField(member.key), "a string, number or boolean", member.value);
  }
  if (IsAbsent(member.value)) return std::nullopt;
  if (member.key.empty() || LongerThan(member.key, kMaxAttributeName)) {
    return Reject(RejectReason::kLimit, kAttributesName,
                  StrCat("expected names of 1 to ", kMaxAttributeName, " characters"));
  }
  if (HasControl(member.key)) {
    return Reject(RejectReason::kText, kAttributesName,
                  "expected names without control characters");
  }
  if (member.value.is_string() && member.value.AsString().find('\0') != std::string_view::npos) {
    return Reject(RejectReason::kText, AttributeField(member.key),
                  "expected text without NUL characters");
  }
  view->attributes.push_back(member);
  return std::nullopt;
}

std::optional<Rejection> CanonicalRules::CheckRequired(const CanonicalView& view) const {
  for (const Field field : {kEventId, kUserId, kAction}) {
    if (!view.has(field)) {
      return Reject(RejectReason::kMissing, kFieldNames[field],
                    "expected this member with a value, got none");
    }
  }
  if ((seen_ >> kTimeMember & 1u) == 0) {
    return Reject(RejectReason::kMissing, kTimeName, "expected the time of the event, got none");
  }
  return std::nullopt;
}

std::optional<Rejection> CanonicalRules::CheckAttributes(const CanonicalView& view) {
  if (view.attributes.size() > max_attributes_) {
    return Reject(
        RejectReason::kLimit, kAttributesName,
        StrCat("expected at most ", max_attributes_, " attributes, got ", view.attributes.size()));
  }
  names_.clear();
  for (const JsonMember& member : view.attributes) names_.push_back(member.key);
  if (const auto twice = DuplicateText(&names_)) {
    return Reject(RejectReason::kDuplicate, AttributeField(*twice),
                  "expected this attribute once, got it twice");
  }
  return std::nullopt;
}

CanonicalNormalizer::CanonicalNormalizer(const LimitOptions& limits, std::string source_name)
    : source_name_(std::move(source_name)), max_bytes_(limits.event.bytes), rules_(limits) {}

std::optional<Rejection> CanonicalNormalizer::Normalize(std::string_view json) {
  if (auto rejection = rules_.Read(json, &view_)) return rejection;
  out_.clear();
  Write();
  // Moving members and adding the source can make the text longer than what came in.
  if (out_.size() > max_bytes_) {
    return Reject(RejectReason::kLimit, "",
                  StrCat("expected at most ", max_bytes_, " bytes as canonical text, got ",
                         out_.size(), "; raise limits.event"));
  }
  return std::nullopt;
}

void CanonicalNormalizer::Write() {
  JsonWriter writer(&out_);
  writer.BeginObject();
  for (const MemberName& member : kMemberOrder) {
    if (member.id == kTimeMember) {
      writer.Key(kTimeName).Int(ToMillis(view_.time));
    } else if (member.id == kAttributesMember) {
      if (view_.attributes.empty()) continue;
      writer.Key(kAttributesName).BeginObject();
      for (const JsonMember& attribute : view_.attributes) {
        writer.Key(attribute.key);
        WriteScalar(attribute.value, &writer, &out_);
      }
      writer.EndObject();
    } else if (view_.has(member.id)) {
      writer.Key(member.name);
      WriteScalar(view_.fields[member.id], &writer, &out_);
    } else if (member.id == kSource && !source_name_.empty()) {
      writer.Key(member.name).String(source_name_);
    }
  }
  writer.EndObject();
}

DecodeSink::Canonical CanonicalNormalizer::Event() const {
  DecodeSink::Canonical event;
  event.json = out_;
  event.user_id = view_.fields[kUserId].AsString();
  event.time = view_.time;
  event.unknown_members = view_.unknown;
  event.mapped = event.members = view_.members;
  return event;
}

}  // namespace bongsu
