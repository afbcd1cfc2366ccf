#include "engine/app/state_reshard.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "engine/app/state_kinds.h"
#include "engine/app/state_merge.h"
#include "engine/app/state_site.h"
#include "engine/app/visit_records.h"
#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/core/state_keys.h"
#include "engine/core/topics.h"
#include "state/format/checksum.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"

namespace bongsu {
namespace {

// Small enough to commit well within a transaction's time-out.
constexpr size_t kRecordsACommit = 5000, kBytesACommit = 4 << 20;

std::optional<std::string_view> ValueOf(const Record& record) {
  if (record.value.data() == nullptr) return std::nullopt;
  return record.value;
}

// Appends, and commits now and then.
class Mover {
 public:
  Mover(Producer& producer, const ReshardPlan& plan) : producer_(producer), plan_(plan) {}

  Status Append(const std::string& topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value) {
    const Header header{kTransactionHeader, plan_.transactional_id};
    return Append(topic, partition, key, value, {&header, 1});
  }
  Status Append(const std::string& topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header> headers) {
    if (!transaction_) {
      BONGSU_ASSIGN_OR_RETURN(transaction_, producer_.Begin());
    }
    BONGSU_RETURN_IF_ERROR(transaction_->Append(topic, partition, key, value, headers));
    bytes_ += key.size() + (value ? value->size() : 0);
    ++all_;
    if (++records_ < kRecordsACommit && bytes_ < kBytesACommit) return Status::Ok();
    return Commit();
  }

  Status Commit() {
    if (!transaction_) return Status::Ok();
    records_ = bytes_ = 0;
    const std::unique_ptr<Transaction> transaction = std::move(transaction_);
    plan_.progress(all_);
    return CommitOrSay(*transaction, "state reshard");
  }

