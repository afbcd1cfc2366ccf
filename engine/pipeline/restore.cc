#include "engine/pipeline/restore.h"

#include "engine/base/fault.h"
#include "engine/base/strings.h"
#include "engine/pipeline/batch_digest.h"

namespace bongsu {
namespace {

// Nothing so young is compacted (min.compaction.lag.ms is ten minutes): all of a batch must be
// there.
constexpr Duration kYoung = std::chrono::minutes(5);
constexpr std::string_view kTorn =
    "the broker has torn it. The state directory ends before it: keep it and ask for help, or "
    "begin "
    "again from the changelog as it is with `bongsu state reset --reason TEXT`";
constexpr size_t kMostRecords =
    1 << 20;  // More than a batch touches (commit.max_records, .max_bytes).
constexpr Duration kBetweenSeals = std::chrono::seconds(1);
constexpr Duration kStale = std::chrono::hours(84);  // Half of delete.retention.ms.

}  // namespace

std::string WhyStale(const Meta& local, uint64_t cluster, const LogOffsets& changelog,
                     Timestamp now) {
  if (local.cluster != 0 && local.cluster != cluster) return "it was made in another Kafka cluster";
  const Duration age = now - Timestamp(Duration(local.written));
  if (local.written != 0 && age > kStale) {
    return StrCat("it is ", FormatDuration(age),
                  " old, and the changelog may have forgotten deletes since");
  }
  if (local.changelog_next < changelog.start || local.changelog_next > changelog.end) {
    return StrCat("it continues at changelog offset ", local.changelog_next,
                  ", but the changelog holds ", changelog.start, " to ", changelog.end);
  }
  return {};
}

Restore::Restore(TopicPartition changelog, StateStore& store, std::unique_ptr<Reader> reader,
                 const Meta* local, const Clock& clock)
    : changelog_(std::move(changelog)),
      store_(store),
      clock_(clock),
      reader_(std::move(reader)),
      batch_(reader_->NewBatch()),
      local_(local != nullptr ? std::optional<Meta>(*local) : std::nullopt),
      last_record_(clock.Steady()),
      last_seal_(last_record_) {}

Result<std::unique_ptr<Restore>> Restore::Start(Log& log, const TopicPartition& changelog,
                                                StateStore& store, const Meta* local,
                                                const Clock& clock) {
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader,
                          log.NewReader(changelog, local != nullptr ? local->changelog_next : 0));
  return std::unique_ptr<Restore>(new Restore(changelog, store, std::move(reader), local, clock));
}

Status Restore::Step() {
  batch_->Clear();
  BONGSU_RETURN_IF_ERROR(reader_->Poll(Duration(0), batch_.get(), &at_end_));
  for (const Record& record : batch_->records()) BONGSU_RETURN_IF_ERROR(Apply(record));
  if (!batch_->records().empty()) last_record_ = clock_.Steady();
  if (records_ > 0) FAULT("mid_restore");
  if (at_end_ && !torn_.empty()) return Status::Invalid(torn_);
  if (unsealed_ && since_meta_.empty() && SealDue()) return Seal(reader_->next());
  if (at_end_ && !since_meta_.empty()) {
    // A transaction becomes visible in a partition as a whole, and its meta is the last.
    return Status::Invalid(StrCat(changelog_.topic, '-', changelog_.partition, " ends with ",
                                  since_meta_.size(), " records without their meta: ", kTorn));
  }
  return Status::Ok();
}

Status Restore::Apply(const Record& record) {
  ++records_;
  const bool tombstone = record.value.data() == nullptr;
  const auto value = tombstone ? std::nullopt : std::optional<std::string_view>(record.value);
  if (record.key != kMetaKey) {
    // Older batches may stand before it without their metas: only the end of them matters.
    if (since_meta_.size() == kMostRecords) since_meta_.pop_front();
    since_meta_.push_back(RecordDigest(record.key, value));
    return store_.Restore(record.key, value);
  }
  BONGSU_ASSIGN_OR_RETURN(meta_, DecodeMeta(record.value));
  if (local_ && meta_->sequence == local_->sequence && meta_->next != local_->next) {
    return Status::Corrupt(StrCat("state: the store's batch ", local_->sequence, " ends at ",
                                  local_->next, ", the changelog's at ", meta_->next,
                                  ": the store holds one that was never committed"));
  }
  BONGSU_RETURN_IF_ERROR(CheckBatch(*meta_, record.offset));
  since_meta_.clear();
  unsealed_ = true;
  return SealDue() ? Seal(record.offset + 1) : Status::Ok();
}

bool Restore::SealDue() const {
  return torn_.empty() && clock_.Steady() - last_seal_ >= kBetweenSeals;
}

Status Restore::Seal(int64_t changelog_next) {
  meta_->changelog_next = changelog_next;
  BONGSU_RETURN_IF_ERROR(store_.Write(store_.Seal(*meta_)));
  store_.Applied();
  unsealed_ = false;
  last_seal_ = clock_.Steady();
  return Status::Ok();
}

// In an older part of the log a batch may have lost records to later ones, which only the last
// batch cannot: there the check waits for the end.
Status Restore::CheckBatch(const Meta& meta, int64_t offset) {
  torn_.clear();
  if (meta.format < 2) return Status::Ok();
  const Duration age = clock_.Now() - Timestamp(Duration(meta.written));
  const size_t have = since_meta_.size();
  const auto count = static_cast<size_t>(meta.records);
  if (age > kTombstonesStay) return Status::Ok();
  const uint64_t digest = DigestOfLast(since_meta_, count);
  if (digest == meta.digest && have >= count) return Status::Ok();
  torn_ = StrCat("the transaction that ends at offset ", offset, " of ", changelog_.topic, '-',
                 changelog_.partition, " is not whole (", std::min(have, count), " of ", count,
                 " records, digest ", digest == meta.digest ? "as" : "other than",
                 " written): ", kTorn);
  return age < kYoung ? Status::Invalid(torn_) : Status::Ok();
}

Status Restore::Finish() {
  BONGSU_CHECK(at_end_ && meta_.has_value());
  return Seal(reader_->next());
}

}  // namespace bongsu
