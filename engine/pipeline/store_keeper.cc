#include "engine/pipeline/store_keeper.h"

#include <algorithm>
#include <utility>

#include "engine/base/affinity.h"

namespace bongsu {

namespace {

constexpr size_t kSideBySide = 8;  // An opening waits for the disk more than it computes.

}  // namespace

class StoreKeeper::Lease final : public KeyValueStore {
 public:
  Lease(StoreKeeper& keeper, TopicPartition of, std::unique_ptr<KeyValueStore> store)
      : keeper_(keeper), of_(std::move(of)), store_(std::move(store)) {}
  ~Lease() override { keeper_.GiveBack(of_, std::move(store_)); }
  Result<bool> Get(std::string_view key, std::string* value) override {
    return store_->Get(key, value);
  }
  Status Write(const WriteBatch& batch, bool sync) override { return store_->Write(batch, sync); }
  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    return store_->Scan(from, to, visit);
  }
  Status DeleteRange(std::string_view from, std::string_view to) override {
    return store_->DeleteRange(from, to);
  }
  uint64_t ApproximateSize() override { return store_->ApproximateSize(); }

 private:
  StoreKeeper& keeper_;
  const TopicPartition of_;
  std::unique_ptr<KeyValueStore> store_;
};

StoreKeeper::StoreKeeper(Environment environment, Duration keep_open, const Clock& clock)
    : environment_(std::move(environment)), keep_open_(keep_open), clock_(clock) {}
StoreKeeper::~StoreKeeper() = default;

Result<std::unique_ptr<KeyValueStore>> StoreKeeper::Take(const TopicPartition& of) {
  const auto lease = [&](std::unique_ptr<KeyValueStore> store) {
    return std::unique_ptr<KeyValueStore>(std::make_unique<Lease>(*this, of, std::move(store)));
  };
  {
    const std::lock_guard lock(mutex_);
    const auto [entry, first] = entries_.try_emplace(of);
    if (!first && entry->second.parked == nullptr) {
      entry->second.wanted = true;
      return std::unique_ptr<KeyValueStore>();
    }
    entry->second.wanted = false;
    if (!first) return lease(std::move(entry->second.parked));
  }
  const Unpinned threads_of_the_store;
  Result<std::unique_ptr<KeyValueStore>> opened = environment_.open(of);
  if (opened.ok()) return lease(*std::move(opened));
  const std::lock_guard lock(mutex_);
  entries_.erase(of);
  return opened.status();
}

void StoreKeeper::Warm(std::span<const TopicPartition> all) {
  const std::lock_guard lock(mutex_);
  for (const TopicPartition& each : all) {
    if (entries_.try_emplace(each).second) ahead_.push_back(each);
  }
  for (; busy_ < std::min(ahead_.size(), kSideBySide); ++busy_)
    opening_.emplace_back([this](const std::stop_token& stop) { OpenAhead(stop); });
}

void StoreKeeper::OpenAhead(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    TopicPartition next;
    {
      const std::lock_guard lock(mutex_);
      if (ahead_.empty()) {
        --busy_;
        return;
      }
      next = std::move(ahead_.back());
      ahead_.pop_back();
    }
    Result<std::unique_ptr<KeyValueStore>> opened = environment_.open(next);
    if (opened.ok()) {
      GiveBack(next, *std::move(opened));
      continue;
    }
    const std::lock_guard lock(mutex_);
    entries_.erase(next);
  }
}

bool StoreKeeper::Wanted(const TopicPartition& of) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(of);
  return entry != entries_.end() && entry->second.wanted;
}

void StoreKeeper::GiveBack(const TopicPartition& of, std::unique_ptr<KeyValueStore> store) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[of];
  entry.parked = std::move(store);
  entry.since = clock_.Steady();
}

Status StoreKeeper::SetAside(const TopicPartition& of) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(of);
  if (entry != entries_.end()) {
    if (entry->second.parked == nullptr) {
      return Status::Unavailable("state: another holder was quicker; asking again");
    }
    entries_.erase(entry);
  }
  return environment_.set_aside(of);
}

void StoreKeeper::Tend() {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.parked != nullptr && clock_.Steady() - entry.second.since >= keep_open_;
  });
}

}  // namespace bongsu
