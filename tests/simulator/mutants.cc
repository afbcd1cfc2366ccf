#include <array>
#include <limits>

#include "state/format/checksum.h"
#include "tests/simulator/client_parts.h"
#include "tests/simulator/mutant.h"
#include "tests/simulator/topics.h"

namespace bongsu::sim {
namespace {

constexpr std::array<std::string_view, static_cast<size_t>(Mutant::kCount)> kNames = {
    "none",
    "store first",
    "meta first",
    "no offset guard",
    "no position is position 0",
    "no position is a new partition",
    "restore stops early",
    "state and position not in one write",
    "ends transactions of living owners",
    "unknown outcome is an abort",
    "keeps its producer after a slow commit",
    "keeps lost partitions",
    "an abort drops outputs",
    "no stale guard",
    "digest unchecked",
    "positions of the next batch"};

// What every mutated shard does as the real one.
class ShardAround : public Shard {
 public:
  explicit ShardAround(std::unique_ptr<Shard> inner) : inner_(std::move(inner)) {}
  Status Process(const Record& record) override { return inner_->Process(record); }
  Status AtEnd() override { return inner_->AtEnd(); }
  bool dirty() const override { return inner_->dirty(); }
  bool urgent() const override { return inner_->urgent(); }
  size_t bytes() const override { return inner_->bytes(); }
  int64_t next() const override { return inner_->next(); }
  void Prepare() override { inner_->Prepare(); }
  int64_t prepared_next() const override { return inner_->prepared_next(); }
  Status AppendTo(Transaction& transaction) override { return inner_->AppendTo(transaction); }
  Status Store(const Transaction& transaction) override { return inner_->Store(transaction); }
  void Committed() override { inner_->Committed(); }
  void Publish() override { inner_->Publish(); }

 protected:
  std::unique_ptr<Shard> inner_;
};

class StoreFirst final : public ShardAround {
 public:
  using ShardAround::ShardAround;
  Status AppendTo(Transaction& transaction) override {
    BONGSU_RETURN_IF_ERROR(inner_->AppendTo(transaction));
    return inner_->Store(transaction);
  }
  Status Store(const Transaction&) override { return Status::Ok(); }
};

class NoOffsetGuard final : public ShardAround {
 public:
  using ShardAround::ShardAround;
  int64_t next() const override { return std::numeric_limits<int64_t>::min(); }
};

class NextPosition final : public ShardAround {
 public:
  using ShardAround::ShardAround;
  int64_t prepared_next() const override { return inner_->next(); }
};

class FactoryAround final : public ShardFactory {
 public:
  FactoryAround(Mutant mutant, ShardFactory& inner) : mutant_(mutant), inner_(inner) {}
  Result<std::unique_ptr<Opening>> Open(const TopicPartition& from,
                                        std::optional<int64_t> committed) override {
    BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<Opening> opening, inner_.Open(from, committed));
    return std::unique_ptr<Opening>(std::make_unique<OpeningAround>(mutant_, std::move(opening)));
  }
  Status OnUnsettled(const TopicPartition& from) override { return inner_.OnUnsettled(from); }
  void OnTurn(Timestamp now, Outputs* outputs) override { inner_.OnTurn(now, outputs); }
  void OnCommitted() override { inner_.OnCommitted(); }
  void OnReset() override { inner_.OnReset(); }
  void OnLost(const TopicPartition& from) override { inner_.OnLost(from); }
  Status OnCorrupt(const TopicPartition& from, const Status& found) override {
    return inner_.OnCorrupt(from, found);
  }
  Status Ready() override { return inner_.Ready(); }
  Status Sign(Transaction& transaction) override { return inner_.Sign(transaction); }

 private:
  class OpeningAround final : public Opening {
   public:
    OpeningAround(Mutant mutant, std::unique_ptr<Opening> inner)
        : mutant_(mutant), inner_(std::move(inner)) {}
    Result<std::optional<Opened>> Step() override {
      BONGSU_ASSIGN_OR_RETURN(std::optional<Opened> opened, inner_->Step());
      if (!opened) return opened;
      if (mutant_ == Mutant::kStoreFirst) {
        opened->shard = std::make_unique<StoreFirst>(std::move(opened->shard));
      } else if (mutant_ == Mutant::kNoOffsetGuard) {
        opened->shard = std::make_unique<NoOffsetGuard>(std::move(opened->shard));
      } else if (mutant_ == Mutant::kNextPosition) {
        opened->shard = std::make_unique<NextPosition>(std::move(opened->shard));
      }
      return opened;
    }

