#include "benchmarks/support/shard.h"
#include "engine/alerting/ocsf.h"

namespace bongsu::benchmarks {
namespace {

void EncodeAlert(benchmark::State& state) {
  PipelineBench bench(PeersConfig(), 100'000);
  const Alert alert = bench.TakeAlert(EventsOf(Shape::kManyPeople));
  std::string json;
  for (auto _ : state) {
    json.clear();
    bench.encoder().EncodeAlert(alert, &json);
    benchmark::DoNotOptimize(json.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.size()));
}
BENCHMARK(EncodeAlert);

}  // namespace
}  // namespace bongsu::benchmarks
