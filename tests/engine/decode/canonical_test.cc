#include "engine/decode/canonical.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/support/hostile_events.h"

using namespace bongsu;

namespace {

struct Seen final : DecodeSink {
  void OnEvent(const Canonical& event) override {
    json = event.json;
    user = event.user_id;
    time = event.time;
    unknown = event.unknown_members;
    ++events;
  }
  void OnRejected(uint32_t, std::string_view bytes, const Rejection& rejected) override {
    rejection = rejected;
    rejected_bytes = bytes;
    ++rejections;
  }
  std::string json, user, rejected_bytes;
  Timestamp time;
  uint32_t unknown = 0;
  int events = 0, rejections = 0;
  Rejection rejection;
};

Seen Source(const std::string& bytes, const LimitOptions& limits = {}) {
  Seen seen;
  CanonicalSource(limits, "app").Decode(bytes, &seen);
  return seen;
}

std::string Minimal(const std::string& more) {
  return R"({"event_id":"1","time":1772409600000,"user_id":"ann","action":"VIEW")" + more + "}";
}

// The reason of the rejection; "" when the event is good.
std::string Reason(const std::string& bytes, const LimitOptions& limits = {}) {
  return Source(bytes, limits).rejection.reason;
}

const std::set<std::string> kReasons = {"json", "utf8",  "number", "duplicate", "limit", "missing",
                                        "type", "range", "time",   "text",      "format"};

}  // namespace

TEST_CASE("canonical text comes out as it went in") {
  const std::string good = GoodEvent();
  const Seen seen = Source(good);
  CHECK(seen.json == good);
  CHECK(seen.user == "ann");
  CHECK(seen.time == FromMillis(1772409600000));
  CHECK(seen.unknown == 0);
}

TEST_CASE("any order, unknown members and old forms become canonical") {
  const Seen seen =
      Source(R"( {"port":443,"action":"VIEW","bytes":-0.0,"rows":5.0,"user_id":"ann","role":null,)"
             R"("attributes":{"x":"y","n":null},"time":"2026-03-02T09:00:00.123456+09:00",)"
             R"("event_id":"\u0031","ok":false,"country":""} )");
  CHECK(seen.json ==
        R"({"event_id":"1","time":1772409600123,"user_id":"ann","action":"VIEW","source":"app",)"
        R"("rows":5,"bytes":0,"attributes":{"port":443,"x":"y","ok":false}})");
  CHECK(seen.unknown == 2);
  CHECK(seen.time == FromMillis(1772409600123));
  CHECK(Source(seen.json).json == seen.json);
}

TEST_CASE("an event keeps the source it names") {
  CHECK(Source(Minimal(R"(,"source":"db")")).json == Minimal(R"(,"source":"db")"));
  CHECK(Source(Minimal("")).json == Minimal(R"(,"source":"app")"));
}

TEST_CASE("limits hold at their edges") {
  CHECK(Reason(Minimal("")) == "");
  const auto id = [](size_t size, const char* part) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text += part;
    return R"({"event_id":")" + text + R"(","time":1772409600000,"user_id":"a","action":"A"})";
  };
  CHECK(Reason(id(128, "x")) == "");
  CHECK(Reason(id(129, "x")) == "limit");
  CHECK(Reason(id(128, "한")) == "");  // Characters, not bytes.
  CHECK(Reason(id(129, "한")) == "limit");
  CHECK(Reason(Minimal(R"(,"sensitivity":10,"rows":0,"bytes":1e300)")) == "");
  CHECK(Reason(Minimal(R"(,"rows":18446744073709551615)")) == "");
  const std::string event = Minimal(R"(,"source":"a")");
  CHECK(Reason(event, {.event = {event.size()}}) == "");
  CHECK(Reason(event, {.event = {event.size() - 1}}) == "limit");
  // It fits as it comes, but not with the name of the source.
  CHECK(Reason(Minimal(""), {.event = {Minimal("").size() + 3}}) == "limit");
  CHECK(Reason(Minimal(R"(,"a":1,"b":2)"), {.attributes = 2}) == "");
  CHECK(Reason(Minimal(R"(,"a":1,"b":2,"c":3)"), {.attributes = 2}) == "limit");
  CHECK(Reason(Minimal(R"(,"a":[[[1]]])")) == "type");
  CHECK(Reason(Minimal(R"(,"a":[[[[1]]]])")) == "limit");
  CHECK(Reason(Minimal(R"(,"attributes":{"a":{"b":1}})"), {.depth = 2}) == "limit");
}

TEST_CASE("a rejection names the member and never shows a value") {
  const Seen seen = Source(Minimal(R"(,"result":"top-secret")"));
  CHECK(seen.rejection.field == "result");
  CHECK(seen.rejection.message == "expected SUCCESS, FAIL or DENY, got something else");
  CHECK(seen.rejected_bytes == Minimal(R"(,"result":"top-secret")"));
  for (const HostileEvent& hostile : HostileEvents()) {
    std::string marked = hostile.bytes;
    if (const size_t at = marked.find("ann"); at != std::string::npos) {
      marked.replace(at, 3, "zzqy");
    }
    CHECK(Source(marked).rejection.message.find("zzqy") == std::string::npos);
  }
}

