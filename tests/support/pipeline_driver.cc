#include "tests/support/pipeline_driver.h"

#include <catch2/catch.hpp>
#include <charconv>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "state/overlay/overlay_store.h"
#include "tests/support/pipeline_parts.h"

namespace bongsu {

class TestMetrics::Cell final : public Counter, public Gauge, public Histogram {
 public:
  void Add(double delta) override { value += delta; }
  void Set(double v) override { value = v; }
  void Observe(double) override { value += 1; }
  void ObserveMany(std::span<const double> counts, double) override {
    for (const double count : counts) value += count;
  }
  std::span<const double> buckets() const override {
    static constexpr double kBuckets[] = {1, 10, 100};
    return kBuckets;
  }
  double value = 0;
};

namespace {

std::string CellName(std::string_view name, Metrics::Labels labels) {
  std::string full(name);
  for (const auto& [key, value] : labels) full += StrCat("{", key, "=", value, "}");
  return full;
}

const char* const kTopics[] = {"bongsu.events",       "bongsu.alerts",    "bongsu.user-risk",
                               "bongsu.dead-letters", "bongsu.changelog", "bongsu.receipts"};

}  // namespace

Metrics::Counter& TestMetrics::GetCounter(std::string_view name, Labels labels) {
  auto& cell = cells_[CellName(name, labels)];
  if (!cell) cell = std::make_shared<Cell>();
  return *cell;
}
Metrics::Gauge& TestMetrics::GetGauge(std::string_view name, Labels labels) {
  return static_cast<Cell&>(GetCounter(name, labels));
}
Metrics::Histogram& TestMetrics::GetHistogram(std::string_view name, Labels labels) {
  return static_cast<Cell&>(GetCounter(name, labels));
}
double TestMetrics::operator[](const std::string& name) const {
  const auto cell = cells_.find(name);
  return cell == cells_.end() ? 0 : cell->second->value;
}

Bank::Bank(Options o) : options(std::move(o)) {
  std::vector<EmbeddedTopic> topics;
  for (const char* topic : kTopics) topics.push_back({topic, options.partitions, false, false});
  auto made = EmbeddedLog::Make(database_, std::move(topics), clock);
  REQUIRE(made.ok());
  embedded_ = *std::move(made);
  faulty_ = std::make_unique<FaultyLog>(*embedded_, options.shared);
}

Bank::~Bank() = default;

void Bank::Send(const std::vector<std::string>& lines) {
  auto producer = *embedded_->NewProducer("source");
  auto transaction = *producer->Begin();
  for (const std::string& line : lines) {
    const size_t space = line.find(' ');
    const std::string first = line.substr(0, space);
    if (first == kTick || first == kVersion) {
      const std::string rest = line.substr(space + 1);
      const std::string said = first == kTick ? StrCat(std::stoll(rest) * 1000) : rest;
      const Header headers[] = {{kTypeHeader, first},
                                {first == kTick ? kTimeHeader : kDigestHeader, said}};
      for (int32_t p = 0; p < options.partitions; ++p) {
        REQUIRE(transaction->Append("bongsu.events", p, "", "{}", headers).ok());
      }
      continue;
    }
    const PlainEvent event = PlainEvent::Parse(line);
    const Header origin{kOriginHeader, event.origin};
    REQUIRE(transaction
                ->Append("bongsu.events", PartitionOf(event.user, options.partitions), event.user,
                         line, std::span(&origin, 1))
                .ok());
  }
  REQUIRE(transaction->Commit(Duration(0)) == Outcome::kCommitted);
}

void Bank::SendTo(int32_t partition, std::string_view value, std::vector<Header> headers) {
  auto producer = *embedded_->NewProducer("source");
  auto transaction = *producer->Begin();
  REQUIRE(transaction->Append("bongsu.events", partition, "", value, headers).ok());
  REQUIRE(transaction->Commit(Duration(0)) == Outcome::kCommitted);
}

Result<std::unique_ptr<StateStore>> Bank::OpenDisk(const TopicPartition& from) {
  if (options.shared) return MakeStateStore(database_, StrCat("s/", from.partition, "/"));
  Disk& disk = disks[from];
  ++disk.opened;
  if (disk.corrupt) return Status::Corrupt("the disk lied");
  return MakeStateStore(disk.data, "");
}

ScoreFactory Bank::NewFactory() {
  ScoreShardOptions base;
  base.alert_partitions = base.risk_partitions = base.dead_letter_partitions = options.partitions;
  base.dedup_window = options.dedup_window;
  base.cached_people = options.cached_people;
  base.timings = options.timings;
  base.config_digest_hex = "own";
  base.receipt_partitions = options.partitions;
  if (!options.versions.empty()) {
    base.versions = [this](const std::string& digest) -> Result<ScoreVersion> {
      const auto known = options.versions.find(digest);
      if (known == options.versions.end() && digest != "own")
        return Status::Unavailable(StrCat("no artifact of ", digest));
      ScoreVersion version;
      version.digest = digest;
      version.parts = MakeParts(digest == "own" ? options.parts : known->second);
      version.dedup_window = options.dedup_window;
      version.timings = options.timings;
      return version;
    };
  }
  base.transactional_id = "score-0";
  base.changelog = !options.shared;
  ScoreEnvironment environment;
  environment.open_store = [this](const TopicPartition& from) { return OpenDisk(from); };
  environment.set_aside = [this](const TopicPartition& from) {
    Disk& disk = disks[from];
    ++disk.set_aside;
    disk.corrupt = false;
    return disk.data.DeleteRange("", "");
  };
  environment.make_parts = [this]() -> Result<ScoreParts> { return MakeParts(options.parts); };
  environment.notify = [this](std::string_view note) {
    notes.emplace_back(note);
    if (on_note) on_note(note);
  };
  return ScoreFactory(
      std::move(base), std::move(environment),
      {"score", "bongsu", "score-0", [this](std::string_view note) { notes.emplace_back(note); }},
      *faulty_, metrics, clock);
}

Status Bank::RunScore() {
  ScoreFactory factory = NewFactory();
  WorkerOptions worker_options;
  worker_options.name = worker_options.transactional_id = "score-0";
  worker_options.max_records = options.max_records;
  worker_options.min_interval = Duration(0);
  worker_options.at_least_once = options.at_least_once;
  if (options.at_least_once) worker_options.interval = Duration(0);  // The clock stands still.
  if (options.late) worker_options.executor = std::make_shared<LateExecutor>();
  const std::string topics[] = {"bongsu.events"};
  Worker worker(
      worker_options, *faulty_, [&] { return faulty_->NewConsumer("score", "score-0", topics); },
      factory, clock, metrics, [this](std::string_view reason) { reports.emplace_back(reason); });
  std::stop_source stop;
  int waits = 0, sleeps = 0;
  faulty_->on_wait = [&] {
    if (worker.Idle() || ++waits > 100) stop.request_stop();
  };
  clock.on_sleep = [&] {
    if (++sleeps > 5000) stop.request_stop();
  };
  const Status status = worker.Run(stop.get_token());
  faulty_->on_wait = nullptr;
  clock.on_sleep = nullptr;
  if (status.ok()) REQUIRE((waits <= 100 && sleeps <= 5000));  // It came to an end by itself.
  return status;
}

std::vector<std::string> Bank::Read(const std::string& topic) {
  std::vector<std::string> out;
  for (int32_t p = 0; p < options.partitions; ++p) {
    auto reader = *embedded_->NewReader({StrCat("bongsu.", topic), p}, 0);
    const auto batch = reader->NewBatch();
    for (bool at_end = false; !at_end;) {
      batch->Clear();
      REQUIRE(reader->Poll(Duration(0), batch.get(), &at_end).ok());
      for (const Record& record : batch->records()) {
        std::string line =
            StrCat(p, " ", record.key, record.value.data() ? " " : " (none)", record.value);
        for (const Header& header : record.headers) {
          if (header.name == kTransactionHeader) continue;
          line += StrCat(" ", header.name, "=", header.value);
        }
        out.push_back(std::move(line));
      }
    }
  }
  return out;
}

// Without what depends on how the stream was cut into batches: positions in the changelog, sequence
// numbers, and redo logs against snapshots.
std::string Bank::StateOf(int32_t partition) {
  const auto store = OpenDisk({"bongsu.events", partition});
  REQUIRE(store.ok());
  std::string out;
  REQUIRE((*store)
              ->Scan("",
                     [&](std::string_view key, std::string_view value) {
                       if (!key.starts_with("m/"))
                         out += StrCat(HexEncode(key), "=", HexEncode(value), "\n");
                       return true;
                     })
              .ok());
  std::string version;
  REQUIRE((*store)->Get("version", &version).ok());
  const auto other = options.versions.find(version);
  ScoreParts parts = MakeParts(other == options.versions.end() ? options.parts : other->second);
  REQUIRE(parts.pipeline->Start(**store, 10).ok());
  for (const auto& entry : parts.pipeline->schema().models())
    out += HexEncode(entry.model->Save()) + "\n";
  const auto meta = (*store)->LoadMeta();
  REQUIRE(meta.ok());
  if (*meta) out += StrCat("next ", (*meta)->next, " time ", (*meta)->time, "\n");
  return out;
}

std::string Bank::Everything() {
  std::string out;
  for (const char* topic : {"alerts", "user-risk", "dead-letters"}) {
    for (const std::string& line : Read(topic)) out += StrCat(topic, " ", line, "\n");
  }
  for (int32_t p = 0; p < options.partitions; ++p) out += StateOf(p);
  return out;
}

}  // namespace bongsu
