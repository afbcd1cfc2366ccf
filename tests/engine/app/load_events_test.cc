#include "engine/app/load_events.h"

#include <catch2/catch.hpp>
#include <set>

#include "engine/base/strings.h"
#include "engine/decode/canonical.h"

namespace bongsu {
namespace {

constexpr int64_t kDue = 1'790'000'000'123'456;

LoadEvents Made(LoadEventsOptions options) {
  Result<LoadEvents> events = LoadEvents::Make(options);
  INFO(events.status().message());
  REQUIRE(events.ok());
  return *std::move(events);
}

struct Sink final : public DecodeSink {
  void OnEvent(const Canonical& event) override {
    ++good;
    CHECK(event.time == FromMillis(kDue / 1000));
    users.emplace(event.user_id);
  }
  void OnRejected(uint32_t, std::string_view, const Rejection& rejection) override {
    ++bad;
    CHECK(rejection.field == "user_id");
  }
  int good = 0, bad = 0;
  std::set<std::string> users;
};

}  // namespace

TEST_CASE("events of a load test are canonical, due when they say, and nobody's in the bank") {
  LoadEventsOptions options;
  options.people = 50;
  options.bad_share = 0.2;
  LoadEvents events = Made(options);
  CanonicalSource decoder({}, "loadtest");
  Sink sink;
  int bad = 0;
  for (int64_t i = 0; i < 2000; ++i) {
    const LoadEvents::Event event = events.Stamp(i, kDue);
    CHECK(event.user.starts_with("loadtest-"));
    CHECK(DueIn(event.json) == kDue);
    bad += event.bad ? 1 : 0;
    decoder.Decode(event.json, &sink);
  }
  CHECK(sink.bad == bad);
  CHECK(sink.good == 2000 - bad);
  CHECK(std::abs(bad - 400) < 80);
  CHECK(sink.users.size() <= 50);
  CHECK(sink.users.size() >= 25);
  for (const std::string& user : sink.users) CHECK(user.starts_with("loadtest-00000"));
}

TEST_CASE("ids are never used twice, and the same number gives the same event") {
  LoadEvents events = Made({});
  std::set<std::string> all;
  for (int64_t i = 0; i < 1000; ++i) {
    // Also in the second round through what was made in advance.
    all.emplace(events.Stamp(i, kDue).json.substr(0, 60));
    all.emplace(events.Stamp(i + 1'000'000, kDue).json.substr(0, 60));
  }
  CHECK(all.size() == 2000);
  const std::string once(events.Stamp(7, kDue).json);
  CHECK(events.Stamp(7, kDue).json == once);
}

TEST_CASE("one person gets the share that was asked for") {
  LoadEventsOptions options;
  options.people = 1000;
  options.hot_share = 0.6;
  LoadEvents events = Made(options);
  int hot = 0;
  for (int64_t i = 0; i < 5000; ++i)
    hot += events.Stamp(i, kDue).user == "loadtest-0000000" ? 1 : 0;
  CHECK(std::abs(hot - 3000) < 200);
}

TEST_CASE("an alert tells when the latest of its events was due") {
  LoadEvents events = Made({});
  const std::string early(events.Stamp(1, kDue - 5).json), late(events.Stamp(2, kDue).json);
  CHECK(DueIn(StrCat("[", late, ",", early, "]")) == kDue);
  CHECK_FALSE(DueIn("{\"event_id\":\"load-12\"}"));
  CHECK_FALSE(DueIn("{\"event_id\":\"0123456789abcdef\"}"));
}

}  // namespace bongsu