TEST_CASE("every hostile event is refused for its reason, and its neighbours pass") {
  const std::vector<HostileEvent> hostile = HostileEvents();
  REQUIRE(hostile.size() >= 250);
  const std::string good = GoodEvent();
  EventSchema schema;
  CanonicalSource source({}, "app");
  CanonicalEventDecoder decoder({}, schema);
  Event event;
  std::set<std::string> met;
  for (const HostileEvent& one : hostile) {
    INFO(one.name);
    Seen seen;
    source.Decode(one.bytes, &seen);
    CHECK(seen.events == 0);
    CHECK(seen.rejections == 1);
    CHECK(seen.rejection.reason == one.reason);
    CHECK_FALSE(seen.rejection.message.empty());
    met.insert(seen.rejection.reason);
    const auto rejection = decoder.Decode(one.bytes, &event);
    CHECK((rejection && rejection->reason == one.reason));
    source.Decode(good, &seen);
    CHECK(seen.json == good);
    CHECK_FALSE(decoder.Decode(good, &event));
    CHECK(event.user == "ann");
  }
  CHECK(met == kReasons);
}

TEST_CASE("an event fills the slots that somebody named") {
  EventSchema schema;
  const size_t port = *schema.Slot("attributes.port");
  const size_t vpn = *schema.Slot("attributes.vpn");
  const size_t absent = *schema.Slot("attributes.absent");
  const size_t derived = schema.AddDerived("off_hours");
  CanonicalEventDecoder decoder({}, schema);
  Event event;
  event.fields.assign(schema.size(), Value{"stale", 1});
  const std::string good = GoodEvent();
  REQUIRE_FALSE(decoder.Decode(good, &event));
  CHECK(event.time == FromMillis(1772409600000));
  CHECK(event.user == "ann");
  CHECK(event.raw.data() == good.data());
  CHECK(event.fields.size() == schema.size());
  CHECK(event.fields[kAction].text == "EXPORT");
  CHECK(event.fields[kDepartment].text == "재무");
  CHECK(event.fields[kReason].text == "month end\nclosing");
  CHECK(event.fields[kRows].number == 1200);
  CHECK(event.fields[kRows].text == "1200");
  CHECK(event.fields[kBytes].text == "48000.5");
  CHECK(event.fields[kSensitivity].number == 9);
  CHECK(event.fields[port].text == "1521");
  CHECK(event.fields[port].number == 1521);
  CHECK(event.fields[vpn].text == "true");
  CHECK(event.fields[vpn].number == 1);
  CHECK_FALSE(event.fields[absent].present());
  CHECK_FALSE(event.fields[derived].present());
  CHECK(std::isnan(event.fields[kAction].number));
  REQUIRE_FALSE(decoder.Decode(Minimal(""), &event));
  CHECK_FALSE(event.fields[kRows].present());
  CHECK_FALSE(event.fields[port].present());
}

TEST_CASE("mutated events are refused or become canonical") {
  constexpr int kMutations = 100'000;
  constexpr std::string_view kPieces[] = {"\"",   "{",    "}",        "[", "]",   ",",
                                          ":",    "\\",   "\\u",      "-", "1e9", "null",
                                          "true", "\x80", "\xF0\x9F", "0", "\n"};
  const std::string seeds[] = {GoodEvent(), Minimal(""), Minimal(R"(,"extra":"\ud83d\ude00")")};
  SplitMix64 random(20260302);
  EventSchema schema;
  CanonicalSource source({}, "app");
  CanonicalEventDecoder decoder({}, schema);
  Event event;
  Seen seen;
  int events = 0;
  for (int i = 0; i < kMutations; ++i) {
    std::string bytes = seeds[random.Below(3)];
    for (uint64_t changes = 1 + random.Below(3); changes > 0; --changes) {
      Mutate(kPieces, &random, &bytes);
    }
    const int before = seen.events;
    seen.rejection.reason.clear();
    source.Decode(bytes, &seen);
    if (seen.events == before) {
      if (!kReasons.contains(seen.rejection.reason)) FAIL(bytes);
      continue;
    }
    ++events;
    const std::string canonical = seen.json;
    source.Decode(canonical, &seen);
    if (seen.json != canonical || decoder.Decode(canonical, &event)) FAIL(bytes);
  }
  // Neither all nor nothing: both ways were taken.
  CHECK(events > kMutations / 50);
  CHECK(events < kMutations / 2);
}

TEST_CASE("decoding an event takes little time", "[.bench]") {
  EventSchema schema;
  CanonicalEventDecoder decoder({}, schema);
  Event event;
  const std::string good = GoodEvent();
  constexpr int kRounds = 500'000;
  const auto begin = std::chrono::steady_clock::now();
  size_t bad = 0;
  for (int i = 0; i < kRounds; ++i) bad += decoder.Decode(good, &event) ? 1 : 0;
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  CHECK(bad == 0);
  WARN(good.size() << " bytes: " << took.count() / kRounds << " ns an event");
}
