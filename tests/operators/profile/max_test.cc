#include "operators/profile/max.h"

#include <catch2/catch.hpp>

#include "tests/operators/profile/oracle.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

PipelineHarness Greatest(const std::string& field, const std::string& window) {
  return PipelineHarness({MaxSpec()}, "- {name: m, max: " + field + ", window: " + window + "}");
}

TEST_CASE("max is the greatest of the window, the current event included") {
  auto run = Greatest("rows", "32m");
  CHECK(std::isnan(run.Send(Login("ann").At(kMonday)).feature("m")));
  CHECK(run.Send(Export("ann", "crm", 0).At(kMonday)).feature("m") == 0);
  CHECK(run.Send(Export("ann", "crm", 70).At(kMonday + 1min)).feature("m") == 70);
  CHECK(run.Send(Export("ann", "crm", 7).At(kMonday + 20min)).feature("m") == 70);
  CHECK(run.Send(Login("ann").At(kMonday + 33min)).feature("m") == 7);
  CHECK(std::isnan(run.Send(Login("ann").At(kMonday + 1h)).feature("m")));
}

TEST_CASE("numbers below zero and odd ones are what they are") {
  auto run = Greatest("attributes.balance", "1d");
  const auto balance = [&](const char* text) {
    return run.Send(Login("ann").With("attributes.balance", text)).feature("m");
  };
  CHECK(std::isnan(balance("nan")));
  CHECK(std::isnan(balance("inf")));
  CHECK(balance("-5") == -5);
  CHECK(balance("-7") == -5);
  CHECK(balance("0") == 0);
  CHECK(balance("1e300") == 1e18);
}

TEST_CASE("max agrees with looking again through the window, whatever the lateness") {
  CHECK(Holds([] {
    const auto events = *Streams({.lateness = 90min});
    auto run = Greatest("rows", "1h");
    for (size_t i = 0; i < events.size(); ++i) {
      double greatest = kNone;
      for (const RandomEvent& event : InWindow(events, i + 1, 1h)) {
        if (!event.login) greatest = std::fmax(greatest, event.rows);
      }
      const double value = run.Send(events[i].Build()).feature("m");
      RC_ASSERT(Same(value, greatest));
    }
  }));
}

TEST_CASE("max takes 264 bytes a person") {
  CHECK(Greatest("rows", "1d").StateBytes() == 264);
}

TEST_CASE("max needs a window and a number") {
  const auto problems = [](const std::string& yaml) {
    return PipelineHarness::ProblemsOf({MaxSpec()}, yaml);
  };
  CHECK(problems("- {name: m, max: rows}") ==
        "test.yaml:1:3: [0]: missing \"window\": How far back, such as 1h or 30d.\n");
  CHECK_THAT(problems("- {name: m, max: rows, half_life: 1d}"),
             Catch::Contains("[0].half_life: unknown key"));
  CHECK_THAT(problems("- {name: m, max: country, window: 1d}"),
             Catch::StartsWith("test.yaml:1:18: [0].max: expected a field that is a number"));
}

}  // namespace
}  // namespace bongsu
