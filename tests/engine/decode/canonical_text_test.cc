#include "engine/decode/canonical_text.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/decode/canonical.h"
#include "tests/support/hostile_events.h"

using namespace bongsu;

namespace {

std::string Minimal(const std::string& more) {
  return R"({"event_id":"1","time":1772409600000,"user_id":"ann","action":"VIEW")" + more + "}";
}

struct Canonicals final : DecodeSink {
  void OnEvent(const Canonical& event) override { texts.emplace_back(event.json); }
  void OnRejected(uint32_t, std::string_view, const Rejection&) override {}
  std::vector<std::string> texts;
};

// What was decoded, as text: the same for the same event, to the bit.
std::string Shown(const std::optional<Rejection>& rejection, const Event& event) {
  if (rejection) return rejection->reason + " " + rejection->field + " " + rejection->message;
  std::string shown = std::to_string(ToMillis(event.time)) + " " + std::string(event.user);
  for (const Value& value : event.fields) {
    shown += value.present() ? "\n=" + std::string(value.text) + " " : "\n ";
    shown +=
        std::isnan(value.number) ? "none" : std::to_string(std::bit_cast<uint64_t>(value.number));
  }
  return shown;
}

class Both final {
 public:
  explicit Both(const LimitOptions& limits = {})
      : text_(limits, schema_), decoder_(limits, schema_) {
    for (const char* name :
         {"attributes.client", "attributes.port", "attributes.a", "attributes.한"}) {
      REQUIRE(schema_.Slot(name).ok());
    }
  }
  bool Reads(const std::string& json) { return text_.Read(json, &event_); }
  // Whether one pass and the tree say the same. A space in front leaves it to the tree.
  void Compare(const std::string& json) {
    REQUIRE_FALSE(Reads(" " + json));
    const std::string tree = Shown(decoder_.Decode(" " + json, &event_), event_);
    if (Shown(decoder_.Decode(json, &event_), event_) != tree) FAIL(json);
  }

 private:
  EventSchema schema_;
  CanonicalText text_;
  CanonicalEventDecoder decoder_;
  Event event_;
};

}  // namespace

TEST_CASE("canonical text is read in one pass, other writing is left to the tree") {
  Both both;
  CHECK(both.Reads(GoodEvent()));
  for (const char* more :
       {R"(,"resource_id":"C:\\data\\\"x\"")", R"(,"reason":"a\nb\tc\rd")",
        R"(,"department":"재무")", R"(,"sensitivity":0)", R"(,"sensitivity":10)",
        R"(,"sensitivity":2.5)", R"(,"rows":0)", R"(,"bytes":123456789012345)",
        R"(,"bytes":1e+300)", R"(,"attributes":{"a":-5,"b":-0.25,"c":true,"d":false,"한":"글"})",
        R"(,"attributes":{"a":"line\nline","an attribute with a long name":1,"q\"":2})"}) {
    INFO(more);
    CHECK(both.Reads(Minimal(more)));
    both.Compare(Minimal(more));
  }
  for (const char* more : {R"(, "rows":1)",
                           R"(,"rows": 1)",
                           R"(,"rows":1.0)",
                           R"(,"rows":01)",
                           R"(,"rows":-1)",
                           R"(,"rows":1e5)",
                           R"(,"rows":.5)",
                           R"(,"rows":1.)",
                           R"(,"rows":inf)",
                           R"(,"rows":nan)",
                           R"(,"rows":-0)",
                           R"(,"rows":"1")",
                           R"(,"rows":null)",
                           R"(,"rows":)",
                           R"(,"rows":true)",
                           R"(,"rows":1e400)",
                           R"(,"bytes":1234567890123456)",
                           R"(,"bytes":18446744073709551616)",
                           R"(,"rows":18446744073709551615)",
                           R"(,"rows":1,"result":"FAIL")",
                           R"(,"result":"fail")",
                           R"(,"result":"")",
                           R"(,"result":"\u0046AIL")",
                           R"(,"role":"a\nb")",
                           R"(,"role":"a/\/")",
                           ",\"role\":\"\x7F\"",
                           ",\"role\":\"sixteen plain bytes\x7F\"",
                           ",\"reason\":\"\x7F\"",
                           ",\"attributes\":{\"a\x7F\":1}",
                           ",\"attributes\":{\"a\":\"\x7F\"}",
                           ",\"role\":\"\x80\"",
                           ",\"role\":\"a\tb\"",
                           R"(,"sensitivity":10.5)",
                           R"(,"sensitivity":11)",
                           R"(,"attributes":{})",
                           R"(,"attributes":)",
                           R"(,"attributes":})",
                           R"(,"attributes":{"a":1,"a":2})",
                           R"(,"attributes":{"a":null})",
                           R"(,"attributes":{"a":""})",
                           R"(,"attributes":{"":1})",
                           R"(,"attributes":{"a":{}})",
                           R"(,"attributes":{"a":tru})",
                           R"(,"attributes":{"a":1,})",
                           R"(,"attributes":{"a" :1})",
                           R"(,"attributes":{"a\n":1})",
                           R"(,"attributes":[])",
                           R"(,"extra":1)",
                           R"(,)",
                           R"(})"}) {
    INFO(more);
    CHECK_FALSE(both.Reads(Minimal(more)));
    both.Compare(Minimal(more));
  }
  CHECK_FALSE(both.Reads(""));
  CHECK_FALSE(both.Reads("{}"));
  CHECK_FALSE(both.Reads(Minimal("") + " "));
  CHECK_FALSE(both.Reads(R"({"event_id":"1","time":1772409600000,"user_id":"ann"})"));
  CHECK_FALSE(both.Reads(R"({"event_id":"1","user_id":"ann","action":"VIEW"})"));
  CHECK_FALSE(both.Reads(R"({"event_id":"1","time":1772409600,"user_id":"ann","action":"VIEW"})"));
}

