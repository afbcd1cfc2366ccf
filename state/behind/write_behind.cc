#include "state/behind/write_behind.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/hash_index.h"

namespace bongsu {
namespace {

// Writes in the order they came, and of each key the last.
class Waiting final {
 public:
  void Append(const WriteBatch& batch) {
    auto number = static_cast<uint32_t>(batch_.ops().size());
    batch_.Append(batch);
    for (const WriteBatch::Op& op : batch.ops()) {
      const uint64_t hash = Hash64(op.key);
      const uint32_t known = Find(op.key, hash);
      if (known == HashIndex::kNone) {
        index_.Insert(hash, static_cast<uint32_t>(last_.size()));
        last_.push_back(number++);
      } else {
        last_[known] = number++;
      }
    }
  }
  std::optional<WriteBatch::Op> Last(std::string_view key) const {
    const uint32_t known = Find(key, Hash64(key));
    if (known == HashIndex::kNone) return std::nullopt;
    return batch_.ops()[last_[known]];
  }
  // By key. Only the last are looked at and copied, which WriteBatch::Sort could not know.
  WriteBatch Sorted() const {
    std::vector<uint32_t> order = last_;
    std::ranges::sort(order, {}, [this](uint32_t number) { return batch_.ops()[number].key; });
    WriteBatch sorted;
    for (const uint32_t number : order) {
      const WriteBatch::Op op = batch_.ops()[number];
      op.value ? sorted.Put(op.key, *op.value) : sorted.Delete(op.key);
    }
    return sorted;
  }
  bool empty() const { return batch_.empty(); }
  size_t bytes() const { return batch_.bytes(); }
  void Clear() {
    batch_.Clear();
    last_.clear();
    index_.Clear();
  }

 private:
  uint32_t Find(std::string_view key, uint64_t hash) const {
    return index_.Find(hash, [&](uint32_t at) { return batch_.ops()[last_[at]].key == key; });
  }

  WriteBatch batch_;
  std::vector<uint32_t> last_;  // A number in the batch for each key.
  HashIndex index_;             // Of last_.
};

}  // namespace

// A store is entitled to an equal share of the bytes.
struct WriteBehind::Shared {
  Limits limits;
  std::mutex mutex;  // Of who is in `stores`.
  std::vector<Store*> stores;
  std::atomic<size_t> open{0};  // How many those are.
};

class WriteBehind::Store final : public KeyValueStore {
 public:
  Store(std::shared_ptr<Shared> shared, const Clock& clock, std::unique_ptr<KeyValueStore> store)
      : shared_(std::move(shared)), clock_(clock), store_(std::move(store)) {
    const std::lock_guard lock(shared_->mutex);
    shared_->stores.push_back(this);
    shared_->open = shared_->stores.size();
  }
  ~Store() override {
    (void)WriteAll(false);
    const std::lock_guard lock(shared_->mutex);
    std::erase(shared_->stores, this);
    shared_->open = shared_->stores.size();
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void Tend() {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty() || failed_) return;
      if (waiting_.bytes() < Share() && clock_.Steady() - since_ < shared_->limits.age) return;
    }
    (void)WriteAll(false);
  }

  Result<bool> Get(std::string_view key, std::string* value) override {
    {
      const std::lock_guard lock(mutex_);
      std::optional<WriteBatch::Op> op = waiting_.Last(key);
      if (!op) op = leaving_.Last(key);
      if (op) {
        if (op->value) value->assign(*op->value);
        return op->value.has_value();
      }
    }
    return store_->Get(key, value);
  }
  Status Write(const WriteBatch& batch, bool sync) override {
    if (!Add(batch)) {
      {
        const std::lock_guard writing(writer_);
        BONGSU_RETURN_IF_ERROR(WriteLeaving(false));
      }
      return Write(batch, sync);
    }
    return sync || TooMuch() ? WriteAll(sync) : Status::Ok();
  }
  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    BONGSU_RETURN_IF_ERROR(WriteAll(false));
    return store_->Scan(from, to, visit);
  }
  Status DeleteRange(std::string_view from, std::string_view to) override {
    BONGSU_RETURN_IF_ERROR(WriteAll(false));
    return store_->DeleteRange(from, to);
  }
  uint64_t ApproximateSize() override {
    const uint64_t written = store_->ApproximateSize();
    const std::lock_guard lock(mutex_);
    return written + waiting_.bytes() + leaving_.bytes();
  }

 private:
  size_t Share() const { return shared_->limits.bytes / shared_->open; }
  // Who tends it does not keep up.
  bool TooMuch() {
    const std::lock_guard lock(mutex_);
    return waiting_.bytes() >= 2 * Share();
  }
  // False while something earlier could not be written.
  bool Add(const WriteBatch& batch) {
    const std::lock_guard lock(mutex_);
    if (failed_) return false;
    if (waiting_.empty()) since_ = clock_.Steady();
    waiting_.Append(batch);
    return true;
  }
  Status WriteAll(bool sync) {
    const std::lock_guard writing(writer_);
    BONGSU_RETURN_IF_ERROR(WriteLeaving(false));
    {
      const std::lock_guard lock(mutex_);
      std::swap(waiting_, leaving_);
    }
    return WriteLeaving(sync);
  }
  // Under writer_, beside readers.
  Status WriteLeaving(bool sync) {
    if (leaving_.empty()) return Status::Ok();
    Status written = store_->Write(leaving_.Sorted(), sync);
    const std::lock_guard lock(mutex_);
    failed_ = !written.ok();
    if (!failed_) leaving_.Clear();
    return written;
  }

  const std::shared_ptr<Shared> shared_;
  const Clock& clock_;
  const std::unique_ptr<KeyValueStore> store_;
  std::mutex writer_;         // Who writes.
  mutable std::mutex mutex_;  // Who changes what readers see; never held while the store works.
  Waiting waiting_, leaving_;
  bool failed_ = false;  // What leaves could not be written.
  Timestamp since_;      // The first that waits.
};

WriteBehind::WriteBehind(const Limits& limits, const Clock& clock)
    : shared_(std::make_shared<Shared>()), clock_(clock) {
  shared_->limits = limits;
}

void WriteBehind::Tend() {
  const std::lock_guard lock(shared_->mutex);
  for (Store* const store : shared_->stores) store->Tend();
}

std::unique_ptr<KeyValueStore> WriteBehind::Before(std::unique_ptr<KeyValueStore> store) {
  return std::make_unique<Store>(shared_, clock_, std::move(store));
}

}  // namespace bongsu
