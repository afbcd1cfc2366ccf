#include "engine/pipeline/score_factory.h"

#include "engine/base/fault.h"
#include "engine/base/strings.h"
#include "engine/pipeline/restore.h"

namespace bongsu {
namespace {

constexpr Duration kRestoreTimeout = std::chrono::seconds(30);  // Without any record.
constexpr Duration kStuck = std::chrono::milliseconds(500);
// Of a turn, then the worker's other partitions have theirs.
constexpr Duration kRestoreSlice = std::chrono::milliseconds(50);
constexpr Duration kRefusal = std::chrono::minutes(1);
constexpr Duration kAnswerHolds = std::chrono::seconds(5);  // Less than any session.
constexpr int kReplacements = 3;                            // Of a store, in one opening.

std::string Name(const TopicPartition& from) {
  return StrCat(from.topic, "-", from.partition);
}

}  // namespace

class ScoreFactory::ScoreOpening final : public Opening {
 public:
  ScoreOpening(ScoreFactory& factory, TopicPartition from, std::optional<int64_t> committed)
      : factory_(factory),
        from_(std::move(from)),
        committed_(committed),
        began_(factory.clock_.Steady()) {}
  Result<std::optional<Opened>> Step() override;

 private:
  Status TakeStore();
  Status Replace(std::string_view why);
  Status LoadMeta();
  Status CheckNothingIsLost();
  Status CheckPosition();
  Status CheckFresh();
  Status BeginRestore();
  // True when it is done.
  Result<bool> StepRestore();
  Status FinishRestore();
  Result<std::optional<Opened>> Finish();

  ScoreFactory& factory_;
  const TopicPartition from_;
  const std::optional<int64_t> committed_;
  const Timestamp began_;
  std::unique_ptr<StateStore> store_;
  std::optional<Meta> local_;
  std::unique_ptr<Restore> restore_;
  int replaced_ = 0;
};

Result<std::optional<Opened>> ScoreFactory::ScoreOpening::Step() {
  if (store_ == nullptr) {
    BONGSU_RETURN_IF_ERROR(TakeStore());
    if (store_ == nullptr) return std::optional<Opened>();
    BONGSU_RETURN_IF_ERROR(CheckNothingIsLost());
    BONGSU_RETURN_IF_ERROR(CheckPosition());
    if (store_ != nullptr) BONGSU_RETURN_IF_ERROR(CheckFresh());
    if (store_ == nullptr) return std::optional<Opened>();
    // A store of an older format may not know that its partition was finalized meanwhile.
    const bool complete =
        !committed_ || (local_ && local_->next == *committed_ &&
                        (local_->format == kMetaFormat || !factory_.base_.changelog));
    if (!complete) BONGSU_RETURN_IF_ERROR(BeginRestore());
  }
  if (restore_ != nullptr) {
    BONGSU_ASSIGN_OR_RETURN(const bool done, StepRestore());
    if (!done) return std::optional<Opened>();
  }
  return Finish();
}

Status ScoreFactory::ScoreOpening::TakeStore() {
  Result<std::unique_ptr<StateStore>> store = factory_.environment_.open_store(from_);
  if (store.status().code() == Code::kCorrupt) return Replace(store.status().message());
  BONGSU_RETURN_IF_ERROR(store.status());
  store_ = *std::move(store);
  if (store_ == nullptr) return Status::Ok();
  return LoadMeta();
}

Status ScoreFactory::ScoreOpening::LoadMeta() {
  Result<std::optional<Meta>> loaded = store_->LoadMeta();
  if (loaded.status().code() == Code::kCorrupt) return Replace(loaded.status().message());
  BONGSU_RETURN_IF_ERROR(loaded.status());
  local_ = *loaded;
  return Status::Ok();
}

// The store is set aside for an empty one.
Status ScoreFactory::ScoreOpening::Replace(std::string_view why) {
  restore_.reset();
  store_.reset();
  local_.reset();
  if (++replaced_ > kReplacements) {  // Fresh ones are no better: it is not the disk.
    return Status::Invalid(StrCat("state of ", Name(from_), ": ", why));
  }
  BONGSU_RETURN_IF_ERROR(factory_.OnCorrupt(from_, Status::Corrupt(std::string(why))));
  BONGSU_ASSIGN_OR_RETURN(store_, factory_.environment_.open_store(from_));
  return Status::Ok();
}

// "No position" is never a reason to begin at the start where there is a history: a coordinator
// that is moving, an expired or another group would cost every alert a second time.
Status ScoreFactory::ScoreOpening::CheckNothingIsLost() {
  if (committed_) return Status::Ok();
  bool history = local_ && local_->next > 0;
  if (!history && factory_.base_.changelog) {
    BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Reader> reader,
                            factory_.log_.NewReader(factory_.Changelog(from_), 0));
    const std::unique_ptr<RecordBatch> batch = reader->NewBatch();
    for (bool at_end = false; !at_end && !history;) {
      BONGSU_RETURN_IF_ERROR(reader->Poll(kStuck, batch.get(), &at_end));
      history = !batch->records().empty();
    }
  }
  if (!history) return Status::Ok();
  if (factory_.clock_.Steady() - began_ > kAnswerHolds) {
    return Status::Unavailable(
        StrCat(Name(from_), " had no position in the consumer group a while ago; asking again"));
  }
  return factory_.Refuse(
      from_,
      StrCat("state of ", Name(from_),
             " has a history, but the consumer group has no position there: another group, or one "
             "whose positions expired? Use the group it was made with, or give the group the "
             "changelog's position with `bongsu state reset --reason TEXT`"));
}

