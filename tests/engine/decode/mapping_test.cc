#include "engine/decode/mapping.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/config/yaml.h"
#include "engine/json/reader.h"

using namespace bongsu;

namespace {

struct Seen final : DecodeSink {
  void OnEvent(const Canonical& event) override {
    events.emplace_back(event.json);
    indexes.push_back(event.index);
    mapped += event.mapped;
    members += event.members;
  }
  void OnRejected(uint32_t index, std::string_view bytes, const Rejection& rejection) override {
    rejections.push_back(rejection);
    rejected_indexes.push_back(index);
    rejected_bytes.emplace_back(bytes);
  }
  std::vector<std::string> events, rejected_bytes;
  std::vector<uint32_t> indexes, rejected_indexes;
  std::vector<Rejection> rejections;
  uint64_t mapped = 0, members = 0;
};

ConfigNode Yaml(std::string_view text, std::string_view name = "vpn.yaml") {
  Problems problems;
  auto node = ParseYaml(text, name, &problems);
  INFO(problems.Format());
  REQUIRE(node.ok());
  return *std::move(node);
}

std::unique_ptr<SourceDecoder> Build(std::string_view yaml) {
  Problems problems;
  auto mapping = MakeMapping(Yaml(yaml), {}, "vpn", &problems);
  INFO(problems.Format());
  REQUIRE(mapping.ok());
  return *std::move(mapping);
}

std::string ProblemsOf(std::string_view yaml) {
  Problems problems;
  CHECK_FALSE(MakeMapping(Yaml(yaml), {}, "vpn", &problems).ok());
  return problems.Format();
}

// A mapping whose only interesting field is `role`.
std::string WithRole(const std::string& expression) {
  return "mapping: test\nversion: 1\nfields:\n  event_id: {const: e}\n  user_id: {const: ann}\n"
         "  time: {const: 2026-03-02T00:00:00Z}\n  action: {const: VIEW}\n  role: " +
         expression + "\n";
}

// What `role` becomes; empty when there is none; "!reason" when the event is refused.
std::string Role(const std::string& expression, const std::string& record) {
  Seen seen;
  Build(WithRole(expression))->Decode(record, &seen);
  if (!seen.rejections.empty()) return "!" + seen.rejections[0].reason;
  REQUIRE(seen.events.size() == 1);
  JsonReader reader;
  const auto role = reader.Parse(seen.events[0])->Find("role");
  return role ? std::string(role->AsString()) : "";
}

// A mapping of one time field.
std::string TimeOf(const std::string& options, const std::string& value) {
  Seen seen;
  Build(
      "mapping: test\nversion: 1\nfields:\n  event_id: {const: e}\n  user_id: {const: ann}\n"
      "  action: {const: VIEW}\n  time: {path: /t, " +
      options + "}\n")
      ->Decode("{\"t\":" + value + "}", &seen);
  if (!seen.rejections.empty()) return "!" + seen.rejections[0].reason;
  JsonReader reader;
  return FormatRfc3339(FromMillis(reader.Parse(seen.events.at(0))->Find("time")->AsInt()));
}

constexpr std::string_view kVpn = R"(
mapping: acme.vpn
version: 1
unwrap: [/Records/*, /detail]
when: {exists: /user}
fields:
  event_id: /id
  time: /at
  user_id: {path: /user, lower: true}
  action: {path: /op, lookup: {in: LOGIN, out: LOGOUT}, default: OTHER}
  bytes: /bytes
  attributes.port: /port
  attributes.tags: {path: /tags/*, join: "+"}
)";

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("a record becomes an event with the members in canonical order") {
  Seen seen;
  Build(kVpn)->Decode(
      R"({"port":443,"op":"in","tags":["a",2,true],"bytes":"12","at":"2026-03-02T09:00:00+09:00",)"
      R"("user":"Ann","id":"1","x":{"y":1}})",
      &seen);
  REQUIRE(seen.events.size() == 1);
  CHECK(seen.events[0] ==
        R"({"event_id":"1","time":1772409600000,"user_id":"ann","action":"LOGIN","source":"vpn",)"
        R"("bytes":12,"attributes":{"port":443,"tags":"a+2+true"}})");
  CHECK(seen.members == 10);
  CHECK(seen.mapped == 9);  // All but /x/y.
}

TEST_CASE("the first unwrap that exists wins, and a list fans out with its index") {
  const std::string good = R"({"id":"1","at":1772409600000,"user":"ann"})";
  Seen seen;
  const auto mapping = Build(
      "mapping: m\nversion: 1\nunwrap: [/Records/*, /detail]\nwhen: {exists: /user}\nfields:\n"
      "  event_id: /id\n  time: {path: /at, formats: [epoch_ms]}\n  user_id: /user\n"
      "  action: {const: VIEW}\n");
  mapping->Decode(R"({"detail":{},"Records":[)" + good + R"(, {"id" : "2"} ,)" + good + ",7]}",
                  &seen);
  CHECK(seen.indexes == std::vector<uint32_t>{0, 2});
  CHECK(seen.rejected_indexes == std::vector<uint32_t>{1, 3});
  CHECK(seen.rejected_bytes == std::vector<std::string>{R"({"id" : "2"})", "7"});
  CHECK(seen.rejections.at(0).reason == "unmatched");
  CHECK(seen.rejections.at(1).reason == "type");
  mapping->Decode("{\"detail\":" + good + "}", &seen);
  mapping->Decode(good, &seen);
  CHECK(seen.events.size() == 4);
  mapping->Decode(R"({"Records":[]})", &seen);
  CHECK(seen.events.size() == 4);
  mapping->Decode("{\"Records\":[" + good, &seen);
  CHECK(seen.rejections.back().reason == "json");
}

TEST_CASE("expressions say what they mean") {
  const auto [expression, record, role] = GENERATE(table<std::string, std::string, std::string>({
      {"/a", R"({"a":"x"})", "x"},
      {"/a", R"({"a":5})", "5"},
      {"/a", R"({"a":1.5})", "1.5"},
      {"/a", R"({"a":18446744073709551615})", "18446744073709551615"},
      {"/a", R"({"a":true})", "true"},
      {"/a", R"({"a":null})", ""},
      {"/a", R"({"a":{"b":1}})", ""},
      {"/a", R"({})", ""},
      {"/a~1b/1/c", R"({"a/b":[0,{"c":"x"}]})", "x"},
      {"/a/*/b", R"({"a":[{"b":"x"},{},{"b":"y"}]})", "x,y"},
      {"{path: /a/*, join: ' '}", R"({"a":["x","y"]})", "x y"},
      {"{coalesce: [/a, /b, {const: z}]}", R"({"b":"y"})", "y"},
      {"{coalesce: [/a, /b, {const: z}]}", R"({"a":""})", "z"},
      {"{path: /a, trim: true, upper: true}", R"({"a":" x "})", "X"},
      {"{path: /a, lower: true}", R"({"a":"ÀX"})", "Àx"},
      {"{path: /a, after_last: \"/\"}", R"({"a":"p/q/r"})", "r"},
      {"{path: /a, after_last: \"/\"}", R"({"a":"pqr"})", ""},
      {"{path: /a, after_last: \"/\"}", R"({"a":"pqr/"})", ""},
      {"{path: /a, split: {by: \"::\", take: 1}}", R"({"a":"p::q::r"})", "q"},
      {"{path: /a, split: {by: \"::\", take: -1}}", R"({"a":"p::q::r"})", "r"},
      {"{path: /a, split: {by: \"::\", take: 3}}", R"({"a":"p::q::r"})", ""},
      {"{path: /a, split: {by: \"::\", take: -4}}", R"({"a":"p::q::r"})", ""},
      {"{path: /a, lookup: {x: one, '2': two}}", R"({"a":2})", "two"},
      {"{path: /a, lookup: {x: one}}", R"({"a":"xx"})", ""},
      {"{path: /a, lookup: {x: one}, default: none}", R"({})", "none"},
      {"{path: /a, lookup_prefix: {Get: g, GetObject: o}}", R"({"a":"GetObjectAcl"})", "o"},
      {"{path: /a, lookup_prefix: {Get: g, GetObject: o}}", R"({"a":"GetUser"})", "g"},
      {"{path: /a, lookup_prefix: {Get: g}}", R"({"a":"PutUser"})", ""},
      {"{if_exists: /e, then: bad, else: good}", R"({"e":0})", "bad"},
      {"{if_exists: /e, then: bad, else: good}", R"({"e":null})", "good"},
      {"{if_exists: /e, then: /e/c}", R"({"e":{"c":"x"}})", "x"},
      {"{path: /a, type: int}", R"({"a":" 7 "})", "7"},
      {"{path: /a, type: int}", R"({"a":7.0})", "7"},
      {"{path: /a, type: int}", R"({"a":7.5})", "!mapping"},
      {"{path: /a, type: int, on_error: null}", R"({"a":"x"})", ""},
      {"{path: /a, type: float}", R"({"a":"1e999"})", "!mapping"},
      {"{path: /a, type: bool}", R"({"a":"Yes"})", "true"},
      {"{path: /a, type: bool}", R"({"a":"maybe"})", "!mapping"},
      {"{path: /a, type: ip}", R"({"a":"::ffff:192.0.2.1"})", "192.0.2.1"},
      {"{path: /a, type: ip}", R"({"a":"2001:db8::1"})", "2001:db8::1"},
      {"{path: /a, type: ip, on_error: null}", R"({"a":"192.0.2.256"})", ""},
      {"{path: /a, type: ip}", R"({"a":"ec2.amazonaws.com"})", "!mapping"},
  }));
  // Types other than string come out as the text of the canonical field.
  const bool typed = expression.find("type: int") != std::string::npos ||
                     expression.find("type: float") != std::string::npos ||
                     expression.find("type: bool") != std::string::npos;
  INFO(expression << " of " << record);
  CHECK(Role(typed ? "{coalesce: [" + expression + "], type: string}" : expression, record) ==
        role);
}

