#include "tests/support/hostile_events.h"

#include <string_view>
#include <utility>

#include "engine/core/event.h"

namespace bongsu {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;  // Name and value, both as JSON.

Members GoodMembers() {
  return {{"event_id", "\"e-1\""},
          {"time", "1772409600000"},
          {"user_id", "\"ann\""},
          {"action", "\"EXPORT\""},
          {"result", "\"SUCCESS\""},
          {"source", "\"db\""},
          {"resource_id", "\"payroll.salary\""},
          {"resource_type", "\"table\""},
          {"sensitivity", "9"},
          {"src_ip", "\"192.0.2.7\""},
          {"device_id", "\"pc-17\""},
          {"session_id", "\"s-1\""},
          {"country", "\"KR\""},
          {"department", "\"재무\""},
          {"role", "\"analyst\""},
          {"peer_group", "\"finance\""},
          {"rows", "1200"},
          {"bytes", "48000.5"},
          {"duration_ms", "35"},
          {"reason", "\"month end\\nclosing\""},
          {"approval_id", "\"A-77\""},
          {"attributes", "{\"client\":\"sqlplus\",\"port\":1521,\"vpn\":true}"}};
}

std::string Object(const Members& members) {
  std::string json = "{";
  for (const auto& [name, value] : members) {
    if (json.size() > 1) json += ',';
    json += '"' + name + "\":" + value;
  }
  return json + '}';
}

std::string With(const std::string& name, const std::string& value) {
  Members members = GoodMembers();
  for (auto& [key, old] : members) {
    if (key == name) {
      old = value;
      return Object(members);
    }
  }
  members.emplace_back(name, value);
  return Object(members);
}

std::string Without(std::string_view name) {
  Members members = GoodMembers();
  std::erase_if(members, [&](const auto& member) { return member.first == name; });
  return Object(members);
}

std::string Text(size_t size) {
  return '"' + std::string(size, 'x') + '"';
}

std::string Repeat(std::string_view part, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += part;
  return out;
}

std::string Attributes(size_t count) {
  std::string json = "{";
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) json += ',';
    json += "\"a" + std::to_string(i) + "\":" + std::to_string(i);
  }
  return json + '}';
}

void AddCutOff(std::vector<HostileEvent>* out) {
  const std::string good = GoodEvent();
  for (size_t size = 0; size < good.size(); size += size < 40 ? 1 : 13) {
    // A cut inside a character of several bytes is invalid UTF-8 as well.
    const bool inside = (static_cast<unsigned char>(good[size]) & 0xC0) == 0x80;
    out->push_back(
        {"cut off after " + std::to_string(size), good.substr(0, size), inside ? "utf8" : "json"});
  }
}

