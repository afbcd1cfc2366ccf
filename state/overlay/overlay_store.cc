#include "state/overlay/overlay_store.h"

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/hash_index.h"
#include "engine/base/strings.h"
#include "state/format/checksum.h"

namespace bongsu {
namespace {

// A restore writes when so much waits; large enough that the database sees few batches.
constexpr size_t kRestoreBytes = 2 << 20;
// The buffers of entries are kept for the next batch, so that steady state allocates nothing; a
// larger one is not.
constexpr size_t kSpareBytes = 4096;
// A batch that was much larger than the others gives its memory back.
constexpr size_t kSpareEntries = 1 << 16;

class OverlayStore final : public StateStore {
 public:
  OverlayStore(KeyValueStore& database, std::unique_ptr<KeyValueStore> owned, std::string prefix)
      : owned_(std::move(owned)), database_(database), prefix_(std::move(prefix)) {}

  Result<bool> Get(std::string_view key, std::string* value) override;
  void Expect(std::string_view key) override;
  Result<bool> GetBefore(std::string_view key, std::string* value) override;
  void Put(std::string_view key, std::string_view value) override;
  void Delete(std::string_view key) override;
  void Mark() override;
  void Rollback() override;
  void SealOverlay(WriteBatch* batch) override;
  void SealMeta(const Meta& meta, WriteBatch* batch) const override;
  void Visit(const WriteBatch& batch, const EntryVisitor& visit) const override;
  Status Write(const WriteBatch& batch) override;
  void Applied() override;
  Status Restore(std::string_view key, std::optional<std::string_view> value) override;
  Result<std::optional<Meta>> LoadMeta() override;
  Status Scan(std::string_view prefix, const KeyValueStore::Visitor& visit) override;
  uint64_t ApproximateSize() override { return database_.ApproximateSize(); }

 private:
  struct Entry {
    std::string key;
    std::string sealed;  // Prepared, and finished once somebody wants to see it.
    bool finished = false;
    bool deleted = false;
    bool used = false;        // Else it lends its buffers to the next that is needed.
    uint64_t hash = 0;        // Of the key.
    uint64_t generation = 0;  // Which Seal will be the first to copy it.
    uint64_t event = 0;       // The Mark since which it was written last: journalled once an event.
  };
  // What Rollback brings back of an entry.
  struct Undo {
    uint32_t entry = 0;
    bool existed = false, finished = false, deleted = false;
    uint64_t generation = 0, event = 0;
    std::string sealed;
  };

  Result<bool> GetStored(std::string_view key, std::string* value);
  uint32_t Find(std::string_view key, uint64_t hash) const;
  Entry& Touch(std::string_view key);
  uint32_t Insert(std::string_view key, uint64_t hash);
  void Remove(uint32_t number);
  void Journal(uint32_t number, bool existed);
  // Numbers of the entries in use, by key.
  const std::vector<uint32_t>& InOrder() const;
  std::string_view FullKey(std::string_view key);
  Status FlushRestore();

