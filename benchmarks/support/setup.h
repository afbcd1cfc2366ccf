// What several micro-benchmarks begin with: a configuration from text, the parts of a shard, the
// three workloads.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "benchmarks/support/events.h"
#include "engine/app/engine_config.h"

namespace bongsu::benchmarks {

// benchmarks/peers.yaml, or the configuration in `yaml`. A configuration that does not load ends
// the program.
EngineConfig PeersConfig();
EngineConfig ConfigOf(std::string_view yaml);

inline constexpr size_t kMicroEvents = 20'000;
// kMicroEvents of 5,000 people; the same for the whole program.
const EventList& EventsOf(Shape shape);

// Names the workload and counts items.
inline Shape ShapeOf(benchmark::State& state) {
  const auto shape = static_cast<Shape>(state.range(0));
  state.SetLabel(std::string(ShapeName(shape)));
  return shape;
}
inline void ForEachShape(benchmark::internal::Benchmark* b) {
  b->Arg(0)->Arg(1)->Arg(2);
}

}  // namespace bongsu::benchmarks
