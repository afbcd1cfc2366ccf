#include "engine/decode/canonical.h"

#include <charconv>
#include <utility>

namespace bongsu {
namespace {

constexpr size_t kNumberWidth = 32;  // The longest shortest double has 24 characters.
constexpr size_t kNumericFields = 4;

}  // namespace

CanonicalSource::CanonicalSource(const LimitOptions& limits, std::string source_name)
    : normalizer_(limits, std::move(source_name)) {}

void CanonicalSource::Decode(std::string_view bytes, DecodeSink* sink) {
  if (const auto rejection = normalizer_.Normalize(bytes)) {
    sink->OnRejected(0, bytes, *rejection);
  } else {
    sink->OnEvent(normalizer_.Event());
  }
}

CanonicalEventDecoder::CanonicalEventDecoder(const LimitOptions& limits, const EventSchema& schema)
    : schema_(schema),
      text_(limits, schema),
      rules_(limits),
      numbers_((kNumericFields + static_cast<size_t>(limits.attributes)) * kNumberWidth) {}

std::optional<Rejection> CanonicalEventDecoder::Decode(std::string_view json, Event* event) {
  if (!text_.Read(json, event)) {
    if (auto rejection = rules_.Read(json, &view_)) return rejection;
    FromView(event);
  }
  event->user = event->fields[kUserId].text;
  event->raw = json;
  return std::nullopt;
}

void CanonicalEventDecoder::FromView(Event* event) {
  used_ = 0;
  event->fields.assign(schema_.size(), Value{});
  for (size_t field = 0; field < kCanonicalFields; ++field) {
    if (view_.has(field)) event->fields[field] = ToValue(view_.fields[field]);
  }
  if (schema_.has_attributes()) {
    for (const JsonMember& attribute : view_.attributes) {
      if (const auto slot = schema_.AttributeSlot(attribute.key)) {
        event->fields[*slot] = ToValue(attribute.value);
      }
    }
  }
  event->time = view_.time;
}

Value CanonicalEventDecoder::ToValue(JsonValue value) {
  Value out;
  const JsonValue::Kind kind = value.kind();
  if (kind == JsonValue::Kind::kString) {
    out.text = value.AsString();
    return out;
  }
  if (kind == JsonValue::Kind::kBool) {
    out.text = value.AsBool() ? "true" : "false";
    out.number = value.AsBool() ? 1 : 0;
    return out;
  }
  out.number = value.AsDouble() + 0.0;  // -0 becomes 0.
  char* const begin = numbers_.data() + used_;
  char* const limit = begin + kNumberWidth;
  char* const end = kind == JsonValue::Kind::kInt ? std::to_chars(begin, limit, value.AsInt()).ptr
                    : kind == JsonValue::Kind::kUint
                        ? std::to_chars(begin, limit, value.AsUint()).ptr
                        : std::to_chars(begin, limit, out.number).ptr;
  out.text = std::string_view(begin, static_cast<size_t>(end - begin));
  used_ += kNumberWidth;
  return out;
}

}  // namespace bongsu
