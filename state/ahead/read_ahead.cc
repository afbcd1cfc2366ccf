#include "state/ahead/read_ahead.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/affinity.h"
#include "engine/base/hash.h"
#include "engine/base/hash_index.h"

namespace bongsu {
namespace {

constexpr size_t kTogether = 16;
constexpr size_t kSpareBytes = 4096;  // A place does not keep the buffer of a larger value.

class ReadAhead final : public KeyValueStore {
 public:
  ReadAhead(std::unique_ptr<KeyValueStore> store, size_t most)
      : store_(std::move(store)), places_(most) {}

  void Expect(std::string_view key) override {
    {
      const std::lock_guard lock(mutex_);
      if (!Started() || !Add(key)) return;
      if (!std::exchange(asleep_, false)) return;
    }
    more_.notify_one();
  }
  Result<bool> Get(std::string_view key, std::string* value) override {
    {
      const std::lock_guard lock(mutex_);
      const uint32_t number = Find(key, Hash64(key));
      if (number != HashIndex::kNone) {
        Place& place = places_[number];
        const bool ready = place.state == State::kReady;
        if (ready && place.found) std::swap(*value, place.value);
        Forget(number);
        if (ready) return place.found;
      }
    }
    return store_->Get(key, value);  // Sooner than to wait for the thread.
  }
  Status Write(const WriteBatch& batch, bool sync) override {
    Status written = store_->Write(batch, sync);
    {
      const std::lock_guard lock(mutex_);
      if (index_.size() == 0) return written;  // Nobody expects anything: the rule.
    }
    for (const WriteBatch::Op& op : batch.ops()) {
      const uint64_t hash = Hash64(op.key);
      const std::lock_guard lock(mutex_);  // Each time anew: others wait for it.
      const uint32_t number = Find(op.key, hash);
      if (number != HashIndex::kNone) Forget(number);
    }
    return written;
  }
  Status Scan(std::string_view from, std::string_view to, const Visitor& visit) override {
    return store_->Scan(from, to, visit);
  }
  Status DeleteRange(std::string_view from, std::string_view to) override {
    Status deleted = store_->DeleteRange(from, to);
    const std::lock_guard lock(mutex_);
    for (uint32_t number = 0; number < places_.size(); ++number) {
      const State state = places_[number].state;
      if (state != State::kFree && state != State::kStale) Forget(number);
    }
    return deleted;
  }
  uint64_t ApproximateSize() override { return store_->ApproximateSize(); }

 private:
  // While kReading or kStale, the bytes of a place are the thread's; kFree and kStale are not in
  // the index.
  enum class State { kFree, kWaiting, kReading, kReady, kStale };
  struct Place {
    State state = State::kFree;
    bool good = false, found = false;
    uint64_t hash = 0;
    std::string key, value;
  };

  // False when the system gives no thread: then Get reads.
  bool Started() {
    if (thread_.joinable()) return true;
    if (refused_) return false;
    try {
      const Unpinned its_thread;
      thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
    } catch (const std::system_error&) {
      refused_ = true;
    }
    return !refused_;
  }
  uint32_t Find(std::string_view key, uint64_t hash) const {
    return index_.Find(hash, [&](uint32_t number) { return places_[number].key == key; });
  }
  // Takes the oldest place. False when there is nothing to do: the key is there, or the thread is
  // still busy with what would leave.
  bool Add(std::string_view key) {
    const uint64_t hash = Hash64(key);
    if (Find(key, hash) != HashIndex::kNone) return false;
    const auto number = static_cast<uint32_t>(added_ % places_.size());
    Place& place = places_[number];
    if (place.state == State::kReading || place.state == State::kStale) return false;
    if (place.state != State::kFree) Forget(number);
    place.state = State::kWaiting;
    place.hash = hash;
    place.key.assign(key);
    index_.Insert(hash, number);
    ++added_;
    return true;
  }
  void Forget(uint32_t number) {
    Place& place = places_[number];
    index_.Erase(place.hash, number);
    if (place.state == State::kReading) {
      place.state = State::kStale;
    } else {
      Free(&place);
    }
  }
  static void Free(Place* place) {
    place->state = State::kFree;
    if (place->value.capacity() > kSpareBytes) std::string().swap(place->value);
  }
  void Run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (;;) {
      asleep_ = begun_ == added_;
      more_.wait(lock, stop, [this] { return begun_ != added_; });
      if (stop.stop_requested()) return;
      Begin();
      lock.unlock();
      for (const uint32_t number : reading_) {
        Place& place = places_[number];
        const Result<bool> found = store_->Get(place.key, &place.value);
        place.good = found.ok();
        place.found = found.ok() && *found;
      }
      lock.lock();
      for (const uint32_t number : reading_) End(number);
    }
  }
  // Some at a time, so that who asks seldom waits for the lock.
  void Begin() {
    reading_.clear();
    for (; begun_ != added_ && reading_.size() < kTogether; ++begun_) {
      const auto number = static_cast<uint32_t>(begun_ % places_.size());
      if (places_[number].state != State::kWaiting) continue;
      places_[number].state = State::kReading;
      reading_.push_back(number);
    }
  }
  void End(uint32_t number) {
    Place& place = places_[number];
    if (place.state == State::kStale) return Free(&place);
    place.state = State::kReady;
    if (!place.good) Forget(number);  // Who asks for it hears why.
  }

  const std::unique_ptr<KeyValueStore> store_;
  std::mutex mutex_;
  std::condition_variable_any more_;
  std::vector<Place> places_;  // A ring.
  HashIndex index_;
  size_t added_ = 0, begun_ = 0;   // Of all places there were; the next are these modulo the ring.
  std::vector<uint32_t> reading_;  // The thread's.
  bool asleep_ = false;            // The thread, or about to.
  bool refused_ = false;           // By the system.
  std::jthread thread_;            // Last: ends first.
};

}  // namespace

std::unique_ptr<KeyValueStore> MakeReadAhead(std::unique_ptr<KeyValueStore> store, size_t most) {
  return std::make_unique<ReadAhead>(std::move(store), most);
}

}  // namespace bongsu
