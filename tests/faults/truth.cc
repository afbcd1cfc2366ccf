#include "tests/faults/truth.h"

#include <algorithm>

#include "engine/app/wiring.h"
#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/core/codec.h"
#include "engine/core/event.h"
#include "engine/pipeline/score_shard.h"
#include "engine/telemetry/metrics.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

namespace bongsu::faults {
namespace {

constexpr int kBatch = 1000;
constexpr size_t kCachedPeople = 1000;

class NoClock final : public Clock {
 public:
  Timestamp Now() const override { return Timestamp(); }
  void SleepFor(Duration) const override {}
};

TestRecord CopyOf(int32_t partition, std::string_view key, std::optional<std::string_view> value,
                  std::span<const Header> headers) {
  TestRecord record;
  record.partition = partition;
  record.key = key;
  if (value) record.value.emplace(*value);
  for (const Header& header : headers) record.headers.emplace_back(header.name, header.value);
  return record;
}

// Takes what a shard says, and lets it keep its state itself.
class Capture final : public Transaction {
 public:
  Capture(const Topics& topics, size_t partitions, ScoreTruth* truth)
      : topics_(topics), partitions_(partitions), truth_(truth) {}
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header> headers) override {
    if (topic == topics_.user_risk) {
      truth_->risk.erase(std::string(key));
      if (value) truth_->risk.emplace(key, *value);
    }
    Prints& prints = truth_->outputs[std::string(topic)];
    prints.resize(partitions_);
    prints.at(static_cast<size_t>(partition))
        .push_back(PrintOf(CopyOf(partition, key, value, headers)));
    return Status::Ok();
  }
  bool Join(const WriteBatch&) override { return false; }
  Outcome Commit(Duration) override { return Outcome::kCommitted; }

 private:
  const Topics& topics_;
  const size_t partitions_;
  ScoreTruth* const truth_;
};

// One partition's shard and its memory.
class Scorer {
 public:
  Scorer(const EngineConfig& config, int32_t partition, int32_t partitions, ScoreTruth* truth)
      : config_(config),
        topics_(config.kafka.prefix),
        partition_(partition),
        partitions_(partitions),
        metrics_("truth"),
        capture_(topics_, static_cast<size_t>(partitions), truth) {}

  Status Open() {
    ScoreShardOptions options;
    options.from = {config_.score.input, partition_};
    options.topics = topics_;
    options.alert_partitions = options.risk_partitions = options.sample_partitions =
        options.dead_letter_partitions = partitions_;
    options.dedup_window = static_cast<size_t>(config_.score.dedup_window);
    options.cached_people = kCachedPeople;
    options.timings = config_.timings;
    options.transactional_id = "truth";
    options.config_digest_hex = config_.config_digest;
    options.changelog = false;
    BONGSU_ASSIGN_OR_RETURN(ScoreParts parts, MakeScoreParts(config_));
    parts.store = MakeStateStore(memory_, "");
    BONGSU_ASSIGN_OR_RETURN(
        shard_, ScoreShard::Make(std::move(options), std::move(parts), Meta(), metrics_, clock_));
    return Status::Ok();
  }

  Status Process(const TestRecord& record) {
    std::vector<Header> headers;
    for (const auto& [name, value] : record.headers) headers.push_back({name, value});
    Record view;
    view.offset = record.offset;
    view.key = record.key;
    if (record.value) view.value = *record.value;
    view.headers = headers;
    BONGSU_RETURN_IF_ERROR(shard_->Process(view));
    return ++waiting_ < kBatch ? Status::Ok() : Commit();
  }

  Status Commit() {
    waiting_ = 0;
    if (!shard_->dirty()) return Status::Ok();
    shard_->Prepare();
    BONGSU_RETURN_IF_ERROR(shard_->AppendTo(capture_));
    BONGSU_RETURN_IF_ERROR(shard_->Store(capture_));
    shard_->Committed();
    return Status::Ok();
  }

  Result<StateView> View() {
    BONGSU_RETURN_IF_ERROR(Commit());
    const auto store = MakeStateStore(memory_, "");
    return ViewOf(config_, *store);
  }

 private:
  const EngineConfig& config_;
  const Topics topics_;
  const int32_t partition_, partitions_;
  const NoClock clock_;
  PrometheusMetrics metrics_;
  MemoryKeyValueStore memory_;
  Capture capture_;
  std::unique_ptr<ScoreShard> shard_;
  int waiting_ = 0;
};

class Expected final : public DecodeSink {
 public:
  Expected(const SourceOptions& source, int32_t partitions, IngestTruth* truth)
      : source_(source.name.value), partitions_(partitions), truth_(truth) {}
  void Take(const TestRecord& record, SourceDecoder& decoder) {
    record_ = &record;
    decoder.Decode(record.value.value_or(""), this);
  }

