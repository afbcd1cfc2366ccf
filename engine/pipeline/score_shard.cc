#include "engine/pipeline/score_shard.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/pipeline/batch_digest.h"

namespace bongsu {
namespace {

constexpr std::string_view kVersionKey = "version";

// Of a digest in hexadecimal.
std::array<uint8_t, 16> FirstBytes(std::string_view hex) {
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < bytes.size() && 2 * i + 1 < hex.size(); ++i) {
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, bytes[i], 16);
  }
  return bytes;
}

std::string_view HeaderOf(const Record& record, std::string_view name) {
  for (const Header& header : record.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

}  // namespace

ScoreShard::ScoreShard(ScoreShardOptions options, ScoreParts parts, const Meta& meta,
                       Metrics& metrics, const Clock& clock)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      meta_(meta),
      metrics_(metrics),
      clock_(clock),
      event_time_(options_.timings),
      dedup_(options_.dedup_window),
      times_(clock) {}

Result<std::unique_ptr<ScoreShard>> ScoreShard::Make(ScoreShardOptions options, ScoreParts parts,
                                                     const Meta& meta, Metrics& metrics,
                                                     const Clock& clock) {
  std::unique_ptr<ScoreShard> shard(
      new ScoreShard(std::move(options), std::move(parts), meta, metrics, clock));
  BONGSU_ASSIGN_OR_RETURN(const bool known,
                          shard->parts_.store->Get(kVersionKey, &shard->version_));
  if (!known) shard->version_.clear();
  const std::string wanted = known ? shard->version_ : shard->options_.first_version;
  if (shard->options_.versions && !wanted.empty() && wanted != shard->options_.config_digest_hex) {
    BONGSU_ASSIGN_OR_RETURN(ScoreVersion version, shard->options_.versions(wanted));
    shard->Adopt(std::move(version));
  }
  BONGSU_RETURN_IF_ERROR(shard->Start());
  return shard;
}

void ScoreShard::Adopt(ScoreVersion version) {
  PublishModels(false);
  options_.config_digest_hex = std::move(version.digest);
  version.parts.store = std::move(parts_.store);
  parts_ = std::move(version.parts);
  keep_ = std::move(version.keep);
  dedup_ = Dedup(version.dedup_window);
  event_time_ = EventTime(std::move(version.timings));
}

Status ScoreShard::Start() {
  StateStore& store = *parts_.store;
  Pipeline& pipeline = *parts_.pipeline;
  pipeline.KeepReceipts(parts_.receipts != nullptr);
  pipeline.Time(&times_);
  BONGSU_RETURN_IF_ERROR(event_time_.Load(store));
  BONGSU_RETURN_IF_ERROR(dedup_.Load(store));
  BONGSU_RETURN_IF_ERROR(pipeline.Start(store, options_.cached_people));
  meta_.config_digest = FirstBytes(options_.config_digest_hex);
  published_profiles_ = {};
  counts_.Begin(pipeline.schema().detectors(), metrics_);
  if (!options_.notify) return Status::Ok();
  for (const std::string& model : pipeline.cold_models()) {
    options_.notify(
        StrCat("model ", model, " of ", Name(), " starts cold: its parameters or inputs changed"));
  }
  return Status::Ok();
}

std::string ScoreShard::Name() const {
  return StrCat(options_.from.topic, "-", options_.from.partition);
}

Status ScoreShard::Process(const Record& record) {
  meta_.next = record.offset + 1;
  dirty_ = true;
  const std::string_view type = HeaderOf(record, kTypeHeader);
  return type.empty() ? ProcessEvent(record) : ProcessControl(record, type);
}

Status ScoreShard::ProcessEvent(const Record& record) {
  times_.Begin();
  times_.Enter(StageTimes::Part::kDecode);
  if (std::optional<Rejection> rejection = parts_.decoder->Decode(record.value, &event_)) {
    AddDeadLetter(record, *rejection);
    return Status::Ok();
  }
  const uint64_t key = Dedup::Key(event_.fields[kSource].text, event_.fields[kEventId].text);
  dedup_.Expect(key);
  const std::string_view origin = HeaderOf(record, kOriginHeader);
  if (origin
          .empty()) {  // score.input is a topic that others write: the record itself is the origin.
    event_.origin = {options_.from.topic, options_.from.partition, record.offset, 0};
  } else if (const Result<Origin> parsed = ParseOrigin(origin); parsed.ok()) {
    event_.origin = *parsed;
  } else {
    AddDeadLetter(record, {"origin", "origin", parsed.status().message()});
    return Status::Ok();
  }
  event_.log_offset = record.offset;
  times_.Enter(StageTimes::Part::kTimers);
  if (dedup_.Seen(key)) {
    ++counts_.duplicates;
    return Status::Ok();
  }
  event_.late = event_time_.OnEvent(event_.origin.source, event_.time);
  BONGSU_RETURN_IF_ERROR(Advance(event_time_.now(), record.offset));
  const Status status = parts_.pipeline->Process(event_);
  if (status.code() == Code::kInvalid) {
    AddDeadLetter(record, {"operator", "", status.message()});
    return Status::Ok();
  }
  BONGSU_RETURN_IF_ERROR(status);
  times_.Enter(StageTimes::Part::kEmit);
  dedup_.Insert(key);
  ++counts_.scored;
  if (event_.late) ++counts_.late;
  waiting_.push_back(record.timestamp);
  TakeEmitted(record.offset, &record);
  times_.End();
  return Status::Ok();
}

Status ScoreShard::ProcessControl(const Record& record, std::string_view type) {
  if (type != kTick && type != kVersion && type != kDecision && type != kBaseline) {
    AddDeadLetter(record, {"control", std::string(kTypeHeader),
                           "the header \"type\" names no kind of control event"});
    return Status::Ok();
  }
  ++counts_.control[std::string(type)];
  if (type == kTick) {
    const std::string_view text = HeaderOf(record, kTimeHeader);
    int64_t ms = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
      AddDeadLetter(record,
                    {"control", "time", "a tick needs the header \"time\" in milliseconds"});
      return Status::Ok();
    }
    event_time_.OnTick(FromMillis(ms));
    return Advance(event_time_.now(), record.offset);
  }
  if (type == kVersion) return ProcessVersion(record);
  return Status::Ok();  // The other kinds are carried and counted.
}

