// Kill -9 between source, log and state of one RocksDB: every event is counted once, every alert is
// there once.
#include <catch2/catch.hpp>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "state/overlay/overlay_store.h"
#include "tests/engine/io/embedded/fixture.h"
#include "tests/support/committed.h"
#include "tests/support/killed_child.h"

namespace bongsu {
namespace {

const std::vector<EmbeddedTopic> kTopics = {{"events", 1, true}, {"alerts", 1, false}};
const std::vector<std::string> kEventsOnly = {"events"};
const TopicPartition kIn{"events", 0};

std::unique_ptr<KeyValueStore> OpenDatabase(const std::string& path) {
  auto database = RocksDbFactory().Open(path);
  INFO(database.status().message());
  REQUIRE(database.ok());
  return *std::move(database);
}

// Two events in, one batch through: counted in the state, an alert each, position saved.
void Step(EmbeddedLog& log, Producer& producer, Consumer& consumer, StateStore& state, Meta* meta) {
  auto feed = *producer.Begin();
  for (int i = 0; i < 2; ++i) REQUIRE(feed->Append("events", 0, "ann", "event", {}).ok());
  REQUIRE(feed->Commit(Duration::zero()) == Outcome::kCommitted);
  feed.reset();

  const auto batch = consumer.NewBatch();
  REQUIRE(consumer.Poll(kIn, 1000, Duration::zero(), batch.get()).ok());
  auto transaction = *producer.Begin();
  for (const Record& record : batch->records()) {
    std::string count;
    const bool found = *state.Get("u/ann", &count);
    state.Put("u/ann", StrCat(found ? std::stoll(count) + 1 : 1));
    REQUIRE(transaction->Append("alerts", 0, "ann", StrCat(record.offset), {}).ok());
    meta->next = record.offset + 1;
  }
  const Position position{kIn, meta->next};
  REQUIRE(consumer.SavePositions(*transaction, std::span(&position, 1)).ok());
  const WriteBatch sealed = state.Seal(*meta);
  REQUIRE(transaction->Join(sealed));
  REQUIRE(transaction->Commit(Duration::zero()) == Outcome::kCommitted);
  state.Applied();
  REQUIRE(log.last_failure().ok());
}

TEST_CASE("child: score until killed", "[.child]") {
  if (ChildDirectory() == nullptr) return;
  const auto database = OpenDatabase(ChildDirectory());
  const SystemClock clock;
  const auto log = *EmbeddedLog::Make(*database, kTopics, clock);
  const auto state = MakeStateStore(*database, "s/");
  Meta meta = (*state->LoadMeta()).value_or(Meta{});
  const auto producer = *log->NewProducer("w0");
  const auto consumer = *log->NewConsumer("score", "m", kEventsOnly);
  REQUIRE(consumer->Join().ok());
  REQUIRE(consumer->PollAssignment(Duration::zero()).ok());
  REQUIRE(consumer->Assign(kIn, *CommittedOf(*consumer, kIn)).ok());
  do {
    Step(*log, *producer, *consumer, *state, &meta);
  } while (ReportDurable());
}

TEST_CASE("after every kill, position, state and alerts tell the same story") {
  TempDir dir;
  SplitMix64 random(11);
  int64_t least = 0;
  for (int kill = 0; kill < 10; ++kill) {
    const int seen = RunAndKill("child: score until killed", dir.File("db"),
                                1 + static_cast<int>(random.Below(400)));
    REQUIRE(seen > 0);
    least += 2 * seen;
    const auto database = OpenDatabase(dir.File("db"));
    const StoppedClock clock;
    const auto log = *EmbeddedLog::Make(*database, kTopics, clock);
    const auto state = MakeStateStore(*database, "s/");
    const int64_t position = (*state->LoadMeta())->next;
    CHECK(position >= least);
    std::string count;
    REQUIRE(*state->Get("u/ann", &count));
    CHECK(count == StrCat(position));
    const auto consumer = *log->NewConsumer("score", "m", kEventsOnly);
    REQUIRE(consumer->Join().ok());
    REQUIRE(consumer->PollAssignment(Duration::zero()).ok());
    CHECK(**CommittedOf(*consumer, kIn) == position);

    const auto reader = *log->NewReader({"alerts", 0}, 0);
    const auto alerts = reader->NewBatch();
    for (bool at_end = false; !at_end;) {
      REQUIRE(reader->Poll(Duration::zero(), alerts.get(), &at_end).ok());
    }
    REQUIRE(alerts->records().size() == static_cast<size_t>(position));
    for (size_t i = 0; i < alerts->records().size(); ++i) {
      REQUIRE(alerts->records()[i].value == StrCat(i));
    }
  }
}

}  // namespace
}  // namespace bongsu
