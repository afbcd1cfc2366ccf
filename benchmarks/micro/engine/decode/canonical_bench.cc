#include "benchmarks/support/setup.h"
#include "engine/decode/canonical.h"

namespace bongsu::benchmarks {
namespace {

// What score does with a record of bongsu.events.
void DecodeEvent(benchmark::State& state) {
  const EventList& events = EventsOf(Shape::kManyPeople);
  EventSchema schema;
  CanonicalEventDecoder decoder(LimitOptions(), schema);
  Event event;
  size_t i = 0;
  for (auto _ : state) {
    if (decoder.Decode(events.at(i), &event)) state.SkipWithError("an event was refused");
    benchmark::DoNotOptimize(event.time);
    i = (i + 1) % events.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(DecodeEvent);

class Last final : public DecodeSink {
 public:
  void OnEvent(const Canonical& event) override { size = event.json.size(); }
  void OnRejected(uint32_t, std::string_view, const Rejection&) override { rejected = true; }
  size_t size = 0;
  bool rejected = false;
};

// What ingest does with a line that is canonical already: check and write it anew.
void NormalizeEvent(benchmark::State& state) {
  const EventList& events = EventsOf(Shape::kManyPeople);
  CanonicalSource source(LimitOptions(), "bench");
  Last last;
  size_t i = 0;
  for (auto _ : state) {
    source.Decode(events.at(i), &last);
    if (last.rejected) state.SkipWithError("an event was refused");
    i = (i + 1) % events.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(NormalizeEvent);

}  // namespace
}  // namespace bongsu::benchmarks
