// Streams of one person's events for properties: RapidCheck makes them, and makes a failing one as
// short and plain as it can.
//
//   CHECK(Holds([] {
//     const auto events = *Streams({.lateness = 1h});
//     RC_ASSERT(…);
//   }));
#pragma once

#include <rapidcheck.h>

#include <cstdlib>
#include <limits>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/operator_harness.h"

namespace bongsu {

inline const Timestamp kMonday = FromMillis(1772409600000);  // 2026-03-02T00:00:00Z

struct RandomEvent {
  Timestamp time;
  bool login = false, failed = false;  // Else an export.
  int resource = 0;                    // Of exports.
  double rows = 0;                     // Of exports; NaN = not said.
  int country = -1;                    // -1 = not said.

  EventBuilder Build() const {
    EventBuilder event = login ? (failed ? LoginFailed("ann") : Login("ann"))
                               : Export("ann", "r" + std::to_string(resource), rows);
    if (!login && rows != rows) event.Without("rows");
    if (country >= 0) event.With("country", "C" + std::to_string(country));
    return event.At(time);
  }
};

inline void showValue(const RandomEvent& event, std::ostream& out) {
  out << FormatRfc3339(event.time) << (event.login ? event.failed ? " FAIL" : " LOGIN" : " EXPORT")
      << " r" << event.resource << " rows " << event.rows << " C" << event.country;
}

// Mostly forward by up to `pace`, now and then by up to `pause`; a quarter of the events up to
// `lateness` late.
struct StreamShape {
  Duration pace = std::chrono::minutes(3), pause = std::chrono::hours(3), lateness{};
  int resources = 40, countries = 6;
  size_t most = 250;  // Events.
};

inline rc::Gen<std::vector<RandomEvent>> Streams(StreamShape shape) {
  using Draw = std::tuple<int, int, int, int, int, int, int>;
  const auto upto = [](int n) { return rc::gen::inRange(0, n); };
  const rc::Gen<Draw> draw =
      rc::gen::resize(rc::kNominalSize,
                      rc::gen::tuple(upto(1000), upto(20), upto(4000), upto(6),
                                     upto(shape.resources), upto(9000), upto(shape.countries + 1)));
  const auto part = [](Duration d, int thousandths) { return d * thousandths / 1000; };
  return rc::gen::map(
      rc::gen::resize(static_cast<int>(shape.most), rc::gen::container<std::vector<Draw>>(draw)),
      [shape, part](const std::vector<Draw>& draws) {
        std::vector<RandomEvent> events;
        Timestamp now = kMonday;
        for (const auto& [ahead, pause, late, kind, resource, rows, country] : draws) {
          now += part(pause == 19 ? shape.pause : shape.pace, ahead);
          RandomEvent event;
          event.time = late >= 3000 ? now - part(shape.lateness, late - 3000) : now;
          event.login = kind >= 4;
          event.failed = kind == 5;
          event.resource = resource;
          event.rows = rows < 8000 ? rows / 8.0 : std::numeric_limits<double>::quiet_NaN();
          event.country = country - 1;
          events.push_back(event);
        }
        return events;
      });
}

// Checks `property` with fixed seeds; RC_PARAMS in the environment asks for others or more.
template <typename Property>
bool Holds(Property&& property) {
  ::setenv("RC_PARAMS", "seed=20260302 max_success=30", 0);
  return rc::check(std::forward<Property>(property));
}

}  // namespace bongsu
