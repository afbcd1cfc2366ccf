#include "operators/profile/sum.h"

#include <catch2/catch.hpp>

#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Summing(const std::string& rest) {
  return PipelineHarness({SumSpec()}, "- {name: s, " + rest + "}");
}

double PartOf(const RandomEvent& event) {
  return event.login || std::isnan(event.rows) ? 0 : event.rows;
}

TEST_CASE("sum adds up a number field, the current event included") {
  auto run = Summing("sum: rows, where: {action: EXPORT}, window: 1d");
  CHECK(run.Send(Login("ann")).feature("s") == 0);
  CHECK(run.Send(Export("ann", "crm", 5000)).feature("s") == 5000);
  CHECK(run.Send(Export("ann", "crm", 0.5)).feature("s") == 5000.5);
  CHECK(run.Send(View("ann", "crm").With("rows", 7.0)).feature("s") == 5000.5);
}

TEST_CASE("an absent, odd or endless number adds nothing") {
  auto run = Summing("sum: attributes.pages, window: 1d");
  for (const char* text : {"many", "nan", "inf", "-inf", "1e999"}) {
    CAPTURE(text);
    CHECK(run.Send(Login("ann").With("attributes.pages", text)).feature("s") == 0);
  }
  CHECK(run.Send(Login("ann")).feature("s") == 0);
  CHECK(run.Send(Login("ann").With("attributes.pages", 3.0)).feature("s") == 3);
}

TEST_CASE("parts beyond anything real do not make a sum endless") {
  auto run = Summing(GENERATE("sum: rows, window: 1d", "sum: rows, half_life: 1d"));
  for (int i = 0; i < 10; ++i) run.Send(Export("ann", "crm", 1.7e308));
  CHECK(run.Send(Export("ann", "crm", 1.7e308)).feature("s") == 1.1e19);
}

TEST_CASE("weighted_resource_score fades as the design writes it") {
  auto run = PipelineHarness({SumSpec()},
                             "- {name: weighted_resource_score, sum: sensitivity, "
                             "where: {result: SUCCESS}, half_life: 6h}");
  run.Send(View("ann", "crm").With("sensitivity", 8.0).At("2026-03-02T00:00:00Z"));
  run.Send(View("ann", "crm").With("sensitivity", 9.0).With("result", "DENY"));
  const auto later = Login("ann").At("2026-03-02T12:00:00Z");
  CHECK(run.Send(later).feature("weighted_resource_score") == Approx(2));
}

TEST_CASE("windowed sums agree with adding up again from the start, to the last bit") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Summing("sum: rows, where: {action: EXPORT}, window: 1h");
    for (size_t i = 0; i < events.size(); ++i) {
      double expected = 0;
      for (const RandomEvent& event : InWindow(events, i + 1, 1h)) expected += PartOf(event);
      RC_ASSERT(run.Send(events[i].Build()).feature("s") == expected);
    }
  }));
}

TEST_CASE("decayed sums agree with adding up again from the start") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Summing("sum: rows, where: {action: EXPORT}, half_life: 30m");
    for (size_t i = 0; i < events.size(); ++i) {
      RC_ASSERT(run.Send(events[i].Build()).feature("s") ==
                Approx(Faded(events, i + 1, 30min, PartOf)));
    }
  }));
}

TEST_CASE("the order of parts does not change a sum, not even of tenths") {
  CHECK(Holds([] {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    auto events = *Streams({.pace = 1min, .pause = 10min, .lateness = 10min});
    for (RandomEvent& event : events) event.rows = std::floor(event.rows) / 10;
    auto one = Summing("sum: rows, window: 1h"), other = Summing("sum: rows, window: 1h");
    for (const RandomEvent& event : events) one.Send(event.Build());
    for (const RandomEvent& event : Shuffled(events, seed)) other.Send(event.Build());
    RC_ASSERT(one.MemoryOf("ann") == other.MemoryOf("ann"));
  }));
}

TEST_CASE("sum takes 264 bytes a person in a window and 16 decayed") {
  CHECK(Summing("sum: rows, window: 1h").StateBytes() == 264);
  CHECK(Summing("sum: rows, half_life: 1h").StateBytes() == 16);
}

TEST_CASE("only a number can be summed") {
  const auto problems = [](const std::string& yaml) {
    return PipelineHarness::ProblemsOf({SumSpec()}, yaml);
  };
  CHECK(problems("- {name: s, sum: country, window: 1h}") ==
        "test.yaml:1:18: [0].sum: expected a field that is a number (sensitivity, rows, bytes, "
        "duration_ms, attributes.<name>), got \"country\"\n");
  CHECK(problems("- {name: s, sum: row, window: 1h}") ==
        "test.yaml:1:18: [0].sum: expected a field of the access event or attributes.<name>, got "
        "\"row\"; did you mean \"rows\"?\n");
  CHECK(problems("- {name: s, sum: rows, were: {}, window: 1h}") ==
        "test.yaml:1:24: [0].were: unknown key; did you mean \"where\"?\n");
}

TEST_CASE("a sum has the unit of what it sums") {
  const auto [field, unit] = GENERATE(table<std::string, std::string>(
      {{"rows", "rows"}, {"bytes", "bytes"}, {"sensitivity", "points"}}));
  const PipelineHarness run({SumSpec()}, "- {name: s, sum: " + field + ", window: 1h}");
  CHECK(run.schema().features()[0].unit == unit);
}

}  // namespace
}  // namespace bongsu
