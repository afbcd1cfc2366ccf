#include "benchmarks/support/setup.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

namespace bongsu::benchmarks {
namespace {

constexpr size_t kBatch = 1000;
const std::string kValue(256, 'v');

// An event's worth of state as a pipeline without a cache would have it: read one value, write it
// back; a commit every kBatch events.
void OverlayReadWriteCommit(benchmark::State& state) {
  const EventList& events = EventsOf(ShapeOf(state));
  const std::unique_ptr<StateStore> store = MakeStateStore(std::make_unique<MemoryKeyValueStore>());
  std::string key, value;
  size_t i = 0;
  Meta meta;
  for (auto _ : state) {
    key.assign("u/").append(events.users[i]);
    store->Mark();
    if (!store->Get(key, &value).ok()) state.SkipWithError("a read failed");
    store->Put(key, kValue);
    i = (i + 1) % events.size();
    if (i % kBatch != 0) continue;
    ++meta.sequence;
    if (!store->Write(store->Seal(meta)).ok()) state.SkipWithError("a write failed");
    store->Applied();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(OverlayReadWriteCommit)->Apply(ForEachShape);

// A failed event: everything it wrote is taken back.
void OverlayRollback(benchmark::State& state) {
  const std::unique_ptr<StateStore> store = MakeStateStore(std::make_unique<MemoryKeyValueStore>());
  store->Put("u/ann", kValue);
  for (auto _ : state) {
    store->Mark();
    store->Put("u/ann", kValue);
    store->Put("f/ann", kValue);
    store->Rollback();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(OverlayRollback);

}  // namespace
}  // namespace bongsu::benchmarks
