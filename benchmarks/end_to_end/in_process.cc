#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "benchmarks/end_to_end/workloads.h"
#include "benchmarks/support/machine.h"
#include "benchmarks/support/scratch_dir.h"
#include "engine/app/partition_stores.h"
#include "engine/app/replay.h"
#include "engine/app/wiring.h"
#include "engine/base/strings.h"
#include "engine/core/state_keys.h"
#include "engine/telemetry/metrics.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"
#include "state/rocksdb/rocksdb_store.h"

namespace bongsu::benchmarks {
namespace {

constexpr int kManyPeople = 100'000;
constexpr int kLongest = 120;     // Seconds that RocksDB is given.
constexpr size_t kPolled = 1000;  // Records that a worker takes from a partition at a time.

// Keeps nothing: what a shard would publish is counted and dropped.
class Drain final : public Transaction {
 public:
  Status Append(std::string_view topic, int32_t, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header>) override {
    records_[std::string(topic)] += 1;
    bytes_ += static_cast<int64_t>(key.size() + value.value_or("").size());
    return Status::Ok();
  }
  bool Join(const WriteBatch&) override { return false; }
  Outcome Commit(Duration) override { return Outcome::kCommitted; }
  double Records(const std::string& topic) { return static_cast<double>(records_[topic]); }
  int64_t bytes() const { return bytes_; }

 private:
  std::map<std::string, int64_t> records_;
  int64_t bytes_ = 0;
};

// The user of a key of state, or empty when it is not a person's.
std::string_view PersonOf(std::string_view key) {
  if (const auto timer = ParseTimerKey(key)) {
    const size_t slash = timer->id.find('/');
    return slash == std::string_view::npos ? timer->id : timer->id.substr(slash + 1);
  }
  const bool personal =
      key.size() > 2 && key[1] == '/' && key[0] != kModelKind && key[0] != kDedupKind;
  return personal ? key.substr(2) : std::string_view();
}

// Bytes of keys and values of each person, all that is kept of them, as they lie in the store (not
// compressed).
Status AddStateFigures(KeyValueStore& store, std::string_view prefix, Figures* figures) {
  std::map<std::string, size_t, std::less<>> people;
  BONGSU_RETURN_IF_ERROR(
      store.Scan(prefix, PrefixEnd(prefix), [&](std::string_view full, std::string_view value) {
        const std::string_view key = full.substr(prefix.size());
        const std::string_view person = PersonOf(key);
        if (!person.empty()) people[std::string(person)] += key.size() + value.size();
        return true;
      }));
  if (people.empty()) return Status::Ok();
  std::vector<size_t> sizes;
  for (const auto& [person, size] : people) sizes.push_back(size);
  std::sort(sizes.begin(), sizes.end());
  const auto quantile = [&](double q) {
    return static_cast<double>(
        sizes[static_cast<size_t>(q * static_cast<double>(sizes.size() - 1))]);
  };
  figures->insert(figures->end(), {{"people", static_cast<double>(sizes.size())},
                                   {"state_bytes_p50", quantile(0.5)},
                                   {"state_bytes_p99", quantile(0.99)},
                                   {"state_bytes_max", quantile(1)}});
  return Status::Ok();
}

// The shard of a partition of its own, fed and committed by hand.
class Feed final {
 public:
  Feed(ScoreShard& shard, int batch) : shard_(shard), batch_(batch), now_(SystemClock().Now()) {}
  // What a poll of a worker gives.
  void Announce(const EventList& events, size_t begin, size_t end) {
    polled_.resize(end - begin);
    for (size_t i = begin; i < end; ++i) {
      polled_[i - begin].key = events.users[i];
      polled_[i - begin].value = events.at(i);
    }
    shard_.Announce(polled_);
    for (size_t i = 0; i < Shard::kAhead; ++i) Expect(i);
  }
  void Expect(size_t polled) {
    if (polled < polled_.size()) shard_.Expect(polled_[polled]);
  }
  Status Add(std::string_view json, std::string_view user, std::string_view origin) {
    const Header header{kOriginHeader, origin};
    Record record;
    record.offset = next_++;
    record.timestamp = now_;
    record.key = user;
    record.value = json;
    record.headers = {&header, 1};
    BONGSU_RETURN_IF_ERROR(shard_.Process(record));
    return batch_ > 0 && next_ % batch_ == 0 ? Commit() : Status::Ok();
  }
  // The end of what was polled. Without commits, alerts go out as they do at least once.
  Status Polled() {
    if (batch_ > 0) return Status::Ok();
    BONGSU_RETURN_IF_ERROR(shard_.early()->AppendTo(drain_));
    shard_.early()->Clear();
    return Status::Ok();
  }
  Status Commit() {
    if (!shard_.dirty()) return Status::Ok();
    shard_.Prepare();
    BONGSU_RETURN_IF_ERROR(shard_.AppendTo(drain_));
    BONGSU_RETURN_IF_ERROR(shard_.Store(drain_));
    shard_.Committed();
    shard_.Publish();
    return Status::Ok();
  }
  Drain& drain() { return drain_; }