 private:
  void OnEvent(const Canonical& event) override {
    const std::string origin =
        FormatOrigin({source_, record_->partition, record_->offset, event.index});
    const Header header{kOriginHeader, origin};
    truth_->events.push_back(PrintOf(
        CopyOf(PartitionOf(event.user_id, partitions_), event.user_id, event.json, {&header, 1})));
  }
  void OnRejected(uint32_t index, std::string_view bytes, const Rejection& rejection) override {
    const Header headers[] = {{"reason", rejection.reason}, {"field", rejection.field}};
    const std::string position =
        StrCat(source_, ':', record_->partition, ':', record_->offset, ':', index);
    truth_->dead_letters.push_back(
        PrintOf(CopyOf(record_->partition % partitions_, position, bytes, headers)));
  }

  const std::string source_;
  const int32_t partitions_;
  IngestTruth* const truth_;
  const TestRecord* record_ = nullptr;
};

}  // namespace

std::string PrintOf(const TestRecord& record) {
  std::string print = StrCat(record.partition, " ", record.key, record.value ? " = " : " gone",
                             record.value.value_or(""));
  const bool dead_letter = std::any_of(record.headers.begin(), record.headers.end(),
                                       [](const auto& h) { return h.first == "reason"; });
  for (const auto& [name, value] : record.headers) {
    const bool told =
        dead_letter ? name == "reason" || name == "field" : name != kTransactionHeader;
    if (told) print += StrCat("\n", name, ": ", value);
  }
  return print;
}

Result<StateView> ViewOf(const EngineConfig& config, StateStore& store) {
  BONGSU_ASSIGN_OR_RETURN(const std::optional<Meta> meta, store.LoadMeta());
  if (!meta) return Status::NotFound("the store has no meta");
  StateView view;
  view.next = meta->next;
  view.time = meta->time;
  BONGSU_RETURN_IF_ERROR(store.Scan("", [&](std::string_view key, std::string_view value) {
    if (key != kMetaKey && !key.starts_with("m/")) view.values.emplace(key, value);
    return true;
  }));
  BONGSU_ASSIGN_OR_RETURN(const ScoreParts parts, MakeScoreParts(config));
  BONGSU_RETURN_IF_ERROR(parts.pipeline->Start(store, kCachedPeople));
  for (const auto& entry : parts.pipeline->schema().models()) {
    view.models.push_back(entry.model->Save());
  }
  return view;
}

std::string StateView::Difference(const StateView& other) const {
  if (next != other.next) return StrCat("position ", next, " and ", other.next);
  if (time != other.time) return StrCat("event time ", time, " and ", other.time);
  const auto [mine, theirs] =
      std::mismatch(values.begin(), values.end(), other.values.begin(), other.values.end());
  if (mine != values.end() || theirs != other.values.end()) {
    const std::string& key =
        theirs == other.values.end() || (mine != values.end() && mine->first < theirs->first)
            ? mine->first
            : theirs->first;
    return StrCat(values.size(), " and ", other.values.size(), " values; the first that differs: ",
                  IsValidUtf8(key) && key[0] != 't' ? key : HexEncode(key));
  }
  for (size_t i = 0; i < std::max(models.size(), other.models.size()); ++i) {
    if (i >= models.size() || i >= other.models.size() || models[i] != other.models[i]) {
      return StrCat("model ", i);
    }
  }
  return "";
}

Result<ScoreTruth> ComputeScore(const EngineConfig& config, const std::vector<TestRecord>& events,
                                const std::vector<int64_t>& ends,
                                const std::vector<std::set<int64_t>>& at) {
  ScoreTruth truth;
  truth.states.resize(ends.size());
  for (size_t p = 0; p < ends.size(); ++p) {
    Scorer scorer(config, static_cast<int32_t>(p), static_cast<int32_t>(ends.size()), &truth);
    BONGSU_RETURN_IF_ERROR(scorer.Open());
    auto stop = at[p].begin();
    const auto stop_before = [&](int64_t offset) {
      for (; stop != at[p].end() && *stop <= offset; ++stop) {
        if (*stop <= 0) continue;
        BONGSU_ASSIGN_OR_RETURN(truth.states[p][*stop], scorer.View());
      }
      return Status::Ok();
    };
    for (const TestRecord& record : events) {
      if (record.partition != static_cast<int32_t>(p) || record.offset >= ends[p]) continue;
      BONGSU_RETURN_IF_ERROR(stop_before(record.offset));
      BONGSU_RETURN_IF_ERROR(scorer.Process(record));
    }
    BONGSU_RETURN_IF_ERROR(stop_before(ends[p]));
    BONGSU_RETURN_IF_ERROR(scorer.Commit());
  }
  return truth;
}

Result<IngestTruth> ComputeIngest(const EngineConfig& config,
                                  const std::vector<TestRecord>& source) {
  IngestTruth truth;
  const SourceOptions& options = config.sources.front();
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<SourceDecoder> decoder,
                          MakeSourceDecoder(config, options));
  Expected expected(options, config.kafka.partitions, &truth);
  for (const TestRecord& record : source) expected.Take(record, *decoder);
  return truth;
}

}  // namespace bongsu::faults