TEST_CASE("times are read in many ways") {
  const auto [options, value, time] = GENERATE(table<std::string, std::string, std::string>({
      {"formats: [rfc3339]", "\"2026-03-02T09:00:00+09:00\"", "2026-03-02T00:00:00.000Z"},
      {"formats: [epoch_s]", "1772409600.5", "2026-03-02T00:00:00.500Z"},
      {"formats: [epoch_s]", "\"1772409600\"", "2026-03-02T00:00:00.000Z"},
      {"formats: [rfc3339, epoch_ms]", "1772409600001", "2026-03-02T00:00:00.001Z"},
      {"formats: [epoch_us]", "1772409600001000", "2026-03-02T00:00:00.001Z"},
      {"formats: [\"%Y-%m-%d %H:%M:%S\"], zone: Asia/Seoul", "\"2026-03-02 09:00:00\"",
       "2026-03-02T00:00:00.000Z"},
      // Summer time begins and ends: an hour earlier, and the first of the hour that comes twice.
      {"formats: [\"%Y-%m-%d %H:%M:%S\"], zone: America/New_York", "\"2026-07-01 00:00:00\"",
       "2026-07-01T04:00:00.000Z"},
      {"formats: [\"%Y-%m-%d %H:%M:%S\"], zone: America/New_York", "\"2026-11-01 01:30:00\"",
       "2026-11-01T05:30:00.000Z"},
      {"formats: [\"%Y-%m-%d %H:%M:%S\"], zone: America/New_York", "\"2026-03-08 02:30:00\"",
       "2026-03-08T07:00:00.000Z"},
      {"formats: [\"%d/%b/%Y:%H:%M:%S %z\"]", "\"02/Mar/2026:09:00:00 +0900\"",
       "2026-03-02T00:00:00.000Z"},
      {"formats: [\"%Y-%m-%d %H:%M:%S\", \"%Y%m%d\"]", "\"20260302\"", "2026-03-02T00:00:00.000Z"},
      {"formats: [\"%Y-%m-%d %H:%M:%S\"]", "\"2026-03-02 09:00:00 and more\"", "!mapping"},
      {"formats: [\"%Y-%m-%d %H:%M:%S\"]", "\"2026-02-30 09:00:00\"", "!mapping"},
      {"formats: [rfc3339]", "1772409600001", "!mapping"},
      {"formats: [epoch_s]", "1e300", "!mapping"},
      {"formats: [epoch_s]", "1772409600001", "!mapping"},
      {"formats: [epoch_ms]", "1772409600", "!time"},
      {"on_error: null", "\"yesterday\"", "!missing"},
  }));
  INFO(options << " of " << value);
  CHECK(TimeOf(options, value) == time);
}

