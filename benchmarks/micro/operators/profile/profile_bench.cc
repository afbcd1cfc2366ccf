// One feature of each kind in a pipeline with nothing else: what the feature costs is the
// difference from `none`.
#include <array>

#include "benchmarks/support/shard.h"
#include "engine/base/strings.h"

namespace bongsu::benchmarks {
namespace {

constexpr std::array<std::string_view, 15> kFeatures = {
    "",
    "count: {action: LOGIN}, window: 1h",
    "count: {action: LOGIN}, half_life: 1h",
    "sum: rows, window: 1d",
    "ratio: {of: {result: FAIL}, to: {}}, window: 30d",
    "distinct: resource_id, window: 1d",
    "time_since: {action: LOGIN}",
    "sum: rows, where: {action: [EXPORT, DOWNLOAD]}, half_life: 6h",
    "mean: rows, window: 1d",
    "mean: rows, half_life: 6h",
    "max: rows, window: 1d",
    "first_seen: country, within: 90d",
    "rarity: action, half_life: 30d",
    "zscore: {sum: rows, window: 1d}",
    "zscore: {count: {action: LOGIN}, window: 1h}",
};

void ProfileFeature(benchmark::State& state) {
  const std::string_view feature = kFeatures[static_cast<size_t>(state.range(0))];
  state.SetLabel(feature.empty() ? "none" : std::string(feature));
  const std::string yaml = feature.empty() ? "{}" : StrCat("features: [{name: f, ", feature, "}]");
  PipelineBench bench(ConfigOf(yaml), 100'000);
  const EventList& events = EventsOf(Shape::kManyPeople);
  for (auto _ : state) {
    if (!bench.Step(events)) state.SkipWithError("an event failed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ProfileFeature)->DenseRange(0, kFeatures.size() - 1);

}  // namespace
}  // namespace bongsu::benchmarks