  std::unique_ptr<KeyValueStore> owned_;  // Null when borrowed.
  KeyValueStore& database_;
  const std::string prefix_;
  std::deque<Entry> entries_;
  std::vector<uint32_t> spare_;  // Numbers of entries that are not in use.
  HashIndex index_;
  mutable std::vector<uint32_t> order_;
  mutable bool ordered_ = true;  // order_ is of what is there now.
  std::vector<Undo> journal_;    // The first journal_size_ are in use; the rest lend their buffers.
  size_t journal_size_ = 0;
  uint64_t event_ = 1;
  uint64_t mark_generation_ = 1;
  uint64_t generation_ = 1;         // Of what is written now.
  uint64_t sealed_generation_ = 0;  // The newest that a Seal has copied.
  WriteBatch restoring_;
  size_t restoring_bytes_ = 0;
  std::string key_, value_;  // Buffers of reads.
};

// The payload of a value from the database, or why it cannot be trusted or understood.
Result<std::string_view> OpenStored(std::string_view sealed) {
  uint8_t version = 0;
  auto payload = OpenValue(sealed, &version);
  if (payload.ok() && version != kValueVersion) {
    return Status::Invalid(StrCat("state: a value has format ", int{version},
                                  ", this release reads ", int{kValueVersion},
                                  "; run the release that wrote it"));
  }
  return payload;
}

Result<bool> OverlayStore::Get(std::string_view key, std::string* value) {
  const uint32_t number = Find(key, Hash64(key));
  if (number == HashIndex::kNone) return GetStored(key, value);
  const Entry& entry = entries_[number];
  if (entry.deleted) return false;
  value->assign(PayloadOf(entry.sealed));
  return true;
}

void OverlayStore::Expect(std::string_view key) {
  if (Find(key, Hash64(key)) == HashIndex::kNone) database_.Expect(FullKey(key));
}

Result<bool> OverlayStore::GetBefore(std::string_view key, std::string* value) {
  for (size_t i = 0; i < journal_size_; ++i) {
    const Undo& undo = journal_[i];
    if (entries_[undo.entry].key != key) continue;
    if (!undo.existed) return GetStored(key, value);
    if (undo.deleted) return false;
    value->assign(PayloadOf(undo.sealed));
    return true;
  }
  return Get(key, value);
}

Result<bool> OverlayStore::GetStored(std::string_view key, std::string* value) {
  BONGSU_RETURN_IF_ERROR(FlushRestore());
  BONGSU_ASSIGN_OR_RETURN(const bool found, database_.Get(FullKey(key), &value_));
  if (!found) return false;
  BONGSU_ASSIGN_OR_RETURN(const std::string_view payload, OpenStored(value_));
  value->assign(payload);
  return true;
}

void OverlayStore::Put(std::string_view key, std::string_view value) {
  Entry& entry = Touch(key);
  entry.deleted = false;
  PrepareSealed(kValueVersion, value, &entry.sealed);
}

void OverlayStore::Delete(std::string_view key) {
  Entry& entry = Touch(key);
  entry.deleted = true;
  entry.sealed.clear();
}

uint32_t OverlayStore::Find(std::string_view key, uint64_t hash) const {
  return index_.Find(hash, [&](uint32_t number) { return entries_[number].key == key; });
}

OverlayStore::Entry& OverlayStore::Touch(std::string_view key) {
  BONGSU_CHECK(key != kMetaKey);  // Seal writes it.
  const uint64_t hash = Hash64(key);
  uint32_t number = Find(key, hash);
  const bool existed = number != HashIndex::kNone;
  if (!existed) number = Insert(key, hash);
  if (!existed || entries_[number].event != event_) Journal(number, existed);
  Entry& entry = entries_[number];
  entry.event = event_;
  entry.generation = generation_;
  entry.finished = false;
  return entry;
}

void OverlayStore::Journal(uint32_t number, bool existed) {
  if (journal_size_ == journal_.size()) journal_.emplace_back();
  Undo& undo = journal_[journal_size_++];
  undo.entry = number;
  undo.existed = existed;
  if (!existed) return;
  Entry& entry = entries_[number];
  undo.finished = entry.finished;
  undo.deleted = entry.deleted;
  undo.generation = entry.generation;
  undo.event = entry.event;
  std::swap(undo.sealed, entry.sealed);
}

uint32_t OverlayStore::Insert(std::string_view key, uint64_t hash) {
  if (spare_.empty()) {
    spare_.push_back(static_cast<uint32_t>(entries_.size()));
    entries_.emplace_back();
  }
  const uint32_t number = spare_.back();
  spare_.pop_back();
  Entry& entry = entries_[number];
  entry.key.assign(key);
  entry.hash = hash;
  entry.used = true;
  index_.Insert(hash, number);
  ordered_ = false;
  return number;
}

void OverlayStore::Remove(uint32_t number) {
  Entry& entry = entries_[number];
  index_.Erase(entry.hash, number);
  entry.used = entry.deleted = false;
  if (entry.sealed.capacity() > kSpareBytes) std::string().swap(entry.sealed);
  spare_.push_back(number);
  ordered_ = false;
}

const std::vector<uint32_t>& OverlayStore::InOrder() const {
  if (ordered_) return order_;
  order_.clear();
  for (uint32_t number = 0; number < entries_.size(); ++number) {
    if (entries_[number].used) order_.push_back(number);
  }
  std::sort(order_.begin(), order_.end(),
            [this](uint32_t a, uint32_t b) { return entries_[a].key < entries_[b].key; });
  ordered_ = true;
  return order_;
}

void OverlayStore::Mark() {
  ++event_;
  journal_size_ = 0;
  mark_generation_ = generation_;
}

void OverlayStore::Rollback() {
  while (journal_size_ > 0) {
    Undo& undo = journal_[--journal_size_];
    if (!undo.existed) {
      Remove(undo.entry);
      continue;
    }
    Entry& entry = entries_[undo.entry];
    entry.finished = undo.finished;
    entry.deleted = undo.deleted;
    entry.generation = undo.generation;
    entry.event = undo.event;
    std::swap(undo.sealed, entry.sealed);
  }
  ++event_;
}

void OverlayStore::SealOverlay(WriteBatch* batch) {
  for (Entry& entry : entries_) {
    if (!entry.used) continue;
    if (entry.deleted) {
      batch->Delete(entry.key, prefix_);
      continue;
    }
    if (!entry.finished) FinishSealed(&entry.sealed);
    entry.finished = true;
    batch->Put(entry.key, entry.sealed, prefix_);
  }
  sealed_generation_ = generation_++;
}

void OverlayStore::SealMeta(const Meta& meta, WriteBatch* batch) const {
  batch->Put(kMetaKey, SealValue(kValueVersion, EncodeMeta(meta)), prefix_);
}

void OverlayStore::Visit(const WriteBatch& batch, const EntryVisitor& visit) const {
  for (const WriteBatch::Op& op : batch.ops()) visit(op.key.substr(prefix_.size()), op.value);
}

Status OverlayStore::Write(const WriteBatch& batch) {
  if (restoring_.empty()) return database_.Write(batch);
  WriteBatch all = restoring_;  // Kept until the write has succeeded.
  all.Append(batch);
  BONGSU_RETURN_IF_ERROR(database_.Write(all));
  restoring_.Clear();
  restoring_bytes_ = 0;
  return Status::Ok();
}

void OverlayStore::Applied() {
  // What was written after the Seal may still be rolled back; what was written before may not.
  if (mark_generation_ <= sealed_generation_) journal_size_ = 0;
  for (uint32_t number = 0; number < entries_.size(); ++number) {
    const Entry& entry = entries_[number];
    if (entry.used && entry.generation <= sealed_generation_) Remove(number);
  }
  if (index_.size() == 0 && journal_size_ == 0 && entries_.size() > kSpareEntries) {
    entries_.clear();
    spare_.clear();
  }
}

Status OverlayStore::Restore(std::string_view key, std::optional<std::string_view> value) {
  if (key == kMetaKey) {
    return Status::Invalid(
        "state: a changelog's meta record is not state; decode it and write Seal(meta) at the end");
  }
  if (value) {
    if (const auto payload = OpenStored(*value); !payload.ok()) return payload.status();
    restoring_.Put(key, *value, prefix_);
  } else {
    restoring_.Delete(key, prefix_);
  }
  restoring_bytes_ += prefix_.size() + key.size() + value.value_or("").size() + 64;
  return restoring_bytes_ < kRestoreBytes ? Status::Ok() : FlushRestore();
}

Status OverlayStore::FlushRestore() {
  if (restoring_.empty()) return Status::Ok();
  restoring_.Sort();
  BONGSU_RETURN_IF_ERROR(database_.Write(restoring_));
  restoring_.Clear();
  restoring_bytes_ = 0;
  return Status::Ok();
}

Result<std::optional<Meta>> OverlayStore::LoadMeta() {
  BONGSU_RETURN_IF_ERROR(FlushRestore());
  BONGSU_ASSIGN_OR_RETURN(const bool found, database_.Get(FullKey(kMetaKey), &value_));
  if (!found) return std::optional<Meta>();
  BONGSU_ASSIGN_OR_RETURN(const std::string_view payload, OpenStored(value_));
  BONGSU_ASSIGN_OR_RETURN(const Meta meta, DecodeMeta(payload));
  return std::optional<Meta>(meta);
}

Status OverlayStore::Scan(std::string_view prefix, const KeyValueStore::Visitor& visit) {
  BONGSU_RETURN_IF_ERROR(FlushRestore());
  const std::string from = StrCat(prefix_, prefix);
  const std::vector<uint32_t> order = InOrder();  // A visitor may write.
  const auto before = [this](uint32_t number, std::string_view wanted) {
    return entries_[number].key < wanted;
  };
  auto it = std::lower_bound(order.begin(), order.end(), prefix, before);
  bool stopped = false;
  const auto key_at = [&] { return std::string_view(entries_[*it].key); };
  const auto emit_overlay = [&] {
    const Entry& entry = entries_[*it++];
    if (!entry.deleted) stopped = !visit(entry.key, PayloadOf(entry.sealed));
  };
  Status bad;
  const auto from_database = [&](std::string_view full, std::string_view value) {
    const std::string_view key = full.substr(prefix_.size());
    if (key == kMetaKey) return true;
    while (!stopped && it != order.end() && key_at() < key) emit_overlay();
    if (stopped) return false;
    if (it != order.end() && key_at() == key) {
      emit_overlay();
      return !stopped;
    }
    const auto payload = OpenStored(value);
    if (!payload.ok()) {
      bad = payload.status();
      return false;
    }
    stopped = !visit(key, *payload);
    return !stopped;
  };
  BONGSU_RETURN_IF_ERROR(database_.Scan(from, PrefixEnd(from), from_database));
  BONGSU_RETURN_IF_ERROR(bad);
  while (!stopped && it != order.end() && key_at().starts_with(prefix)) emit_overlay();
  return Status::Ok();
}

std::string_view OverlayStore::FullKey(std::string_view key) {
  if (prefix_.empty()) return key;
  key_.assign(prefix_).append(key);
  return key_;
}

}  // namespace

std::unique_ptr<StateStore> MakeStateStore(KeyValueStore& database, std::string prefix) {
  return std::make_unique<OverlayStore>(database, nullptr, std::move(prefix));
}

std::unique_ptr<StateStore> MakeStateStore(std::unique_ptr<KeyValueStore> database,
                                           std::string prefix) {
  KeyValueStore& borrowed = *database;
  return std::make_unique<OverlayStore>(borrowed, std::move(database), std::move(prefix));
}

}  // namespace bongsu