void AddWholes(std::vector<HostileEvent>* out) {
  const std::string good = GoodEvent();
  for (const char* text :
       {"",        " ",       "\n",       "nul",        "tru",  "hello", "\xEF\xBB\xBF",
        "{",       "}",       "[",        "]",          "{]",   "{}{}",  "{\"a\"}",
        "{a:1}",   "{'a':1}", "{\"a\":}", "{\"a\":1,}", "[1,]", ",",     ":",
        "/* */{}", "NaN",     "Infinity", "\x01"}) {
    out->push_back({std::string("not JSON: ") + text, text, "json"});
  }
  for (const char* text : {"null", "true", "5", "\"text\"", "[]", "[{}]", "[[[]]]"}) {
    out->push_back({std::string("no object: ") + text, text, "type"});
  }
  out->push_back({"an empty object", "{}", "missing"});
  out->push_back({"something after it", good + "x", "json"});
  out->push_back({"another event after it", good + good, "json"});
  out->push_back({"a comma after it", good + ",", "json"});
  out->push_back({"a NUL after it", good + std::string(1, '\0'), "json"});
  out->push_back({"NULs only", std::string(64, '\0'), "json"});
  out->push_back({"a byte order mark", "\xEF\xBB\xBF" + good, "json"});
  out->push_back({"UTF-16", std::string("{\0\"\0a\0\"\0", 8), "json"});
  out->push_back({"a line of 1 MiB", With("reason", Text(size_t{1} << 20)), "limit"});
  out->push_back({"1 MiB of blanks", std::string(size_t{1} << 20, ' '), "limit"});
  out->push_back({"brackets 60,000 deep", std::string(60'000, '['), "json"});
  out->push_back({"closed brackets 30,000 deep",
                  std::string(30'000, '[') + std::string(30'000, ']'), "limit"});
  out->push_back({"objects 10,000 deep", Repeat("{\"a\":", 10'000), "json"});
  out->push_back({"closed objects 5,000 deep",
                  Repeat("{\"a\":", 5'000) + "1" + std::string(5'000, '}'), "limit"});
  out->push_back({"closed lists 5 deep", With("x", "[[[[[1]]]]]"), "limit"});
}

void AddUtf8(std::vector<HostileEvent>* out) {
  const std::pair<const char*, std::string_view> kinds[] = {
      {"a continuation alone", "\x80"},
      {"a lead byte alone", "\xC3"},
      {"three bytes cut to two", "\xE2\x82"},
      {"four bytes cut to three", "\xF0\x9F\x98"},
      {"an overlong slash", "\xC0\xAF"},
      {"an overlong NUL", "\xC0\x80"},
      {"an overlong of three bytes", "\xE0\x80\xAF"},
      {"an overlong of four bytes", "\xF0\x80\x80\xAF"},
      {"a surrogate", "\xED\xA0\x80"},
      {"a surrogate pair", "\xED\xA0\xBD\xED\xB8\x80"},
      {"above U+10FFFF", "\xF4\x90\x80\x80"},
      {"five bytes", "\xF8\x88\x80\x80\x80"},
      {"0xFE", "\xFE"},
      {"0xFF", "\xFF"},
      {"EUC-KR", "\xC0\xE7\xB9\xAB"}};
  for (const auto& [name, bytes] : kinds) {
    out->push_back({name, With("user_id", '"' + std::string(bytes) + '"'), "utf8"});
  }
  for (const char* escape : {"\\ud800", "\\udc00", "\\uDBFFx", "\\ud800\\ud800", "\\udc00\\ud800",
                             "\\ud83d\\u0041", "\\ud83d\\n"}) {
    const auto value = '"' + std::string(escape) + '"';
    out->push_back({std::string("half a surrogate pair: ") + escape, With("role", value), ""});
  }
}

void AddNumbers(std::vector<HostileEvent>* out) {
  for (const std::string& number :
       {std::string("1e999"), std::string("-1e999"), std::string(400, '9'),
        '-' + std::string(400, '9'), std::string("01"), std::string("1."), std::string("-"),
        std::string("1e"), std::string("1e+"), std::string("-Infinity"), std::string("0x10"),
        std::string("18446744073709551616"), std::string("1.5.5")}) {
    out->push_back({"a number: " + number.substr(0, 24), With("rows", number), ""});
  }
  for (const char* word : {"NaN", "Infinity", "+1", ".5"}) {
    out->push_back({std::string("no number: ") + word, With("rows", word), ""});
  }
  for (const char* field : {"rows", "bytes", "duration_ms", "sensitivity"}) {
    out->push_back({std::string("negative ") + field, With(field, "-1"), "range"});
    out->push_back({std::string("a little negative ") + field, With(field, "-1e-300"), "range"});
    out->push_back({std::string("text for ") + field, With(field, "\"5\""), "type"});
  }
  out->push_back({"sensitivity 10.1", With("sensitivity", "10.1"), "range"});
  out->push_back({"sensitivity 1e300", With("sensitivity", "1e300"), "range"});
}

void AddFields(std::vector<HostileEvent>* out) {
  for (const std::string_view name : kFieldNames) {
    const std::string field(name);
    for (const char* value : {"[]", "{}", "true", "[\"x\"]"}) {
      out->push_back({field + " as " + value, With(field, value), "type"});
    }
    const std::string good = GoodEvent();
    out->push_back({field + " twice", good.substr(0, good.size() - 1) + ",\"" + field + "\":null}",
                    "duplicate"});
  }
  for (size_t i = 0; i < kCanonicalFields; ++i) {
    if (IsNumeric(i)) continue;
    const std::string field(kFieldNames[i]);
    out->push_back({field + " as a number", With(field, "7"), "type"});
    out->push_back({field + " too long", With(field, Text(5000)), "limit"});
    out->push_back({field + " with NUL", With(field, "\"a\\u0000b\""), "text"});
    if (i == kReason) continue;  // People write several lines.
    out->push_back({field + " with a line break", With(field, "\"a\\nb\""), "text"});
    out->push_back({field + " with DEL", With(field, "\"a\\u007fb\""), "text"});
  }
  for (const char* field : {"event_id", "time", "user_id", "action"}) {
    out->push_back({std::string("no ") + field, Without(field), "missing"});
    out->push_back({std::string("null ") + field, With(field, "null"), "missing"});
    out->push_back({std::string("empty ") + field, With(field, "\"\""), "missing"});
  }
  out->push_back({"event_id of 129", With("event_id", Text(129)), "limit"});
  out->push_back({"user_id of 257", With("user_id", Text(257)), "limit"});
  for (const char* action : {"login", "Login", "LOG IN", "LOG-IN", "_LOGIN", "LOGIN_", "1LOGIN",
                             "ＬＯＧＩＮ", "LOGIN;DROP"}) {
    out->push_back({std::string("action ") + action,
                    With("action", '"' + std::string(action) + '"'), "format"});
  }
  for (const char* result : {"success", "OK", "DENIED", "FAILURE", " SUCCESS"}) {
    out->push_back({std::string("result ") + result,
                    With("result", '"' + std::string(result) + '"'), "format"});
  }
}

void AddTimes(std::vector<HostileEvent>* out) {
  for (const char* time : {"\"yesterday\"",
                           "\"2026-03-02\"",
                           "\"2026-03-02T09:00:00\"",
                           "\"2026-13-02T09:00:00Z\"",
                           "\"2026-02-30T09:00:00Z\"",
                           "\"2026-03-02T25:00:00Z\"",
                           "\"2026-03-02T09:00:00+99:00\"",
                           "\"0000-00-00T00:00:00Z\"",
                           "\"9999-12-31T23:59:59Z\"",
                           "\"1970-01-01T00:00:00Z\"",
                           "\"1772409600000\"",
                           "0",
                           "-1",
                           "1772409600",
                           "1772409600000000",
                           "9223372036854775807",
                           "-9223372036854775808",
                           "18446744073709551615",
                           "1772409600000.5",
                           "1e300",
                           "\"2026-03-02T09:00:00Z\\u0000\""}) {
    out->push_back({std::string("time ") + time, With("time", time), "time"});
  }
  for (const char* time : {"true", "[]", "{}"}) {
    out->push_back({std::string("time ") + time, With("time", time), "type"});
  }
}

void AddAttributes(std::vector<HostileEvent>* out) {
  out->push_back({"257 attributes", With("attributes", Attributes(257)), "limit"});
  out->push_back({"a member and 256 attributes",
                  "{\"extra\":1," + With("attributes", Attributes(256)).substr(1), "limit"});
  out->push_back({"nested attributes", With("attributes", "{\"a\":{\"b\":1}}"), "type"});
  out->push_back({"attributes of lists", With("attributes", "{\"a\":[1]}"), "type"});
  out->push_back({"unknown object", With("extra", "{\"a\":1}"), "type"});
  for (const char* value : {"[]", "5", "\"x\"", "true"}) {
    out->push_back({std::string("attributes as ") + value, With("attributes", value), "type"});
  }
  out->push_back({"an attribute twice", With("attributes", "{\"a\":1,\"a\":2}"), "duplicate"});
  out->push_back({"an attribute beside it", "{\"port\":1," + GoodEvent().substr(1), "duplicate"});
  out->push_back({"an attribute hidden behind an escape",
                  With("attributes", "{\"a\":1,\"\\u0061\":2}"), "duplicate"});
  out->push_back({"a required member hidden behind an escape",
                  "{\"user\\u005fid\":\"bob\"," + GoodEvent().substr(1), "duplicate"});
  out->push_back({"an attribute without name", With("attributes", "{\"\":1}"), "limit"});
  out->push_back({"a long name", With("attributes", "{" + Text(129) + ":1}"), "limit"});
  out->push_back({"NUL in a name", With("attributes", "{\"a\\u0000\":1}"), "text"});
  out->push_back({"NUL in an attribute", With("attributes", "{\"a\":\"\\u0000\"}"), "text"});
}

}  // namespace

std::string GoodEvent() {
  return Object(GoodMembers());
}

std::vector<HostileEvent> HostileEvents() {
  std::vector<HostileEvent> out;
  AddCutOff(&out);
  AddWholes(&out);
  AddUtf8(&out);
  AddNumbers(&out);
  AddFields(&out);
  AddTimes(&out);
  AddAttributes(&out);
  for (HostileEvent& event : out) {
    if (!event.reason.empty()) continue;
    event.reason = event.name.starts_with("half a surrogate") ? "utf8"
                   : event.name.starts_with("a number")       ? "number"
                                                              : "json";
  }
  return out;
}

void Mutate(std::span<const std::string_view> pieces, SplitMix64* random, std::string* bytes) {
  const size_t at = random->Below(bytes->size() + 1);
  switch (random->Below(4)) {
    case 0:
      bytes->insert(at, pieces[random->Below(pieces.size())]);
      break;
    case 1:
      bytes->erase(at, 1 + random->Below(8));
      break;
    case 2:
      if (at < bytes->size()) (*bytes)[at] = static_cast<char>(random->Below(256));
      break;
    default: {
      const size_t from = random->Below(bytes->size() + 1);
      bytes->insert(at, bytes->substr(from, random->Below(24)));
    }
  }
}

}  // namespace bongsu
