#include "operators/profile/first_seen.h"

#include <catch2/catch.hpp>
#include <optional>

#include "operators/profile/count.h"
#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Seeing(const std::string& rest) {
  return PipelineHarness({FirstSeenSpec()}, "- {name: n, first_seen: country, " + rest + "}");
}

EventBuilder From(const std::string& country, Timestamp at) {
  return Login("ann").With("country", country).At(at);
}

TEST_CASE("a country is new for a day, then known") {
  auto run = Seeing("within: 90d");
  CHECK(std::isnan(run.Send(From("KR", kMonday)).feature("n")));
  CHECK(std::isnan(run.Send(From("JP", kMonday + 1min)).feature("n")));
  const Timestamp later = kMonday + 7 * 24h;
  CHECK(run.Send(From("KR", later)).feature("n") == 0);
  CHECK(run.Send(From("RO", later + 1h)).feature("n") == 1);
  CHECK(run.Send(From("KR", later + 2h)).feature("n") == 0);
  CHECK(run.Send(From("RO", later + 24h)).feature("n") == 1);
  CHECK(run.Send(From("RO", later + 25h)).feature("n") == 0);
}

TEST_CASE("what is first seen while a person is learned is not new afterwards") {
  auto run = Seeing("within: 90d, stays: 30d, learning: 1d");
  run.Send(From("KR", kMonday));
  CHECK(std::isnan(run.Send(From("JP", kMonday + 23h)).feature("n")));
  CHECK(run.Send(From("JP", kMonday + 24h)).feature("n") == 0);
}

TEST_CASE("with stays: 0s only the first sight is new") {
  auto run = Seeing("within: 90d, stays: 0s, learning: 0s");
  CHECK(run.Send(From("KR", kMonday)).feature("n") == 1);
  CHECK(run.Send(From("KR", kMonday)).feature("n") == 0);
  CHECK(run.Send(From("RO", kMonday)).feature("n") == 1);
}

TEST_CASE("a value not seen for `within` is new again") {
  auto run = Seeing("within: 30d, stays: 0s, learning: 0s");
  run.Send(From("KR", kMonday));
  CHECK(run.Send(From("KR", kMonday + 30 * 24h - 1min)).feature("n") == 0);
  CHECK(run.Send(From("KR", kMonday + 60 * 24h - 1min)).feature("n") == 1);
}

TEST_CASE("what is not judged is not known afterwards either") {
  auto run = Seeing("within: 30d, where: {result: SUCCESS}, learning: 0s");
  CHECK(std::isnan(run.Send(Login("ann")).feature("n")));
  CHECK(std::isnan(run.Send(LoginFailed("ann").With("country", "RO")).feature("n")));
  CHECK(run.Send(From("RO", kMonday)).feature("n") == 1);
}

TEST_CASE("a late event cannot make a known value new") {
  auto run = Seeing("within: 30d, stays: 1h, learning: 0s");
  run.Send(From("KR", kMonday));
  run.Send(From("KR", kMonday + 48h));
  CHECK(run.Send(From("KR", kMonday + 2h)).feature("n") == 0);
  CHECK(run.Send(From("KR", kMonday - 2h)).feature("n") == 1);  // Before it was known.
  CHECK(run.Send(From("KR", kMonday)).feature("n") == 0);
}

TEST_CASE("when the table is full the value seen longest ago is forgotten") {
  auto run = Seeing("within: 30d, stays: 0s, learning: 0s, remember: 2");
  run.Send(From("A", kMonday));
  run.Send(From("B", kMonday + 1h));
  run.Send(From("A", kMonday + 2h));
  run.Send(From("C", kMonday + 3h));
  CHECK(run.Send(From("A", kMonday + 4h)).feature("n") == 0);
  CHECK(run.Send(From("B", kMonday + 5h)).feature("n") == 1);
  // A late value older than all that are known is not worth a place.
  CHECK(run.Send(From("D", kMonday)).feature("n") == 1);
  CHECK(run.Send(From("A", kMonday + 6h)).feature("n") == 0);
}

constexpr Duration kStays = 40min, kLearning = 5h;

int64_t Minute(const RandomEvent& event) {
  return std::chrono::floor<std::chrono::minutes>(event.time.time_since_epoch()).count();
}