TEST_CASE("what a mapping gets wrong is told at its place") {
  CHECK(ProblemsOf("mapping: m\nversion: 1\nfields: {usr_id: /u}\n") ==
        "vpn.yaml:3:9: fields: expected the field \"event_id\", got none; every event needs one\n"
        "vpn.yaml:3:9: fields: expected the field \"time\", got none; every event needs one\n"
        "vpn.yaml:3:9: fields: expected the field \"user_id\", got none; every event needs one\n"
        "vpn.yaml:3:9: fields: expected the field \"action\", got none; every event needs one\n"
        "vpn.yaml:3:10: fields.usr_id: expected a field of the access event or attributes.<name>, "
        "got \"usr_id\"; did you mean \"user_id\"?\n");
  const auto [expression, problem] = GENERATE(table<std::string, std::string>({
      {"user/name", "expected a JSON pointer"},
      {"[/a]", "expected a JSON pointer"},
      {"{}", "expected one of path, coalesce, const and if_exists, got 0"},
      {"{path: /a, const: b}", "expected one of path, coalesce, const and if_exists, got 2"},
      {"{path: a}", "fields.role.path: expected a JSON pointer"},
      {"{path: /a~2}", "expected a JSON pointer"},
      {"{path: /a, lowr: true}", "did you mean \"lower\""},
      {"{path: /a, lower: 5}", "expected true or false"},
      {"{path: /a, lower: true, upper: true}", "expected lower or upper, got both"},
      {"{path: /a, type: integer}", "expected one of bool, float, int, ip, string, time"},
      {"{path: /a, type: time, zone: Asia/Soul}", "expected an IANA time zone"},
      {"{path: /a, type: time, formats: [\"%Q\"]}", "unknown %Q"},
      {"{path: /a, type: time, formats: [\"%H:%M\"]}", "pattern with year and day"},
      {"{path: /a, type: int, formats: [rfc3339]}", "only where the type is time"},
      {"{path: /a, on_error: ignore}", "expected null or reject"},
      {"{path: /a, lookup: {x: y}, lookup_prefix: {x: y}}", "got both"},
      {"{path: /a, lookup: [x]}", "expected a map"},
      {"{path: /a, split: {by: x}}", "expected the key \"take\""},
      {"{coalesce: []}", "expected a list"},
      {"{then: a}", "expected if_exists"},
      {"{coalesce: [/a/0, /a/*]}", "not by both"},
      {"{path: /a, path: /b}", "expected this key once"},
  }));
  INFO(expression);
  const std::string problems = ProblemsOf(WithRole(expression));
  INFO(problems);
  CHECK(problems.find(problem) != std::string::npos);
  CHECK(problems.starts_with("vpn.yaml:8:"));
}