 private:
  ScoreShard& shard_;
  const int batch_;
  const Timestamp now_;
  int64_t next_ = 0;
  Drain drain_;
  std::vector<Record> polled_;
};

Status AddEverybody(const Options& options, Feed* feed) {
  EventStream events(Shape::kColdState, options.people, options.seed, options.people);
  for (int i = 0; i < options.people; ++i) {
    const auto [json, user] = events.Next();
    BONGSU_RETURN_IF_ERROR(feed->Add(json, user, FormatOrigin({"filled", 0, i, 0})));
  }
  BONGSU_RETURN_IF_ERROR(feed->Commit());
  // Not while RocksDB still puts in order what came all at once.
  const auto busy = [] {
    const double before = UsageOf(0).cpu_seconds;
    std::this_thread::sleep_for(std::chrono::seconds(1));
    return UsageOf(0).cpu_seconds - before > 0.1;
  };
  for (int second = 0; options.people >= kManyPeople && second < kLongest && busy(); ++second) {
  }
  feed->drain() = Drain();
  return Status::Ok();
}

Result<Figures> ScoreOnly(const Options& options, std::unique_ptr<KeyValueStore> database) {
  BONGSU_ASSIGN_OR_RETURN(const EngineConfig config, LoadConfigOf(options, {}));
  BONGSU_ASSIGN_OR_RETURN(const EventList events, LoadEvents(options, config));
  KeyValueStore& store = *database;
  BONGSU_ASSIGN_OR_RETURN(ScoreParts parts, MakeScoreParts(config));
  parts.store = MakeStateStore(std::move(database));
  ScoreShardOptions shard_options;
  shard_options.from = {"bench.events", 0};
  shard_options.topics = Topics("bench");
  shard_options.dedup_window = static_cast<size_t>(config.score.dedup_window);
  shard_options.cached_people = static_cast<size_t>(config.state.profiles);
  shard_options.timings = config.timings;
  const SystemClock clock;
  PrometheusMetrics metrics(BONGSU_VERSION);
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<ScoreShard> shard,
                          ScoreShard::Make(shard_options, std::move(parts), {}, metrics, clock));
  Feed feed(*shard, options.batch);
  if (options.everybody) BONGSU_RETURN_IF_ERROR(AddEverybody(options, &feed));
  std::vector<std::string> origins;  // As ingest made them.
  for (size_t i = 0; i < events.size(); ++i)
    origins.push_back(FormatOrigin({"bench", 0, static_cast<int64_t>(i), 0}));
  const double cpu_before = UsageOf(0).cpu_seconds;
  const Timestamp began = clock.Now();
  for (size_t i = 0; i < events.size(); ++i) {
    if (i % kPolled == 0) feed.Announce(events, i, std::min(i + kPolled, events.size()));
    feed.Expect(i % kPolled + Shard::kAhead);
    BONGSU_RETURN_IF_ERROR(feed.Add(events.at(i), events.users[i], origins[i]));
    if ((i + 1) % kPolled == 0) BONGSU_RETURN_IF_ERROR(feed.Polled());
  }
  BONGSU_RETURN_IF_ERROR(options.batch > 0 ? feed.Commit() : feed.Polled());
  // What waits to be written is written.
  const auto no_more = [](std::string_view, std::string_view) { return false; };
  BONGSU_RETURN_IF_ERROR(store.Scan("", "", no_more));
  Drain& drain = feed.drain();
  const double seconds = ToSeconds(clock.Now() - began), count = static_cast<double>(events.size());
  const Usage usage = UsageOf(0);
  Figures figures = {{"events", count},
                     {"events_per_second", count / seconds},
                     {"cpu_us_per_event", (usage.cpu_seconds - cpu_before) * 1e6 / count},
                     {"alerts", drain.Records("bench.alerts")},
                     {"dead_letters", drain.Records("bench.dead-letters")},
                     {"user_risks", drain.Records("bench.user-risk")},
                     {"changelog_records", drain.Records("bench.changelog")},
                     {"bytes_out_per_event", static_cast<double>(drain.bytes()) / count},
                     {"peak_mib", static_cast<double>(usage.peak_bytes) / 1048576}};
  if (options.everybody) {
    figures.emplace_back("disk_bytes_per_person",
                         static_cast<double>(store.ApproximateSize()) / options.people);
    return figures;
  }
  BONGSU_RETURN_IF_ERROR(AddStateFigures(store, "", &figures));
  return figures;
}

}  // namespace

