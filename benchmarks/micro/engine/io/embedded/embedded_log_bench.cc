#include "benchmarks/support/setup.h"
#include "engine/io/embedded/embedded_log.h"
#include "state/memory/memory_store.h"

namespace bongsu::benchmarks {
namespace {

constexpr size_t kBatch = 1000;

// One transaction of kBatch records, then reading them back.
void EmbeddedAppendAndRead(benchmark::State& state) {
  const EventList& events = EventsOf(Shape::kManyPeople);
  const SystemClock clock;
  MemoryKeyValueStore store;
  const std::unique_ptr<EmbeddedLog> log = *EmbeddedLog::Make(store, {{"events", 1, true}}, clock);
  const std::unique_ptr<Producer> producer = *log->NewProducer("bench");
  const std::string topics[] = {"events"};
  const std::unique_ptr<Consumer> consumer = *log->NewConsumer("group", "member", topics);
  if (!consumer->Join().ok() || !consumer->PollAssignment(Duration(0)).ok() ||
      !consumer->Assign({"events", 0}, std::nullopt).ok()) {
    state.SkipWithError("the consumer did not start");
    return;
  }
  const std::unique_ptr<RecordBatch> batch = consumer->NewBatch();
  const Header header{"origin", "bench:0:123456:0"};
  size_t i = 0, read = 0;
  for (auto _ : state) {
    const std::unique_ptr<Transaction> transaction = *producer->Begin();
    for (size_t n = 0; n < kBatch; ++n, i = (i + 1) % events.size()) {
      if (!transaction->Append("events", 0, events.users[i], events.at(i), {&header, 1}).ok()) {
        state.SkipWithError("an append failed");
      }
    }
    if (transaction->Commit(std::chrono::seconds(1)) != Outcome::kCommitted)
      state.SkipWithError("a commit failed");
    if (!consumer->Poll({"events", 0}, kBatch, Duration(0), batch.get()).ok())
      state.SkipWithError("a poll failed");
    read += batch->records().size();
    const Position position{{"events", 0}, static_cast<int64_t>(read)};
    const std::unique_ptr<Transaction> positions = *producer->Begin();
    if (!consumer->SavePositions(*positions, {&position, 1}).ok() ||
        positions->Commit(std::chrono::seconds(1)) != Outcome::kCommitted) {
      state.SkipWithError("a position was not saved");
    }
  }
  if (read != static_cast<size_t>(state.iterations()) * kBatch)
    state.SkipWithError("records are missing");
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}
BENCHMARK(EmbeddedAppendAndRead);

}  // namespace
}  // namespace bongsu::benchmarks
