#include "engine/json/writer.h"

#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/json/reader.h"

namespace bongsu {
namespace {

std::string Written(std::string_view text) {
  std::string out;
  JsonWriter(&out).String(text);
  return out;
}

std::string ReadBack(const std::string& json) {
  JsonReader reader{JsonLimits()};
  const std::optional<JsonValue> value = reader.Parse(json);
  INFO(json);
  REQUIRE(value);
  return std::string(value->AsString());
}

TEST_CASE("text of any characters comes back as it was") {
  const std::vector<std::string> pieces = {
      "a",    "ordinary", "\"", "\\",   "\n", "\t", "\r", "\b", std::string(1, '\0'),
      "\x1f", "\x7f",     "é",  "봉수", "𝄞",  "/"};
  SplitMix64 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (uint64_t i = random.Below(30); i > 0; --i) text += pieces[random.Below(pieces.size())];
    REQUIRE(ReadBack(Written(text)) == text);
  }
}

TEST_CASE("what needs an escape has one wherever it stands, and nothing else has") {
  for (int byte = 0; byte < 0x80; ++byte) {
    for (size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(byte);
      const std::string json = Written(text);
      REQUIRE((json.size() > 22) == (byte < 0x20 || byte == '"' || byte == '\\'));
      REQUIRE(ReadBack(json) == text);
    }
  }
}

TEST_CASE("names and texts of any length stand between their quotes, commas and colons") {
  for (size_t size = 0; size < 140; ++size) {
    const std::string text(size, 'x');
    std::string out;
    JsonWriter json(&out);
    json.BeginObject().Key(text).String(text).Key(text).String(text).Key("last").BeginArray();
    json.String(text).String(text).EndArray().EndObject();
    const std::string quoted = '"' + text + '"', member = quoted + ':' + quoted;
    CHECK(out == StrCat('{', member, ',', member, ",\"last\":[", quoted, ',', quoted, "]}"));
  }
  std::string out;
  JsonWriter(&out).BeginObject().Key(std::string_view("a\"b")).Null().Key("c").Int(1).EndObject();
  CHECK(out == R"({"a\"b":null,"c":1})");
}

TEST_CASE("a byte that is no UTF-8 is replaced wherever it stands") {
  for (size_t at = 0; at < 20; ++at) {
    for (const char byte : {'\x80', '\xC0', '\xFF'}) {
      std::string text(20, 'x');
      text[at] = byte;
      CHECK_FALSE(IsValidUtf8(text));
      std::string repaired = text;
      repaired.replace(at, 1, "\xEF\xBF\xBD");
      CHECK(ReadBack(Written(text)) == repaired);
    }
  }
}

TEST_CASE("UTF-8 is told from what only looks like it, wherever it stands") {
  for (const std::string before : {"", "x", "1234567", "12345678", "봉", "수상한사람"}) {
    for (const std::string after : {"", "y", "12345678"}) {
      for (const std::string good : {"\x7f", "\xC2\x80", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
        CHECK(IsValidUtf8(StrCat(before, good, after)));
      for (const std::string bad : {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                    "\xE2\x82", "\x80", "\xF8\x88\x80\x80\x80"})
        CHECK_FALSE(IsValidUtf8(StrCat(before, bad, after)));
    }
  }
}

}  // namespace
}  // namespace bongsu