TEST_CASE("the limits are the same in one pass and in the tree") {
  const std::string json = Minimal(R"(,"attributes":{"a":1,"b":2})");
  CHECK(Both({.event = {json.size()}}).Reads(json));
  CHECK_FALSE(Both({.event = {json.size() - 1}}).Reads(json));
  CHECK(Both({.attributes = 2}).Reads(json));
  CHECK_FALSE(Both({.attributes = 1}).Reads(json));
  Both both;
  for (const size_t size : {126u, 127u, 128u, 129u, 255u, 256u, 257u, 2048u, 2049u, 4096u, 4097u}) {
    const std::string text(size, 'X');
    for (const std::string_view name : kFieldNames) {
      both.Compare(Minimal(",\"" + std::string(name) + "\":\"" + text + "\""));
    }
    both.Compare(R"({"event_id":")" + text +
                 R"(","time":1772409600000,"user_id":"a","action":"A"})");
    both.Compare(R"({"event_id":"1","time":1772409600000,"user_id":"a","action":")" + text + "\"}");
    both.Compare(Minimal(R"(,"attributes":{")" + text + R"(":1})"));
    both.Compare(Minimal(R"(,"attributes":{"a":")" + text + "\"}"));
  }
}

TEST_CASE("attributes change their places from event to event") {
  Both both;
  SplitMix64 random(20261123);
  const std::vector<std::string> names = {
      "a", "b", "port", "client", "한", "an attribute with a long name", "q\\\""};
  for (int i = 0; i < 2000; ++i) {
    std::string attributes;
    for (uint64_t count = 1 + random.Below(5); count > 0; --count) {
      attributes += (attributes.empty() ? "\"" : ",\"") + names[random.Below(names.size())] +
                    "\":" + std::to_string(i);
    }
    both.Compare(Minimal(",\"attributes\":{" + attributes + "}"));
  }
}

TEST_CASE("mutated canonical text means the same in one pass and in the tree") {
  constexpr int kMutations = 100'000;
  constexpr std::string_view kPieces[] = {"\"",   "{",    "}",  ",",   ":",  "\\",
                                          "\\n",  "\\\"", "-",  "1e9", ".5", "null",
                                          "true", "\x80", "한", "0",   "\n"};
  const std::string seeds[] = {GoodEvent(), Minimal(""),
                               Minimal(R"(,"rows":12.5,"attributes":{"a":"\\x","b":true,"c":-7})")};
  Both both;
  SplitMix64 random(20260302);
  int read = 0;
  for (int i = 0; i < kMutations; ++i) {
    std::string json = seeds[random.Below(3)];
    Mutate(kPieces, &random, &json);
    read += both.Reads(json) ? 1 : 0;
    both.Compare(json);
  }
  // Neither all nor nothing.
  CHECK(read > kMutations / 50);
  CHECK(read < kMutations / 2);
}

TEST_CASE("what comes out of a source is read in one pass") {
  Both both;
  CanonicalSource source({}, "app");
  Canonicals canonicals;
  for (const std::string& json :
       {GoodEvent(), Minimal(R"(,"port":443,"rows":5.0,"bytes":1e5,"sensitivity":2.50)"),
        Minimal(R"(,"x":-0.0,"y":"\ud83d\ude00","z":"a\/b")")}) {
    source.Decode(json, &canonicals);
  }
  REQUIRE(canonicals.texts.size() == 3);
  for (const std::string& text : canonicals.texts) {
    INFO(text);
    CHECK(both.Reads(text));
    both.Compare(text);
  }
}