Result<Figures> InProcess(const Options& options) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchDir> dir, ScratchDir::Make());
  BONGSU_ASSIGN_OR_RETURN(EngineConfig config, LoadConfigOf(options, {}));
  std::string input = options.input;
  if (input.empty()) {
    input = dir->path() + "/events.jsonl";
    BONGSU_ASSIGN_OR_RETURN(const EventList events, LoadEvents(options, config));
    std::ofstream file(input);
    for (size_t i = 0; i < events.size(); ++i) file << events.at(i) << '\n';
    if (!file.flush())
      return Status::Unavailable(StrCat(input, " could not be written; is the disk full?"));
  }
  config.sources[0].files = {input};
  ReplayOptions replay;
  replay.work_dir = dir->path() + "/data";
  std::error_code error;
  std::filesystem::create_directory(replay.work_dir, error);
  const double cpu_before = UsageOf(0).cpu_seconds;
  BONGSU_ASSIGN_OR_RETURN(const ReplayResult result, Replay(config, replay));
  const Usage usage = UsageOf(0);
  const double count = static_cast<double>(result.events);
  Figures figures = {{"events", count},
                     {"events_per_second", count / result.seconds},
                     {"cpu_us_per_event", (usage.cpu_seconds - cpu_before) * 1e6 / count},
                     {"alerts", static_cast<double>(result.alerts)},
                     {"dead_letters", static_cast<double>(result.dead_letters)},
                     {"peak_mib", static_cast<double>(usage.peak_bytes) / 1048576}};
  RocksDbFactory rocksdb(config.state.rocksdb);
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<KeyValueStore> store,
                          rocksdb.Open(replay.work_dir + "/embedded"));
  BONGSU_RETURN_IF_ERROR(AddStateFigures(*store, "s/0/", &figures));
  return figures;
}

Result<Figures> ScoreInMemory(const Options& options) {
  return ScoreOnly(options, std::make_unique<MemoryKeyValueStore>());
}

Result<Figures> ScoreOnDisk(const Options& options) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchDir> dir, ScratchDir::Make());
  BONGSU_ASSIGN_OR_RETURN(EngineConfig config, LoadConfigOf(options, {}));
  config.data_dir = dir->path();
  const SystemClock clock;
  PartitionStores stores(config, clock);
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<KeyValueStore> store, stores.Take({"bench.events", 0}));
  return ScoreOnly(options, std::move(store));
}

}  // namespace bongsu::benchmarks
