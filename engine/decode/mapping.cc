#include "engine/decode/mapping.h"

#include <utility>
#include <vector>

#include "engine/base/strings.h"
#include "engine/decode/canonical_rules.h"
#include "engine/decode/mapping_eval.h"
#include "engine/decode/mapping_program.h"
#include "engine/decode/raw_json.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

// Foreign records nest deeper than our events: CloudTrail reaches 12.
constexpr size_t kRecordDepth = 64;

class Mapping final : public SourceDecoder {
 public:
  Mapping(MappingProgram program, const LimitOptions& limits, std::string source_name)
      : program_(std::move(program)),
        evaluator_(&program_),
        reader_({.bytes = limits.record.bytes, .depth = kRecordDepth, .unique_keys = true}),
        normalizer_(limits, std::move(source_name)) {}
  // The evaluator points into this object.
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  void Decode(std::string_view bytes, DecodeSink* sink) override {
    const std::optional<JsonValue> root = reader_.Parse(bytes);
    if (!root) return sink->OnRejected(0, bytes, RejectJson(reader_));
    for (const MappingUnwrap& unwrap : program_.unwrap) {
      std::optional<JsonValue> at = root;
      for (size_t i = 0; at && i < unwrap.tokens.size(); ++i) at = at->Find(unwrap.tokens[i]);
      if (!at || at->is_null() || (unwrap.each && !at->is_array())) continue;
      if (!unwrap.each) return One(*at, 0, bytes, sink);
      return Each(*at, unwrap, bytes, sink);
    }
    One(*root, 0, bytes, sink);
  }

 private:
  void Each(JsonValue list, const MappingUnwrap& unwrap, std::string_view bytes, DecodeSink* sink) {
    raw_items_.clear();
    raw_known_ = false;
    uint32_t index = 0;
    for (const JsonValue item : list.items()) {
      if (const auto rejection = Map(item, index, sink)) {
        sink->OnRejected(index, RawItem(unwrap, bytes, index), *rejection);
      }
      ++index;
    }
  }

  // Where the items stand in the record is looked up once, and only when one of them is at fault.
  std::string_view RawItem(const MappingUnwrap& unwrap, std::string_view bytes, size_t index) {
    if (!raw_known_) {
      raw_known_ = true;
      std::optional<std::string_view> at = bytes;
      for (size_t i = 0; at && i < unwrap.tokens.size(); ++i) at = RawMember(*at, unwrap.tokens[i]);
      if (at) RawItems(*at, &raw_items_);
    }
    return index < raw_items_.size() ? raw_items_[index] : bytes;
  }

  void One(JsonValue record, uint32_t index, std::string_view bytes, DecodeSink* sink) {
    if (const auto rejection = Map(record, index, sink)) {
      sink->OnRejected(index, bytes, *rejection);
    }
  }

  std::optional<Rejection> Map(JsonValue record, uint32_t index, DecodeSink* sink) {
    if (!record.is_object()) {
      return Reject(RejectReason::kType, "", "expected an object, got something else");
    }
    evaluator_.Begin(record);
    if (!evaluator_.Matches()) {
      return Reject(RejectReason::kUnmatched, "",
                    StrCat("expected a record that mapping ", program_.name,
                           " is for (its `when`); check the source's mapping"));
    }
    if (auto rejection = Write()) return rejection;
    if (auto rejection = normalizer_.Normalize(json_)) return rejection;
    DecodeSink::Canonical event = normalizer_.Event();
    event.index = index;
    event.unknown_members = 0;
    event.mapped = evaluator_.mapped();
    event.members = evaluator_.members();
    sink->OnEvent(event);
    return std::nullopt;
  }

  std::optional<Rejection> Write() {
    json_.clear();
    JsonWriter writer(&json_);
    writer.BeginObject();
    bool attributes = false;
    for (MappingField& field : program_.fields) {
      MappedValue value;
      if (!evaluator_.Evaluate(field.expr, &value)) {
        return Reject(RejectReason::kMapping, field.name,
                      "expected a value that converts to the field's type, got another; correct "
                      "the mapping or set on_error: null");
      }
      if (value.none()) continue;
      if (field.attribute && !std::exchange(attributes, true)) {
        writer.Key("attributes").BeginObject();
      }
      writer.Key(field.key);
      WriteValue(value, &writer);
    }
    if (attributes) writer.EndObject();
    writer.EndObject();
    return std::nullopt;
  }

  void WriteValue(const MappedValue& value, JsonWriter* writer) {
    switch (value.kind) {
      case MappedValue::Kind::kText:
        writer->String(value.text);
        break;
      case MappedValue::Kind::kInt:
        writer->Int(value.integer);
        break;
      case MappedValue::Kind::kUint:
        writer->Raw(StrCat(static_cast<uint64_t>(value.integer)));
        break;
      case MappedValue::Kind::kBool:
        writer->Bool(value.flag);
        break;
      default:
        writer->Double(value.number);
    }
  }

  MappingProgram program_;
  MappingEvaluator evaluator_;
  JsonReader reader_;
  CanonicalNormalizer normalizer_;
  std::string json_;
  std::vector<std::string_view> raw_items_;
  bool raw_known_ = false;
};

}  // namespace

Result<std::unique_ptr<SourceDecoder>> MakeMapping(const ConfigNode& node,
                                                   const LimitOptions& limits,
                                                   std::string source_name, Problems* problems) {
  const size_t before = problems->size();
  MappingProgram program = CompileMapping(node, problems);
  if (problems->size() != before) {
    return Status::Invalid(StrCat("mapping ", program.name, ": has ", problems->size() - before,
                                  " problems; correct the lines listed"));
  }
  return std::unique_ptr<SourceDecoder>(
      std::make_unique<Mapping>(std::move(program), limits, std::move(source_name)));
}

}  // namespace bongsu
