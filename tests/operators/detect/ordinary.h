// The stream that tests of detectors learn: one person's events, rows 50 to 150 and a spread of 0
// to 2, and what they find in one that is Moved away from it. One thread.
#pragma once

#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "tests/support/operator_harness.h"

namespace bongsu {

inline EventBuilder Moved(double rows, double spread) {
  return EventBuilder("ann", "EXPORT").With("rows", rows).With("duration_ms", spread);
}

inline EventBuilder Ordinary(SplitMix64* random) {
  return Moved(50 + 100 * random->Unit(), random->Unit() + random->Unit());
}

inline void Teach(PipelineHarness* run, int events, uint64_t seed = 1) {
  SplitMix64 random(seed);
  for (int i = 0; i < events; ++i) run->Send(Ordinary(&random));
}

inline Finding FindingOf(PipelineHarness* run, const EventBuilder& event) {
  const Outcome outcome = run->Send(event);
  REQUIRE(outcome.status.ok());
  REQUIRE(outcome.verdict.findings.size() == 1);
  return outcome.verdict.findings[0];
}

}  // namespace bongsu