// The old version puts what it remembers into the overlay, the new one begins with what is there.
Status ScoreShard::ProcessVersion(const Record& record) {
  const std::string digest(HeaderOf(record, kDigestHeader));
  if (digest.empty()) {
    AddDeadLetter(record, {"control", "digest", "a version needs the header \"digest\""});
    return Status::Ok();
  }
  StateStore& store = *parts_.store;
  if (options_.versions && digest != options_.config_digest_hex) {
    BONGSU_ASSIGN_OR_RETURN(ScoreVersion next, options_.versions(digest));
    const std::string changes = parts_.pipeline->layout().Difference(next.parts.pipeline->layout());
    store.Mark();
    parts_.pipeline->Save();
    event_time_.Save(store);
    dedup_.Save(store);
    PublishProfiles();
    Adopt(std::move(next));
    BONGSU_RETURN_IF_ERROR(Start());
    if (options_.notify) {
      options_.notify(StrCat("configuration ", digest.substr(0, 16), " is in force in ", Name(),
                             " from offset ", record.offset, "; of people's memory ", changes));
    }
  }
  version_ = digest;
  store.Mark();
  store.Put(kVersionKey, version_);
  return Status::Ok();
}

Status ScoreShard::Advance(Timestamp now, int64_t log_offset) {
  BONGSU_RETURN_IF_ERROR(parts_.pipeline->AdvanceTo(now));
  TakeEmitted(log_offset, nullptr);
  return Status::Ok();
}

void ScoreShard::TakeEmitted(int64_t log_offset, const Record* event) {
  Emitted& emitted = parts_.pipeline->emitted();
  if (emitted.empty()) return;
  auto receipt = emitted.receipts.begin();
  size_t left = 0;  // Alerts of the receipt.
  for (Alert& alert : emitted.alerts) {
    AddAlert(alert, log_offset);
    if (receipt == emitted.receipts.end()) continue;
    if (left == 0) {
      CompleteReceipt(event, &*receipt);
      left = receipt->alerts;
    }
    receipts_.Add(parts_.receipts, alert, json_, *receipt,
                  PartitionFor(alert.user, options_.receipt_partitions));
    if (--left == 0) ++receipt;
  }
  for (const UserRisk& risk : emitted.risks) AddUserRisk(risk);
  for (const Sample& sample : emitted.samples) AddSample(sample);
  for (const std::string& reason : emitted.suppressed) ++counts_.suppressed[reason];
  emitted.Clear();
}

void ScoreShard::AddAlert(Alert& alert, int64_t log_offset) {
  alert.log_offset = log_offset;
  json_.clear();
  parts_.encoder->EncodeAlert(alert, &json_);
  const std::string_view severity = SeverityName(SeverityOf(alert.risk));
  outputs_.Add(options_.topics.alerts, PartitionFor(alert.user, options_.alert_partitions),
               alert.user, json_,
               {{"severity", severity},
                {"schema", "ocsf-2004"},
                {"shadow", "false"},
                {"offset", StrCat(log_offset)},
                {kTransactionHeader, options_.transactional_id}});
  ++counts_.alerts[{std::string(severity), alert.detector}];
  urgent_ = true;
}

// What the pipeline does not know.
void ScoreShard::CompleteReceipt(const Record* event, Receipt* receipt) const {
  if (event == nullptr) return;
  receipt->time = event_time_.now();
  receipt->event = event->value;
  receipt->origin = {std::string(event_.origin.source), event_.origin.partition,
                     event_.origin.offset, event_.origin.index};
  receipt->late = event_.late;
  receipt->offset = event->offset;
}

