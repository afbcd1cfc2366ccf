#include "benchmarks/support/shard.h"
#include "engine/pipeline/pipeline.h"

namespace bongsu::benchmarks {
namespace {

// A whole event: decode, calendar, ten features, half-space trees, risk, decision; a commit every
// 1,000. Cold state keeps a hundred people decoded, so that each of 5,000 comes from the store and
// goes back.
void PipelineEvent(benchmark::State& state) {
  const Shape shape = ShapeOf(state);
  const EventList& events = EventsOf(shape);
  PipelineBench bench(PeersConfig(), shape == Shape::kColdState ? 100 : 100'000);
  for (auto _ : state) {
    if (!bench.Step(events)) state.SkipWithError("an event failed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(PipelineEvent)->Apply(ForEachShape);

}  // namespace
}  // namespace bongsu::benchmarks
