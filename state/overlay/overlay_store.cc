#include "state/overlay/overlay_store.h"

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/strings.h"
#include "state/format/checksum.h"

namespace bongsu {
namespace {

// A restore writes when so much waits; large enough that the database sees few batches.
constexpr size_t kRestoreBytes = 2 << 20;
// Emptied entries kept for the next batch, so that steady state allocates nothing.
constexpr size_t kSpareBytes = 8 << 20;

class OverlayStore final : public StateStore {
 public:
  OverlayStore(KeyValueStore& database, std::unique_ptr<KeyValueStore> owned, std::string prefix)
      : owned_(std::move(owned)), database_(database), prefix_(std::move(prefix)) {}

  Result<bool> Get(std::string_view key, std::string* value) override;
  Result<bool> GetBefore(std::string_view key, std::string* value) override;
  void Put(std::string_view key, std::string_view value) override;
  void Delete(std::string_view key) override;
  void Mark() override;
  void Rollback() override;
  void VisitOverlay(const EntryVisitor& visit) const override;
  WriteBatch Seal(const Meta& meta) const override;
  Status Write(const WriteBatch& batch) override;
  void Applied() override;
  Status Restore(std::string_view key, std::optional<std::string_view> value) override;
  Result<std::optional<Meta>> LoadMeta() override;
  Status Scan(std::string_view prefix, const KeyValueStore::Visitor& visit) override;
  uint64_t ApproximateSize() override { return database_.ApproximateSize(); }

 private:
  struct Entry {
    mutable std::string sealed;  // Prepared, and finished once somebody wants to see it.
    mutable bool finished = false;
    bool deleted = false;
    uint64_t generation = 0;  // Which Seal will be the first to copy it.
    uint64_t event = 0;       // The Mark since which it was written last: journalled once an event.
  };
  using Map = std::map<std::string, Entry, std::less<>>;
  struct Undo {
    Map::iterator at;
    bool existed = false;
    Entry before;
  };

  Result<bool> GetStored(std::string_view key, std::string* value);
  Entry& Touch(std::string_view key);
  Map::iterator Insert(Map::iterator hint, std::string_view key);
  void Recycle(Map::iterator it);
  std::string_view Sealed(const Entry& entry) const;
  std::string_view FullKey(std::string_view key);
  Status FlushRestore();

