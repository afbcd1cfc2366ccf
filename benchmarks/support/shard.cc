#include "benchmarks/support/shard.h"

#include <utility>

#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

namespace bongsu::benchmarks {
namespace {

constexpr size_t kBatch = 1000;
constexpr Duration kLap = std::chrono::hours(2);  // Longer than kMicroEvents take.

}  // namespace

PipelineBench::PipelineBench(EngineConfig config, size_t cached)
    : config_(std::move(config)),
      parts_(*MakeScoreParts(config_)),
      store_(MakeStateStore(std::make_unique<MemoryKeyValueStore>())) {
  BONGSU_CHECK(parts_.pipeline->Start(*store_, cached).ok());
}

bool PipelineBench::Step(const EventList& events) {
  const size_t i = at_++ % events.size();
  if (parts_.decoder->Decode(events.at(i), &event_)) return false;
  // The list again is later days, so that windows slide and decay as they would.
  event_.time += kLap * static_cast<int64_t>((at_ - 1) / events.size());
  event_.origin = {"bench", 0, static_cast<int64_t>(at_), 0};
  if (!parts_.pipeline->AdvanceTo(event_.time).ok() || !parts_.pipeline->Process(event_).ok())
    return false;
  if (at_ % kBatch != 0) return true;
  parts_.pipeline->emitted().Clear();
  parts_.pipeline->Save();
  ++meta_.sequence;
  if (!store_->Write(store_->Seal(meta_)).ok()) return false;
  store_->Applied();
  return true;
}

Alert PipelineBench::TakeAlert(const EventList& events) {
  while (true) {
    BONGSU_CHECK(Step(events));
    const std::vector<Alert>& alerts = parts_.pipeline->emitted().alerts;
    if (!alerts.empty()) return alerts.back();
  }
}

}  // namespace bongsu::benchmarks