void ScoreShard::AddUserRisk(const UserRisk& risk) {
  json_.clear();
  if (!risk.tombstone) parts_.encoder->EncodeUserRisk(risk, &json_);
  outputs_.Add(options_.topics.user_risk, PartitionFor(risk.user, options_.risk_partitions),
               risk.user, risk.tombstone ? std::nullopt : std::optional<std::string_view>(json_),
               {{"cause", risk.tombstone ? "decay" : "event"}});
  counts_.AddRisk(risk.score, metrics_);
}

void ScoreShard::AddSample(const Sample& sample) {
  json_.clear();
  parts_.encoder->EncodeSample(sample, &json_);
  outputs_.Add(options_.topics.samples, PartitionFor(sample.user, options_.sample_partitions),
               sample.user, json_, {{"why", SampleWhyName(sample.why)}});
}

void ScoreShard::AddDeadLetter(const Record& record, const Rejection& rejection) {
  ++counts_.dead_letters[rejection.reason];
  const std::string position =
      StrCat(options_.from.topic, ':', options_.from.partition, ':', record.offset, ":0");
  outputs_.Add(options_.topics.dead_letters,
               options_.from.partition % options_.dead_letter_partitions, position, record.value,
               {{"reason", rejection.reason},
                {"field", rejection.field},
                {"message", rejection.message},
                {"topic", options_.from.topic},
                {"partition", StrCat(options_.from.partition)},
                {"offset", StrCat(record.offset)},
                {"index", "0"}});
}

int32_t ScoreShard::PartitionFor(std::string_view user, int32_t partitions) const {
  return PartitionOf(user, partitions);
}

void ScoreShard::Prepare() {
  StateStore& store = *parts_.store;
  store.Mark();
  parts_.pipeline->Save();
  event_time_.Save(store);
  dedup_.Save(store);
  meta_.time = event_time_.now().time_since_epoch().count();
  meta_.written = clock_.Now().time_since_epoch().count();
  meta_.cluster = options_.cluster;
  ++meta_.sequence;
  meta_.records = 0;
  meta_.digest = 0;
  prepared_.sealed.Clear();
  store.SealOverlay(&prepared_.sealed);
  if (options_.changelog) {
    store.Visit(prepared_.sealed, [&](std::string_view key, std::optional<std::string_view> value) {
      ++meta_.records;
      meta_.digest = AddToDigest(meta_.digest, RecordDigest(key, value));
    });
  }
  prepared_.meta = meta_;
  prepared_.store = &store;
  std::swap(prepared_.outputs, outputs_);
  std::swap(prepared_.receipts, receipts_);
  std::swap(prepared_.waiting, waiting_);
  prepared_.counts = std::exchange(counts_, {});
  prepared_.joined = dirty_ = urgent_ = false;
}

Status ScoreShard::AppendTo(Transaction& transaction) {
  prepared_.receipts.WriteTo(options_.topics.receipts, &prepared_.outputs);
  BONGSU_RETURN_IF_ERROR(prepared_.outputs.AppendTo(transaction));
  if (options_.changelog) return AppendChangelog(transaction);
  prepared_.sealed.Sort();
  WriteBatch meta;
  prepared_.store->SealMeta(prepared_.meta, &meta);
  prepared_.joined = transaction.Join(prepared_.sealed) && transaction.Join(meta);
  return Status::Ok();
}

Status ScoreShard::AppendChangelog(Transaction& transaction) const {
  const Header header{kTransactionHeader, options_.transactional_id};
  Status status;
  size_t signs = 1;  // Who looks for the owner of an open transaction reads its first record.
  prepared_.store->Visit(
      prepared_.sealed, [&](std::string_view key, std::optional<std::string_view> value) {
        if (!status.ok()) return;
        status = transaction.Append(options_.topics.changelog, options_.from.partition, key, value,
                                    {&header, std::exchange(signs, 0)});
      });
  BONGSU_RETURN_IF_ERROR(status);
  const std::string partitions = StrCat(options_.partitions);
  const Header headers[] = {header, {kPartitionsHeader, partitions}};
  return transaction.Append(options_.topics.changelog, options_.from.partition, kMetaKey,
                            EncodeMeta(prepared_.meta),
                            std::span(headers).first(options_.partitions > 0 ? 2 : 1));
}

Status ScoreShard::Store(const Transaction& transaction) {
  if (!prepared_.joined) {
    if (options_.changelog) {
      prepared_.meta.changelog_next =
          transaction.NextOffset(options_.topics.changelog, options_.from.partition)
              .value_or(prepared_.meta.changelog_next);
    }
    prepared_.store->SealMeta(prepared_.meta, &prepared_.sealed);
    BONGSU_RETURN_IF_ERROR(prepared_.store->Write(prepared_.sealed));
  }
  prepared_.stored = clock_.Now();
  return Status::Ok();
}

void ScoreShard::Committed() {
  meta_.changelog_next = prepared_.meta.changelog_next;
  parts_.store->Applied();
  prepared_.counts.state_bytes += static_cast<int64_t>(prepared_.sealed.bytes());
  prepared_.counts.AddLatencies(prepared_.waiting, prepared_.stored, metrics_);
  prepared_.outputs.Clear();
  prepared_.waiting.clear();
}

}  // namespace bongsu