 private:
  Producer& producer_;
  const ReshardPlan& plan_;
  std::unique_ptr<Transaction> transaction_;
  size_t records_ = 0, bytes_ = 0;
  int64_t all_ = 0;
};

// Every old partition: persons' entries go out, the rest is kept for the merge.
Result<Resharded> MovePersons(Log& log, const ReshardPlan& plan, Mover* mover, StateMerge* merge) {
  Resharded result;
  for (int32_t partition = 0; partition < plan.from.partitions; ++partition) {
    merge->Begin();
    const TopicPartition from{plan.from.changelog, partition};
    BONGSU_RETURN_IF_ERROR(VisitRecords(log, from, 0, [&](const Record& record) -> Status {
      if (record.key == kMetaKey) return Status::Ok();
      if (const std::optional<std::string_view> person = PersonOf(record.key)) {
        ++result.records;
        return mover->Append(plan.to.changelog, PartitionOf(*person, plan.to.partitions),
                             record.key, ValueOf(record));
      }
      if (KindOf(record.key) == std::string_view(&kModelKind, 1)) {
        const std::string_view name = record.key.substr(2);
        result.cold_models.emplace(name.substr(0, name.find('/')));
        return Status::Ok();
      }
      if (!ValueOf(record)) {
        merge->Take(record.key, std::nullopt);
        return Status::Ok();
      }
      BONGSU_ASSIGN_OR_RETURN(const std::string_view payload, OpenValue(record.value, nullptr));
      merge->Take(record.key, payload);
      return Status::Ok();
    }));
  }
  return result;
}

Status PutShared(const ReshardPlan& plan, const StateMerge& merge, Mover* mover) {
  MemoryKeyValueStore database;
  const std::unique_ptr<StateStore> shared = MakeStateStore(database, "");
  BONGSU_RETURN_IF_ERROR(merge.Put(plan.dedup_window, shared.get()));
  WriteBatch sealed;
  shared->SealOverlay(&sealed);
  for (int32_t partition = 0; partition < plan.to.partitions; ++partition) {
    Status status;
    shared->Visit(sealed, [&](std::string_view key, std::optional<std::string_view> value) {
      if (status.ok()) status = mover->Append(plan.to.changelog, partition, key, value);
    });
    BONGSU_RETURN_IF_ERROR(status);
  }
  return Status::Ok();
}

// To the partitions that the keys choose.
Result<int64_t> CopyTopic(Log& log, const std::string& from, const std::string& to, Mover* mover) {
  int64_t records = 0;
  BONGSU_ASSIGN_OR_RETURN(const int32_t old_count, log.Partitions(from));
  BONGSU_ASSIGN_OR_RETURN(const int32_t count, log.Partitions(to));
  for (int32_t partition = 0; partition < old_count; ++partition) {
    BONGSU_RETURN_IF_ERROR(VisitRecords(log, {from, partition}, 0, [&](const Record& record) {
      ++records;
      return mover->Append(to, PartitionOf(record.key, count), record.key, ValueOf(record),
                           record.headers);
    }));
  }
  return records;
}

// The oldest format and the furthest event time of the old partitions.
Result<Meta> FirstMeta(Log& log, const ReshardPlan& plan) {
  std::optional<Meta> first;
  for (int32_t partition = 0; partition < plan.from.partitions; ++partition) {
    BONGSU_ASSIGN_OR_RETURN(const ChangelogEnd end,
                            ReadChangelogEnd(log, {plan.from.changelog, partition}, plan.now));
    if (!end.meta) continue;
    const uint8_t format = std::min(first ? first->format : kMetaFormat, end.meta->format);
    if (!first || end.meta->time > first->time) first = end.meta;
    first->format = format;
  }
  if (!first) {
    return Status::Invalid(StrCat("state reshard: ", plan.from.changelog,
                                  " holds no state; there is nothing to move"));
  }
  Meta meta = NextMeta(*first, plan.now, plan.cluster);
  meta.sequence = 1;
  meta.changelog_next = 0;
  return meta;
}

Status PutMetas(Log& log, Producer& producer, const ReshardPlan& plan) {
  BONGSU_ASSIGN_OR_RETURN(Meta meta, FirstMeta(log, plan));
  const std::string count = StrCat(plan.to.partitions);
  const std::array headers = {Header{kTransactionHeader, plan.transactional_id},
                              Header{kPartitionsHeader, count}};
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Transaction> transaction, producer.Begin());
  std::vector<Position> positions;
  for (int32_t partition = 0; partition < plan.to.partitions; ++partition) {
    BONGSU_ASSIGN_OR_RETURN(const LogOffsets input, log.Offsets({plan.input, partition}));
    meta.next = input.start;
    positions.push_back({{plan.input, partition}, input.start});
    BONGSU_RETURN_IF_ERROR(
        transaction->Append(plan.to.changelog, partition, kMetaKey, EncodeMeta(meta), headers));
  }
  BONGSU_RETURN_IF_ERROR(plan.save_positions(*transaction, positions));
  return CommitOrSay(*transaction, "state reshard");
}

}  // namespace

Result<Resharded> Reshard(Log& log, const ReshardPlan& plan) {
  BONGSU_RETURN_IF_ERROR(FirstMeta(log, plan).status());
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<Producer> producer,
                          log.NewProducer(plan.transactional_id));
  Mover mover(*producer, plan);
  StateMerge merge;
  BONGSU_ASSIGN_OR_RETURN(Resharded result, MovePersons(log, plan, &mover, &merge));
  BONGSU_RETURN_IF_ERROR(PutShared(plan, merge, &mover));
  // Readers of the new topics find the risks that stand, the version in force and its parts;
  // sources go on where they were.
  BONGSU_ASSIGN_OR_RETURN(result.risks,
                          CopyTopic(log, plan.from.user_risk, plan.to.user_risk, &mover));
  BONGSU_RETURN_IF_ERROR(CopyTopic(log, plan.from.artifacts, plan.to.artifacts, &mover).status());
  BONGSU_RETURN_IF_ERROR(
      CopyTopic(log, plan.from.ingest_state, plan.to.ingest_state, &mover).status());
  BONGSU_RETURN_IF_ERROR(mover.Commit());
  BONGSU_RETURN_IF_ERROR(PutMetas(log, *producer, plan));
  return result;
}

}  // namespace bongsu
