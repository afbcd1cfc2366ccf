// The `tests:` of a mapping: samples with what must come out of them.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/strings.h"
#include "engine/decode/mapping.h"
#include "engine/decode/mapping_program.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

constexpr std::string_view kAttributePrefix = "attributes.";

void WriteJson(const ConfigNode& node, JsonWriter* writer) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      writer->Null();
      return;
    case ConfigNode::Kind::kList:
      writer->BeginArray();
      for (const ConfigNode& item : node.items) WriteJson(item, writer);
      writer->EndArray();
      return;
    case ConfigNode::Kind::kMap:
      writer->BeginObject();
      for (const ConfigNode::Entry& entry : node.entries) {
        writer->Key(entry.key);
        WriteJson(entry.value, writer);
      }
      writer->EndObject();
      return;
    case ConfigNode::Kind::kScalar:
      break;
  }
  const Literal literal = ToLiteral(node);
  if (literal.kind == MappedValue::Kind::kInt) {
    writer->Int(literal.integer);
  } else if (literal.kind == MappedValue::Kind::kDouble) {
    writer->Double(literal.number);
  } else if (literal.kind == MappedValue::Kind::kBool) {
    writer->Bool(literal.flag);
  } else {
    writer->String(literal.text);
  }
}

// A text is the record as it would arrive; anything else is written as JSON.
std::string Input(const ConfigNode& node) {
  if (node.kind == ConfigNode::Kind::kScalar) return node.scalar;
  std::string json;
  JsonWriter writer(&json);
  WriteJson(node, &writer);
  return json;
}

class Collector final : public DecodeSink {
 public:
  void OnEvent(const Canonical& event) override { events.emplace_back(event.json); }
  void OnRejected(uint32_t, std::string_view, const Rejection& rejection) override {
    rejections.push_back(rejection);
  }
  std::vector<std::string> events;
  std::vector<Rejection> rejections;
};

std::optional<std::string> TextOf(const std::optional<JsonValue>& value) {
  if (!value) return std::nullopt;
  switch (value->kind()) {
    case JsonValue::Kind::kString:
      return std::string(value->AsString());
    case JsonValue::Kind::kBool:
      return value->AsBool() ? "true" : "false";
    case JsonValue::Kind::kInt:
      return StrCat(value->AsInt());
    case JsonValue::Kind::kUint:
      return StrCat(value->AsUint());
    case JsonValue::Kind::kDouble:
      return StrCat(value->AsDouble());
    default:
      return std::nullopt;
  }
}

std::optional<std::string> FieldOf(JsonValue event, std::string_view name) {
  if (name.starts_with(kAttributePrefix)) {
    const auto attributes = event.Find("attributes");
    if (!attributes) return std::nullopt;
    return TextOf(attributes->Find(name.substr(kAttributePrefix.size())));
  }
  return TextOf(event.Find(name));
}

// `time` may be expected as people write it.
bool SameTime(const std::string& wanted, const std::string& got) {
  const Result<Timestamp> time = ParseRfc3339(wanted);
  return time.ok() && StrCat(ToMillis(*time)) == got;
}

void CheckEvent(const ConfigNode& expect, const std::string& path, const std::string& json,
                Problems* problems) {
  if (expect.kind != ConfigNode::Kind::kMap) {
    problems->Add(expect.mark, path, StrCat("expected a map of fields, got ", expect.Describe()));
    return;
  }
  JsonReader reader;
  const std::optional<JsonValue> event = reader.Parse(json);
  BONGSU_CHECK(event.has_value());
  for (const ConfigNode::Entry& entry : expect.entries) {
    const std::string at = StrCat(path, '.', entry.key);
    const std::optional<std::string> got = FieldOf(*event, entry.key);
    const bool absent = entry.value.kind == ConfigNode::Kind::kNull;
    const std::string& wanted = entry.value.scalar;
    if (absent ? !got
               : got && (*got == wanted || (entry.key == "time" && SameTime(wanted, *got)))) {
      continue;
    }
    problems->Add(entry.value.mark, at,
                  StrCat("expected ", absent ? "nothing" : StrCat('"', wanted, '"'), ", got ",
                         got ? StrCat('"', *got, '"') : "nothing"));
  }
}

void RunOne(const ConfigNode& test, const std::string& path, SourceDecoder* decoder,
            Problems* problems) {
  if (test.kind != ConfigNode::Kind::kMap) {
    problems->Add(test.mark, path, StrCat("expected a map, got ", test.Describe()));
    return;
  }
  for (const ConfigNode::Entry& entry : test.entries) {
    if (entry.key != "name" && entry.key != "input" && entry.key != "expect" &&
        entry.key != "reject") {
      AddUnknownKey(entry, path, {"name", "input", "expect", "reject"}, problems);
    }
  }
  const ConfigNode* input = test.Find("input");
  const ConfigNode* expect = test.Find("expect");
  const ConfigNode* reject = test.Find("reject");
  if (input == nullptr || (expect == nullptr) == (reject == nullptr)) {
    problems->Add(test.mark, path, "expected input and one of expect and reject");
    return;
  }
  Collector got;
  decoder->Decode(Input(*input), &got);
  if (reject != nullptr) {
    const std::string reason = got.rejections.empty() ? "no rejection" : got.rejections[0].reason;
    if (reason != reject->scalar) {
      problems->Add(reject->mark, path + ".reject",
                    StrCat("expected ", reject->Describe(), ", got ", reason));
    }
    return;
  }
  for (const Rejection& rejection : got.rejections) {
    problems->Add(input->mark, path + ".input",
                  StrCat("expected an event, got a rejection: ", rejection.reason, ' ',
                         rejection.field, ": ", rejection.message));
  }
  const bool several = expect->kind == ConfigNode::Kind::kList;
  const size_t wanted = several ? expect->items.size() : 1;
  if (got.events.size() != wanted) {
    problems->Add(expect->mark, path + ".expect",
                  StrCat("expected ", wanted, " events, got ", got.events.size()));
    return;
  }
  for (size_t i = 0; i < wanted; ++i) {
    CheckEvent(several ? expect->items[i] : *expect, path + ".expect", got.events[i], problems);
  }
}

}  // namespace

size_t RunMappingTests(const ConfigNode& node, const LimitOptions& limits, Problems* problems) {
  const auto decoder = MakeMapping(node, limits, "test", problems);
  if (!decoder.ok()) return 0;
  const ConfigNode* tests = node.Find("tests");
  if (tests == nullptr) return 0;
  if (tests->kind != ConfigNode::Kind::kList) {
    problems->Add(tests->mark, "tests", StrCat("expected a list, got ", tests->Describe()));
    return 0;
  }
  for (size_t i = 0; i < tests->items.size(); ++i) {
    RunOne(tests->items[i], StrCat("tests[", i, ']'), decoder->get(), problems);
  }
  return tests->items.size();
}

}  // namespace bongsu
