#include "engine/pipeline/score_factory.h"

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr Duration kRestoreTimeout = std::chrono::seconds(30);  // Without any record.
constexpr Duration kRestorePause = std::chrono::milliseconds(50);

std::string Name(const TopicPartition& from) {
  return StrCat(from.topic, "-", from.partition);
}

}  // namespace

ScoreFactory::ScoreFactory(ScoreShardOptions base, ScoreEnvironment environment, Log& log,
                           Metrics& metrics, const Clock& clock)
    : base_(std::move(base)),
      environment_(std::move(environment)),
      log_(log),
      metrics_(metrics),
      clock_(clock) {}

Result<ShardFactory::Opened> ScoreFactory::Open(const TopicPartition& from, Consumer& consumer) {
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<StateStore> store, OpenStore(from));
  BONGSU_ASSIGN_OR_RETURN(const std::optional<int64_t> committed, consumer.Committed(from));
  Result<std::optional<Meta>> loaded = store->LoadMeta();
  if (loaded.status().code() == Code::kCorrupt) {
    store.reset();
    if (const Status status = OnCorrupt(from, loaded.status()); status.code() != Code::kUnavailable)
      return status;
    BONGSU_ASSIGN_OR_RETURN(store, OpenStore(from));
    loaded = store->LoadMeta();
  }
  BONGSU_RETURN_IF_ERROR(loaded.status());
  const Meta* local = loaded->has_value() ? &**loaded : nullptr;
  if (local != nullptr && !committed && local->next > 0) {
    return Status::Invalid(
        StrCat("state of ", Name(from), " stands at ", local->next,
               " but the consumer group has no position there: another group or a new topic? "
               "Use the group it was made with, or move the state directory away"));
  }
  Meta meta;
  if (committed) {
    BONGSU_ASSIGN_OR_RETURN(meta, Recover(from, *store, local, *committed));
  }
  ScoreShardOptions options = base_;
  options.from = from;
  options.notify = environment_.notify;
  BONGSU_ASSIGN_OR_RETURN(ScoreParts parts, environment_.make_parts());
  parts.store = std::move(store);
  Pipeline& pipeline = *parts.pipeline;
  Result<std::unique_ptr<ScoreShard>> shard =
      ScoreShard::Make(std::move(options), std::move(parts), meta, metrics_, clock_);
  if (shard.status().code() == Code::kCorrupt) return OnCorrupt(from, shard.status());
  BONGSU_RETURN_IF_ERROR(shard.status());
  for (const std::string& model : pipeline.cold_models()) {
    environment_.notify(StrCat("model ", model, " of ", Name(from),
                               " starts cold: its parameters or inputs changed"));
  }
  return Opened{*std::move(shard), committed};
}

Result<std::unique_ptr<StateStore>> ScoreFactory::OpenStore(const TopicPartition& from) {
  Result<std::unique_ptr<StateStore>> store = environment_.open_store(from);
  if (store.status().code() != Code::kCorrupt) return store;
  if (const Status status = OnCorrupt(from, store.status()); status.code() != Code::kUnavailable)
    return status;
  return environment_.open_store(from);
}

Status ScoreFactory::OnCorrupt(const TopicPartition& from, const Status& found) {
  if (!base_.changelog) return found;  // The embedded log has no second copy.
  BONGSU_RETURN_IF_ERROR(environment_.set_aside(from));
  const std::string message =
      StrCat("state of ", Name(from),
             " is set aside and will be restored from the changelog: ", found.message());
  environment_.notify(message);
  return Status::Unavailable(message);
}

Result<Meta> ScoreFactory::Recover(const TopicPartition& from, StateStore& store, const Meta* local,
                                   int64_t committed) {
  const int64_t have = local != nullptr ? local->next : 0;
  if (local != nullptr && have == committed) return *local;
  if (have > committed || !base_.changelog) {
    return Status::Invalid(StrCat(
        "state of ", Name(from), " stands at ", have, " but the group's position is ", committed,
        ": they do not belong together; move the state directory away to restore"));
  }
  return ReadChangelog(from, store, local != nullptr ? local->changelog_next : 0, committed);
}

Result<Meta> ScoreFactory::ReadChangelog(const TopicPartition& from, StateStore& store,
                                         int64_t first, int64_t committed) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader,
                          log_.NewReader({base_.topics.changelog, from.partition}, first));
  const std::unique_ptr<RecordBatch> batch = reader->NewBatch();
  Meta meta;
  int64_t restored = 0;
  for (Timestamp last_record = clock_.Now();;) {
    bool at_end = false;
    batch->Clear();
    BONGSU_RETURN_IF_ERROR(reader->Poll(std::chrono::milliseconds(500), batch.get(), &at_end));
    for (const Record& record : batch->records()) {
      last_record = clock_.Now();
      ++restored;
      if (record.key == kMetaKey) {
        BONGSU_ASSIGN_OR_RETURN(meta, DecodeMeta(record.value));
      } else {
        const bool tombstone = record.value.data() == nullptr;
        BONGSU_RETURN_IF_ERROR(store.Restore(
            record.key, tombstone ? std::nullopt : std::optional<std::string_view>(record.value)));
      }
    }
    if (at_end && meta.next == committed) break;
    if (at_end) clock_.SleepFor(kRestorePause);
    if (meta.next > committed || clock_.Now() - last_record > kRestoreTimeout) {
      return Status::Unavailable(StrCat("changelog of ", Name(from), " stands at ", meta.next,
                                        ", the group's position is ", committed,
                                        "; waiting for them to meet"));
    }
  }
  meta.changelog_next = reader->next();
  BONGSU_RETURN_IF_ERROR(store.Write(store.Seal(meta)));
  store.Applied();
  metrics_.GetCounter("restore_records_total").Add(static_cast<double>(restored));
  environment_.notify(StrCat("restored ", Name(from), " from ", restored, " changelog records"));
  return meta;
}

}  // namespace bongsu