  std::unique_ptr<KeyValueStore> owned_;  // Null when borrowed.
  KeyValueStore& database_;
  const std::string prefix_;
  Map overlay_;
  std::vector<Undo> journal_;  // The first journal_size_ are in use; the rest lend their buffers.
  size_t journal_size_ = 0;
  uint64_t event_ = 1;
  uint64_t mark_generation_ = 1;
  mutable uint64_t generation_ = 1;         // Of what is written now.
  mutable uint64_t sealed_generation_ = 0;  // The newest that a Seal has copied.
  std::vector<Map::node_type> spare_;
  size_t spare_bytes_ = 0;
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
  if (const auto it = overlay_.find(key); it != overlay_.end()) {
    if (it->second.deleted) return false;
    value->assign(PayloadOf(it->second.sealed));
    return true;
  }
  return GetStored(key, value);
}

Result<bool> OverlayStore::GetBefore(std::string_view key, std::string* value) {
  for (size_t i = 0; i < journal_size_; ++i) {
    const Undo& undo = journal_[i];
    if (undo.at->first != key) continue;
    if (!undo.existed) return GetStored(key, value);
    if (undo.before.deleted) return false;
    value->assign(PayloadOf(undo.before.sealed));
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

OverlayStore::Entry& OverlayStore::Touch(std::string_view key) {
  BONGSU_CHECK(key != kMetaKey);  // Seal writes it.
  auto it = overlay_.lower_bound(key);
  const bool existed = it != overlay_.end() && it->first == key;
  if (!existed) it = Insert(it, key);
  Entry& entry = it->second;
  if (!existed || entry.event != event_) {
    if (journal_size_ == journal_.size()) journal_.emplace_back();
    Undo& undo = journal_[journal_size_++];
    undo.at = it;
    undo.existed = existed;
    if (existed) std::swap(undo.before, entry);
  }
  entry.event = event_;
  entry.generation = generation_;
  entry.finished = false;
  return entry;
}

OverlayStore::Map::iterator OverlayStore::Insert(Map::iterator hint, std::string_view key) {
  if (spare_.empty()) return overlay_.emplace_hint(hint, key, Entry{});
  Map::node_type node = std::move(spare_.back());
  spare_.pop_back();
  spare_bytes_ -= node.mapped().sealed.capacity();
  node.key().assign(key);
  return overlay_.insert(hint, std::move(node));
}

void OverlayStore::Recycle(Map::iterator it) {
  const size_t bytes = it->second.sealed.capacity();
  if (spare_bytes_ + bytes > kSpareBytes) {
    overlay_.erase(it);
    return;
  }
  spare_bytes_ += bytes;
  spare_.push_back(overlay_.extract(it));
}

void OverlayStore::Mark() {
  ++event_;
  journal_size_ = 0;
  mark_generation_ = generation_;
}

void OverlayStore::Rollback() {
  while (journal_size_ > 0) {
    Undo& undo = journal_[--journal_size_];
    if (undo.existed) {
      std::swap(undo.before, undo.at->second);
    } else {
      Recycle(undo.at);
    }
  }
  ++event_;
}

std::string_view OverlayStore::Sealed(const Entry& entry) const {
  if (!entry.finished) {
    FinishSealed(&entry.sealed);
    entry.finished = true;
  }
  return entry.sealed;
}

void OverlayStore::VisitOverlay(const EntryVisitor& visit) const {
  for (const auto& [key, entry] : overlay_) {
    if (entry.deleted) {
      visit(key, std::nullopt);
    } else {
      visit(key, Sealed(entry));
    }
  }
}

WriteBatch OverlayStore::Seal(const Meta& meta) const {
  WriteBatch batch;
  for (const auto& [key, entry] : overlay_) {
    if (entry.deleted) {
      batch.Delete(prefix_ + key);
    } else {
      batch.Put(prefix_ + key, std::string(Sealed(entry)));
    }
  }
  batch.Put(StrCat(prefix_, kMetaKey), SealValue(kValueVersion, EncodeMeta(meta)));
  sealed_generation_ = generation_++;
  return batch;
}

Status OverlayStore::Write(const WriteBatch& batch) {
  if (restoring_.empty()) return database_.Write(batch);
  WriteBatch all = restoring_;  // Kept until the write has succeeded.
  for (const WriteBatch::Op& op : batch.ops()) {
    if (op.value) {
      all.Put(op.key, *op.value);
    } else {
      all.Delete(op.key);
    }
  }
  BONGSU_RETURN_IF_ERROR(database_.Write(all));
  restoring_.Clear();
  restoring_bytes_ = 0;
  return Status::Ok();
}

void OverlayStore::Applied() {
  // What was written after the Seal may still be rolled back; what was written before may not.
  if (mark_generation_ <= sealed_generation_) journal_size_ = 0;
  for (auto it = overlay_.begin(); it != overlay_.end();) {
    const auto current = it++;
    if (current->second.generation <= sealed_generation_) Recycle(current);
  }
}

Status OverlayStore::Restore(std::string_view key, std::optional<std::string_view> value) {
  if (key == kMetaKey) {
    return Status::Invalid(
        "state: a changelog's meta record is not state; decode it and write Seal(meta) at the end");
  }
  if (value) {
    if (const auto payload = OpenStored(*value); !payload.ok()) return payload.status();
    restoring_.Put(StrCat(prefix_, key), std::string(*value));
  } else {
    restoring_.Delete(StrCat(prefix_, key));
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
  auto it = overlay_.lower_bound(prefix);
  bool stopped = false;
  const auto emit_overlay = [&] {
    if (!it->second.deleted) stopped = !visit(it->first, PayloadOf(it->second.sealed));
    ++it;
  };
  Status bad;
  const auto from_database = [&](std::string_view full, std::string_view value) {
    const std::string_view key = full.substr(prefix_.size());
    if (key == kMetaKey) return true;
    while (!stopped && it != overlay_.end() && it->first < key) emit_overlay();
    if (stopped) return false;
    if (it != overlay_.end() && it->first == key) {
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
  while (!stopped && it != overlay_.end() && it->first.starts_with(prefix)) emit_overlay();
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