// Looks through all events again: the sights of the value before event `i` came, and of those the
// newest run without a pause of `within`.
double Expected(const std::vector<RandomEvent>& events, size_t i, Duration within) {
  if (events[i].country < 0) return kNone;
  const int64_t now = Minute(events[i]);
  int64_t since = now;
  std::vector<int64_t> sights;
  for (size_t k = 0; k < i; ++k) {
    if (events[k].country < 0) continue;
    since = std::min(since, Minute(events[k]));
    if (events[k].country == events[i].country) sights.push_back(Minute(events[k]));
  }
  std::sort(sights.rbegin(), sights.rend());
  std::optional<int64_t> first;
  for (const int64_t sight : sights) {
    if (first && (*first - sight) * 1min >= within) break;
    first = sight;
  }
  const auto learned = [&](int64_t at) { return (at - since) * 1min >= kLearning; };
  if (!learned(now)) return kNone;
  if (!first || now < *first || (now - sights.front()) * 1min >= within) return 1;
  return (now - *first) * 1min < kStays && learned(*first) ? 1 : 0;
}

void CheckAgainstList(const StreamShape& shape, Duration within) {
  const auto events = *Streams(shape);
  auto run = Seeing("within: " + FormatDuration(within) + ", stays: 40m, learning: 5h");
  for (size_t i = 0; i < events.size(); ++i) {
    const double value = run.Send(events[i].Build()).feature("n");
    RC_ASSERT(Same(value, Expected(events, i, within)));
  }
}

TEST_CASE("first_seen agrees with a list of all sights") {
  CHECK(Holds([] { CheckAgainstList({.pace = 20min, .pause = 12h, .countries = 9}, 4h); }));
  CHECK(Holds([] { CheckAgainstList({.pace = 20min, .pause = 12h, .lateness = 9h}, 90 * 24h); }));
}

TEST_CASE("a full table holds the values seen last") {
  CHECK(Holds([] {
    const auto events = *Streams({.countries = 9});
    auto run = Seeing("within: 90d, stays: 0s, learning: 0s, remember: 4");
    std::vector<int> latest;  // First the one seen last.
    for (size_t i = 0; i < events.size(); ++i) {
      if (events[i].country < 0) continue;
      const auto at = std::find(latest.begin(), latest.end(), events[i].country);
      const bool known = at != latest.end() && at - latest.begin() < 4;
      const EventBuilder event = events[i].Build().At(kMonday + static_cast<int>(i) * 7min);
      RC_ASSERT(run.Send(event).feature("n") == (known ? 0 : 1));
      if (at != latest.end()) latest.erase(at);
      latest.insert(latest.begin(), events[i].country);
    }
  }));
}

TEST_CASE("first_seen takes 8 bytes a person and 12 for each value") {
  CHECK(Seeing("within: 90d").StateBytes() == 392);
  CHECK(Seeing("within: 90d, remember: 256").StateBytes() == 8 + 256 * 12);
}

TEST_CASE("first_seen says what its value was judged by") {
  const PipelineHarness run({FirstSeenSpec()},
                            "- {name: n, first_seen: country, within: 90d, label: new country, "
                            "label_ko: 새 국가}");
  const FeatureInfo& info = run.schema().features()[0];
  CHECK(info.field == kCountry);
  CHECK(info.unit == "new");
  CHECK(info.label == "new country");
  CHECK(info.label_ko == "새 국가");
  CHECK(info.description == "1 when the person's country was not seen in the 90d before, else 0.");
}

TEST_CASE("first_seen needs to know how long a value is known") {
  const auto problems = [](const std::string& yaml) {
    return PipelineHarness::ProblemsOf({FirstSeenSpec()}, yaml);
  };
  CHECK(problems("- {name: n, first_seen: country}") ==
        "test.yaml:1:3: [0]: missing \"within\": A value is known for so long after its last "
        "sight.\n");
  CHECK(problems("- {name: n, first_seen: country, within: 30s}") ==
        "test.yaml:1:42: [0].within: expected a duration of at least 1m and at most 3660d, got "
        "\"30s\"\n");
}

}  // namespace
}  // namespace bongsu