TEST_CASE("a mapping's own tests can fail") {
  const auto run = [](const std::string& tests) {
    Problems problems;
    RunMappingTests(Yaml(std::string(kVpn) + "tests:\n" + tests), {}, &problems);
    return problems.Format();
  };
  const std::string input = "input: {id: '1', at: 2026-03-02T00:00:00Z, user: Ann, port: 7}";
  CHECK(run("  - {name: good, " + input +
            ", expect: {user_id: ann, attributes.port: 7, bytes: null}}\n") == "");
  CHECK(run("  - {name: bad, " + input + ", expect: {user_id: bob}}\n")
            .find("tests[0].expect.user_id: expected \"bob\", got \"ann\"") != std::string::npos);
  CHECK(run("  - {name: bad, " + input + ", expect: {user_id: null}}\n").find("got \"ann\"") !=
        std::string::npos);
  CHECK(run("  - {name: bad, " + input + ", expect: {bytes: 1}}\n").find("got nothing") !=
        std::string::npos);
  CHECK(run("  - {name: bad, " + input + ", reject: json}\n").find("got no rejection") !=
        std::string::npos);
  CHECK(run("  - {name: bad, " + input + ", expect: []}\n").find("expected 0 events, got 1") !=
        std::string::npos);
  CHECK(run("  - {name: bad, input: {a: 1}, expect: {}}\n").find("unmatched") != std::string::npos);
  CHECK(run("  - {name: bad}\n").find("expected input") != std::string::npos);
}

TEST_CASE("every mapping that ships passes its own tests") {
  size_t mappings = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(BONGSU_SOURCE_DIR "/deploy/mappings")) {
    if (entry.path().extension() != ".yaml") continue;
    ++mappings;
    Problems problems;
    const auto name = entry.path().filename().string();
    const size_t tests = RunMappingTests(Yaml(ReadAll(entry.path()), name), {}, &problems);
    INFO(problems.Format());
    CHECK(tests >= 5);
    CHECK(problems.empty());
  }
  CHECK(mappings >= 1);
}