// A store can only be ahead by a batch whose commit was reported and did not happen; the changelog
// does not know it.
Status ScoreFactory::ScoreOpening::CheckPosition() {
  if (!committed_ || !local_ || local_->next == *committed_) return Status::Ok();
  if (factory_.base_.changelog) {
    if (local_->next < *committed_) return Status::Ok();
    return Replace(
        StrCat("it stands at ", local_->next, ", ahead of the group's position ", *committed_));
  }
  return Status::Invalid(StrCat("state of ", Name(from_), " stands at ", local_->next,
                                " but the group's position is ", *committed_,
                                ": they do not belong together; move data_dir away to begin anew"));
}

// What an old copy or another cluster's knows is of no use to bring it forward.
Status ScoreFactory::ScoreOpening::CheckFresh() {
  if (!factory_.base_.changelog || !local_ || !committed_) return Status::Ok();
  const bool complete = local_->next == *committed_;
  if (complete && local_->cluster == factory_.base_.cluster) return Status::Ok();
  BONGSU_ASSIGN_OR_RETURN(const LogOffsets log, factory_.log_.Offsets(factory_.Changelog(from_)));
  const std::string why = WhyStale(*local_, factory_.base_.cluster, log, factory_.clock_.Now());
  return why.empty() ? Status::Ok() : Replace(why);
}

Status ScoreFactory::ScoreOpening::BeginRestore() {
  BONGSU_ASSIGN_OR_RETURN(restore_,
                          Restore::Start(factory_.log_, factory_.Changelog(from_), *store_,
                                         local_ ? &*local_ : nullptr, factory_.clock_));
  return Status::Ok();
}

Status ScoreFactory::ScoreOpening::FinishRestore() {
  BONGSU_RETURN_IF_ERROR(restore_->Finish());
  FAULT("restored");
  factory_.environment_.notify(StrCat("restored ", Name(from_), " from ", restore_->records(),
                                      " changelog records in ",
                                      ToSeconds(factory_.clock_.Steady() - began_), " s"));
  local_ = restore_->meta();
  return Status::Ok();
}