   private:
    const Mutant mutant_;
    std::unique_ptr<Opening> inner_;
  };
  const Mutant mutant_;
  ShardFactory& inner_;
};

class DiskAround final : public KeyValueStore {
 public:
  DiskAround(Mutant mutant, std::unique_ptr<KeyValueStore> inner)
      : mutant_(mutant), inner_(std::move(inner)) {}
  Status Write(const WriteBatch& batch, bool sync) override {
    if (mutant_ != Mutant::kTornStoreWrite) return inner_->Write(batch, sync);
    WriteBatch position, state;
    for (const WriteBatch::Op& op : batch.ops()) {
      WriteBatch& part = op.key == kMetaKey ? position : state;
      op.value ? part.Put(op.key, *op.value) : part.Delete(op.key);
    }
    BONGSU_RETURN_IF_ERROR(inner_->Write(position, sync));
    return inner_->Write(state, sync);
  }
  Result<bool> Get(std::string_view key, std::string* value) override {
    BONGSU_ASSIGN_OR_RETURN(const bool found, inner_->Get(key, value));
    if (!found || key != kMetaKey || mutant_ != Mutant::kNoStaleGuard) return found;
    uint8_t version = 0;
    BONGSU_ASSIGN_OR_RETURN(const std::string_view payload, OpenValue(*value, &version));
    BONGSU_ASSIGN_OR_RETURN(Meta meta, DecodeMeta(payload));
    meta.written = 0;
    *value = SealValue(version, EncodeMeta(meta));
    return true;
  }
  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    return inner_->Scan(from, to, visit);
  }
  Status DeleteRange(std::string_view from, std::string_view to) override {
    return inner_->DeleteRange(from, to);
  }
  uint64_t ApproximateSize() override { return inner_->ApproximateSize(); }

 private:
  const Mutant mutant_;
  std::unique_ptr<KeyValueStore> inner_;
};

std::shared_ptr<const Payload> MetaPayload(const Meta& meta) {
  auto payload = std::make_shared<Payload>();
  payload->key = kMetaKey;
  payload->value = EncodeMeta(meta);
  return payload;
}

}  // namespace

std::string_view MutantName(Mutant mutant) {
  return kNames[static_cast<size_t>(mutant)];
}

std::unique_ptr<ShardFactory> MutateShards(Mutant mutant, ShardFactory& inner) {
  return std::make_unique<FactoryAround>(mutant, inner);
}

std::unique_ptr<KeyValueStore> MutateDisk(Mutant mutant, std::unique_ptr<KeyValueStore> inner) {
  return std::make_unique<DiskAround>(mutant, std::move(inner));
}

Status MutateRead(SimLog& log, const TopicPartition& from, SimBatch* batch, bool* at_end) {
  if (from.topic != kChangelog) return Status::Ok();
  const auto answered = log.answered.find({kEvents, from.partition});
  const bool known = answered != log.answered.end();
  if (log.mutant() == Mutant::kNoneIsNew && known && !answered->second) {
    batch->Clear();
    *at_end = true;
  }
  if (log.mutant() == Mutant::kRestoreStopsEarly && known && answered->second && !*at_end &&
      batch->size() > 0) {
    Meta forged;
    forged.next = *answered->second;
    forged.written = log.world().now().time_since_epoch().count();
    batch->Add(batch->records().back().offset, log.world().now(), MetaPayload(forged));
    *at_end = true;
  }
  if (log.mutant() == Mutant::kNoDigest) {
    for (const Record& record : batch->records()) {
      if (record.key != kMetaKey) continue;
      BONGSU_ASSIGN_OR_RETURN(Meta meta, DecodeMeta(record.value));
      meta.records = 0;
      meta.digest = 0;
      batch->Replace(record.offset, MetaPayload(meta));
    }
  }
  return Status::Ok();
}

}  // namespace bongsu::sim
