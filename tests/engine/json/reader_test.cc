#include "engine/json/reader.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include "engine/base/strings.h"

using namespace bongsu;

namespace {

JsonFault FaultOf(const std::string& text, JsonLimits limits = {}) {
  JsonReader reader(limits);
  const auto value = reader.Parse(text);
  CHECK(value.has_value() == (reader.fault() == JsonFault::kNone));
  CHECK((value || !reader.message().empty()));
  return reader.fault();
}

}  // namespace

TEST_CASE("values of every kind are read") {
  JsonReader reader;
  const auto root = reader.Parse(
      R"({"n":null,"b":true,"i":-5,"u":18446744073709551615,"d":1.5,"s":"\ud83d\ude00","a":[1,[]],"o":{}})");
  REQUIRE(root);
  CHECK(root->Find("n")->is_null());
  CHECK(root->Find("b")->AsBool());
  CHECK(root->Find("i")->AsInt() == -5);
  CHECK(root->Find("i")->AsDouble() == -5);
  CHECK(root->Find("u")->AsUint() == UINT64_MAX);
  CHECK(root->Find("d")->AsDouble() == 1.5);
  CHECK(root->Find("s")->AsString() == "😀");
  CHECK(root->Find("o")->is_object());
  CHECK_FALSE(root->Find("x"));
  CHECK_FALSE(root->Find("a")->Find("x"));
  std::string kinds;
  for (const JsonValue item : root->Find("a")->items()) kinds += item.is_number() ? 'n' : 'l';
  CHECK(kinds == "nl");
  std::string keys;
  for (const JsonMember& member : root->members()) keys += member.key;
  CHECK(keys == "nbiudsao");
}

TEST_CASE("a reader reads again after a failure, shorter and longer texts") {
  JsonReader reader;
  for (const size_t size : {3u, 5000u, 10u, 200'000u, 0u}) {
    const std::string text = '"' + std::string(size, 'x') + '"';
    const auto value = reader.Parse(text);
    REQUIRE(value);
    CHECK(value->AsString().size() == size);
    CHECK_FALSE(reader.Parse("{"));
  }
}

TEST_CASE("what is not JSON is refused with the kind of fault") {
  CHECK(FaultOf("") == JsonFault::kSyntax);
  CHECK(FaultOf("{} {}") == JsonFault::kSyntax);
  CHECK(FaultOf("\xEF\xBB\xBF{}") == JsonFault::kSyntax);
  CHECK(FaultOf("\"\xC0\xAF\"") == JsonFault::kUtf8);
  CHECK(FaultOf(R"("\ud800")") == JsonFault::kUtf8);
  CHECK(FaultOf(R"("\udc00")") == JsonFault::kUtf8);
  CHECK(FaultOf(R"("\\ud800")") == JsonFault::kNone);  // An escaped backslash, then letters.
  CHECK(FaultOf(R"("\x")") == JsonFault::kText);
  CHECK(FaultOf("\"\x01\"") == JsonFault::kText);
  CHECK(FaultOf("1e999") == JsonFault::kNumber);
  CHECK(FaultOf(std::string(400, '1')) == JsonFault::kNumber);
  CHECK(FaultOf("1e-999") == JsonFault::kNone);
}

TEST_CASE("limits hold at their edges") {
  CHECK(FaultOf("[[1]]", {.bytes = 5}) == JsonFault::kNone);
  CHECK(FaultOf("[[1]]", {.bytes = 4}) == JsonFault::kSize);
  CHECK(FaultOf("[[1]]", {.depth = 2}) == JsonFault::kNone);
  CHECK(FaultOf("[[[1]]]", {.depth = 2}) == JsonFault::kDepth);
}

TEST_CASE("a key that stands twice is found wherever it is") {
  CHECK(FaultOf(R"({"a":1,"b":{"c":1},"d":[{"c":1}]})") == JsonFault::kNone);
  CHECK(FaultOf(R"({"a":1,"\u0061":2})") == JsonFault::kDuplicate);
  CHECK(FaultOf(R"({"x":[1,{"a":1,"a":1}]})") == JsonFault::kDuplicate);
  CHECK(FaultOf(R"({"a":1,"a":2})", {.unique_keys = false}) == JsonFault::kNone);
  std::string many = "{";
  for (int i = 0; i < 60'000; ++i) many += StrCat("\"k", i, "\":1,");
  CHECK(FaultOf(many + "\"x\":1}") == JsonFault::kNone);  // Not quadratic: this ends soon.
  CHECK(FaultOf(many + "\"k777\":1}") == JsonFault::kDuplicate);
}