Result<bool> ScoreFactory::ScoreOpening::StepRestore() {
  const Timestamp began = factory_.clock_.Steady();
  const int64_t before_all = restore_->records();
  Status status;
  for (int64_t before = -1; status.ok() && before != restore_->records();) {
    before = restore_->records();
    status = restore_->Step();
    if (factory_.clock_.Steady() - began > kRestoreSlice) break;
  }
  factory_.metrics_.GetCounter("restore_records_total")
      .Add(static_cast<double>(restore_->records() - before_all));
  if (status.code() == Code::kCorrupt) {
    BONGSU_RETURN_IF_ERROR(Replace(status.message()));
    store_.reset();
    return false;
  }
  BONGSU_RETURN_IF_ERROR(status);
  const std::optional<Meta>& meta = restore_->meta() ? restore_->meta() : local_;
  const int64_t reached = meta ? meta->next : -1;
  if (restore_->at_end() && reached == *committed_) {
    if (restore_->meta()) BONGSU_RETURN_IF_ERROR(FinishRestore());
    restore_.reset();
    return true;
  }
  const Duration silent = factory_.clock_.Steady() - restore_->last_record();
  if (reached > *committed_ || silent > kRestoreTimeout) {
    return Status::Unavailable(
        StrCat("changelog of ", Name(from_), " stands at ", reached, ", the group's position is ",
               *committed_,
               "; waiting for them to meet. If the group was moved by hand, give it the "
               "changelog's position with `bongsu state reset --reason TEXT`"));
  }
  if (silent > kStuck)
    BONGSU_RETURN_IF_ERROR(factory_.stray_.End(factory_.Changelog(from_)).status());
  return false;
}

Result<std::optional<Opened>> ScoreFactory::ScoreOpening::Finish() {
  ScoreShardOptions options = factory_.base_;
  options.from = from_;
  options.notify = factory_.environment_.notify;
  BONGSU_ASSIGN_OR_RETURN(ScoreParts parts, factory_.environment_.make_parts());
  parts.store = std::move(store_);
  Result<std::unique_ptr<ScoreShard>> shard =
      ScoreShard::Make(std::move(options), std::move(parts), local_.value_or(Meta()),
                       factory_.metrics_, factory_.clock_);
  if (shard.status().code() == Code::kCorrupt) {
    BONGSU_RETURN_IF_ERROR(Replace(shard.status().message()));
    store_.reset();
    return std::optional<Opened>();  // From the start, with an empty store.
  }
  BONGSU_RETURN_IF_ERROR(shard.status());
  factory_.refused_.erase(from_);
  if (factory_.base_.changelog) {
    factory_.stray_.Watch(factory_.Changelog(from_));
    factory_.stray_.Watch(factory_.Alerts(from_));
  }
  return std::optional<Opened>(Opened{*std::move(shard), committed_});
}

ScoreFactory::ScoreFactory(ScoreShardOptions base, ScoreEnvironment environment,
                           StrayTransactions::Options stray, Log& log, Metrics& metrics,
                           const Clock& clock)
    : base_(std::move(base)),
      environment_(std::move(environment)),
      stray_(std::move(stray), log, clock),
      log_(log),
      metrics_(metrics),
      clock_(clock) {}

Result<std::unique_ptr<Opening>> ScoreFactory::Open(const TopicPartition& from,
                                                    std::optional<int64_t> committed) {
  return std::unique_ptr<Opening>(std::make_unique<ScoreOpening>(*this, from, committed));
}

// The position was asked for before this worker stood still, perhaps, and another one has committed
// since: only the same answer after opening again is one for people.
Status ScoreFactory::Refuse(const TopicPartition& from, std::string why) {
  const Timestamp now = clock_.Steady();
  const auto [refused, first] = refused_.try_emplace(from, now);
  const bool again = !first && now - refused->second < kRefusal;
  refused->second = now;
  return again ? Status::Invalid(std::move(why)) : Status::Unavailable(std::move(why));
}

Status ScoreFactory::Ready() {
  Status status = environment_.check_disk();
  metrics_.GetGauge("state_writable").Set(status.ok() ? 1 : 0);
  return status;
}

Status ScoreFactory::OnUnsettled(const TopicPartition& from) {
  if (!base_.changelog) return Status::Ok();
  return stray_.End(Changelog(from)).status();
}

void ScoreFactory::OnTurn(Timestamp, Outputs*) {
  stray_.LookAtWatched();
}

Status ScoreFactory::OnCorrupt(const TopicPartition& from, const Status& found) {
  if (!base_.changelog) return found;  // The embedded log has no second copy.
  BONGSU_RETURN_IF_ERROR(environment_.set_aside(from));
  metrics_.GetCounter("state_set_aside_total").Add(1);
  environment_.notify(
      StrCat("state of ", Name(from),
             " is set aside and will be restored from the changelog: ", found.message()));
  return Status::Ok();
}

}  // namespace bongsu
