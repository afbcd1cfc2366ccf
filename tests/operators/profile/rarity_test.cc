#include "operators/profile/rarity.h"

#include <catch2/catch.hpp>
#include <map>

#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Rating(const std::string& rest) {
  return PipelineHarness({RaritySpec()}, "- {name: r, rarity: country, " + rest + "}");
}

EventBuilder From(const std::string& country, Timestamp at = kMonday) {
  return Login("ann").With("country", country).At(at);
}

TEST_CASE("a value is as rare as the bits of its share, and little history says little") {
  auto run = Rating("half_life: 3650d");
  CHECK(run.Send(From("KR")).feature("r") == 0);
  CHECK(run.Send(From("RO")).feature("r") == Approx(2));
  auto other = Rating("half_life: 3650d");
  for (int i = 0; i < 5; ++i) other.Send(From("KR"));
  CHECK(other.Send(From("KR")).feature("r") == Approx(std::log2(6 / 5.5)));
  for (int i = 6; i < 100; ++i) other.Send(From("KR"));
  CHECK(other.Send(From("RO")).feature("r") == Approx(std::log2(101 / 0.5)));
  CHECK(other.Send(From("RO")).feature("r") == Approx(std::log2(102.5 / 1.5)));
}

TEST_CASE("what is no longer done becomes rare, and what is new becomes usual") {
  auto run = Rating("half_life: 10d");
  for (int day = 0; day < 60; ++day) run.Send(From("KR", kMonday + day * 24h));
  const double at_first = run.Send(From("JP", kMonday + 60 * 24h)).feature("r");
  for (int day = 61; day < 120; ++day) run.Send(From("JP", kMonday + day * 24h));
  CHECK(at_first > 4);
  CHECK(run.Send(From("JP", kMonday + 120 * 24h)).feature("r") < 0.3);
  CHECK(run.Send(From("KR", kMonday + 120 * 24h)).feature("r") > 4);
}

TEST_CASE("after a long absence everything is about as likely again") {
  auto run = Rating("half_life: 1d");
  for (int i = 0; i < 500; ++i) run.Send(From("KR"));
  CHECK(run.Send(From("RO", kMonday + 365 * 24h)).feature("r") == 0);
}

TEST_CASE("events without the field or outside `where` are not counted") {
  auto run = Rating("half_life: 1d, where: {result: SUCCESS}");
  CHECK(std::isnan(run.Send(Login("ann")).feature("r")));
  CHECK(std::isnan(run.Send(LoginFailed("ann").With("country", "RO")).feature("r")));
  CHECK(run.Send(From("KR")).feature("r") == 0);
}

// Adds up all sights that came before event `i`, as they are left at its time.
double Expected(const std::vector<RandomEvent>& events, size_t i, Duration half_life) {
  if (events[i].country < 0) return kNone;
  std::map<int, double> counts;
  double total = 0;
  Timestamp newest = events[i].time;
  for (size_t k = 0; k < i; ++k) {
    if (events[k].country < 0) continue;
    const double left =
        std::exp2(-ToSeconds(events[i].time - events[k].time) / ToSeconds(half_life));
    counts[events[k].country] += left;
    total += left;
    newest = std::max(newest, events[k].time);
  }
  // The prior of a late event is as of the half-life that has begun since.
  const auto begun = [&](Timestamp time) {
    return Timestamp(time.time_since_epoch() / half_life * half_life);
  };
  const double late = ToSeconds(begun(newest) - events[i].time) / ToSeconds(half_life);
  const double half = 0.5 * std::exp2(std::max(0.0, late));
  return std::log2((total + half * static_cast<double>(counts.size() + 1)) /
                   (counts[events[i].country] + half));
}

TEST_CASE("rarity agrees with counting again from the start, whatever the lateness") {
  CHECK(Holds([] {
    const auto events = *Streams({.pace = 1h, .pause = 20h, .lateness = 30h, .countries = 12});
    auto run = Rating("half_life: 5d");
    for (size_t i = 0; i < events.size(); ++i) {
      RC_ASSERT(Near(run.Send(events[i].Build()).feature("r"), Expected(events, i, 5 * 24h), 1e-4));
    }
  }));
}

TEST_CASE("a value is never called rarer than it is when there are too many to count") {
  CHECK(Holds([] {
    const auto events = *Streams({.pace = 1h, .pause = 20h, .countries = 60});
    auto run = Rating("half_life: 5d, remember: 8");
    for (size_t i = 0; i < events.size(); ++i) {
      const double value = run.Send(events[i].Build()).feature("r");
      // The true share over the values that the table has room for.
      if (events[i].country >= 0) RC_ASSERT(value <= Expected(events, i, 5 * 24h) + 1e-4);
    }
  }));
}

TEST_CASE("rarity takes 8 bytes a person and 8 for each value") {
  CHECK(Rating("half_life: 30d").StateBytes() == 136);
  CHECK(Rating("half_life: 30d, remember: 64").StateBytes() == 8 + 64 * 8);
}

TEST_CASE("rarity says what it judges") {
  const PipelineHarness run = Rating("half_life: 30d, where: {action: LOGIN}");
  const FeatureInfo& info = run.schema().features()[0];
  CHECK(info.field == kCountry);
  CHECK(info.unit == "bits");
  CHECK(info.description ==
        "How rare this country is for the person where action is LOGIN, in bits, the past fading "
        "by half every 30d.");
}

TEST_CASE("rarity needs a half-life") {
  CHECK(PipelineHarness::ProblemsOf({RaritySpec()}, "- {name: r, rarity: country}") ==
        "test.yaml:1:3: [0]: missing \"half_life\": How soon the past counts half, such as 30d.\n");
}

}  // namespace
}  // namespace bongsu
