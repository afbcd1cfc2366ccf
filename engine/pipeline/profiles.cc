#include "engine/pipeline/profiles.h"

#include <algorithm>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/prefetch.h"
#include "engine/base/strings.h"
#include "engine/core/state_keys.h"

namespace bongsu {
namespace {

constexpr int64_t kRare = 50;  // One miss in so many does not pay for looking for more.

// Somebody with this hash: almost always the person that was meant.
uint32_t Likely(const HashIndex& index, uint64_t hash) {
  return index.Find(hash, [](uint32_t) { return true; });
}

}  // namespace

Profiles::Profiles(StateStore& store, const Layout& layout, size_t capacity)
    : store_(store),
      layout_(layout),
      capacity_(std::max<size_t>(1, capacity)),
      undo_(layout.size()),
      whole_(layout.size()),
      rests_(layout.rests()) {
  found_.fill(HashIndex::kNone);
}

Status Profiles::Start() {
  BONGSU_ASSIGN_OR_RETURN(const bool known, store_.Get(layout_.Key(), &value_));
  if (!known) store_.Put(layout_.Key(), layout_.descriptor());
  return Status::Ok();
}

uint32_t Profiles::Vacate() {
  if (index_.size() < capacity_) {
    if (people_.size() >= slabs_.size() * kSlab)
      slabs_.push_back(std::make_unique_for_overwrite<std::byte[]>(kSlab * layout_.head()));
    people_.emplace_back();
    return static_cast<uint32_t>(people_.size() - 1);
  }
  const auto advance = [&] { hand_ = hand_ + 1 < people_.size() ? hand_ + 1 : 0; };
  for (; people_[hand_].used; advance()) people_[hand_].used = false;
  const uint32_t leaving = hand_;
  advance();
  Save(leaving);
  index_.Erase(people_[leaving].hash, leaving);
  return leaving;
}

void Profiles::Announce(std::span<const Record> events) {
  const int64_t misses = counters_.misses - announced_.misses;
  const int64_t opened = counters_.hits - announced_.hits + misses;
  announced_ = counters_;
  if (misses * kRare <= opened) return;
  for (const Record& event : events) {
    if (Likely(index_, Hash64(event.key)) != HashIndex::kNone) continue;
    StateKey(kProfileKind, event.key, &key_);
    store_.Expect(key_);
  }
}

void Profiles::Expect(std::string_view user) {
  const uint64_t hash = Hash64(user);
  index_.Prefetch(hash);
  const uint64_t nearer = std::exchange(expected_[calls_ % kExpected], hash);
  const uint32_t number = Likely(index_, nearer);
  if (number != HashIndex::kNone) PrefetchPerson(number);
  const uint32_t nearest = std::exchange(found_[calls_ % kFound], number);
  ++calls_;
  if (nearest != HashIndex::kNone) Prefetch(RestsOf(people_[nearest]));
}

void Profiles::PrefetchPerson(uint32_t number) const {
  Prefetch(&people_[number]);
  Prefetch(HeadOf(number));
}

Result<std::span<std::byte>> Profiles::Open(std::string_view user) {
  const uint64_t hash = Hash64(user);
  uint32_t number = index_.Find(hash, [&](uint32_t known) { return people_[known].user == user; });
  if (number != HashIndex::kNone) {
    ++counters_.hits;
    opened_ = number;
    people_[number].used = true;
    return HeadOf(number);
  }
  ++counters_.misses;
  opened_ = number = Vacate();
  Person& person = people_[number];
  person.user = user;
  person.hash = hash;
  person.used = person.dirty = false;
  if (Status status = Load(number); !status.ok()) {
    return status;  // The shard is set aside: this cache is not used again.
  }
  index_.Insert(hash, number);
  return HeadOf(number);
}

std::span<std::byte> Profiles::OpenRests() {
  std::unique_ptr<std::byte[]>& rests = people_[opened_].rests;
  if (rests == nullptr) rests = std::make_unique<std::byte[]>(layout_.rests());
  return {rests.get(), layout_.rests()};
}

void Profiles::Touch() {
  Person& person = people_[opened_];
  std::memcpy(undo_.data(), HeadOf(opened_).data(), layout_.head());
  undo_size_ = layout_.head();
  if (person.rests != nullptr) {
    std::memcpy(undo_.data() + undo_size_, person.rests.get(), layout_.rests());
    undo_size_ += layout_.rests();
  }
  was_dirty_ = std::exchange(person.dirty, true);
  if (!was_dirty_) changed_.push_back(opened_);
}

void Profiles::Undo() {
  Person& person = people_[opened_];
  std::memcpy(HeadOf(opened_).data(), undo_.data(), layout_.head());
  if (undo_size_ == layout_.head()) {
    person.rests.reset();
  } else {
    std::memcpy(person.rests.get(), undo_.data() + layout_.head(), layout_.rests());
  }
  person.dirty = was_dirty_;
}

void Profiles::Flush() {
  for (size_t i = 0; i < changed_.size(); ++i) {
    if (i + kExpected < changed_.size()) PrefetchPerson(changed_[i + kExpected]);
    Save(changed_[i]);
  }
  changed_.clear();
}

void Profiles::Save(uint32_t number) {
  Person& person = people_[number];
  if (!person.dirty) return;
  layout_.Encode(HeadOf(number), RestsOf(person), &value_);
  StateKey(kProfileKind, person.user, &key_);
  store_.Put(key_, value_);
  person.dirty = false;
}

Status Profiles::Load(uint32_t number) {
  Person& person = people_[number];
  const std::span<std::byte> head = HeadOf(number);
  person.rests.reset();
  StateKey(kProfileKind, person.user, &key_);
  BONGSU_ASSIGN_OR_RETURN(const bool found, store_.Get(key_, &value_));
  if (!found) {
    std::memset(head.data(), 0, head.size());
    return Status::Ok();
  }
  BONGSU_ASSIGN_OR_RETURN(const uint64_t hash, Layout::HashOf(value_));
  const std::string_view words = std::string_view(value_).substr(8);
  BONGSU_RETURN_IF_ERROR(hash == layout_.hash() ? layout_.Decode(words, whole_)
                                                : LoadOld(hash, words));
  if (layout_.Split(whole_, head, rests_)) {
    person.rests = std::make_unique_for_overwrite<std::byte[]>(rests_.size());
    std::copy(rests_.begin(), rests_.end(), person.rests.get());
  }
  return Status::Ok();
}

Status Profiles::LoadOld(uint64_t hash, std::string_view words) {
  auto old = old_layouts_.find(hash);
  if (old == old_layouts_.end()) {
    char digits[17];
    std::snprintf(digits, sizeof(digits), "%016llx", static_cast<unsigned long long>(hash));
    std::string descriptor;
    BONGSU_ASSIGN_OR_RETURN(
        const bool known, store_.Get(StrCat("schema/", std::string_view(digits, 16)), &descriptor));
    if (!known)
      return Status::Corrupt(
          StrCat("state: layout ", std::string_view(digits, 16), " has no descriptor"));
    BONGSU_ASSIGN_OR_RETURN(Layout layout, Layout::FromDescriptor(descriptor));
    old = old_layouts_.emplace(hash, std::move(layout)).first;
    migration_note_ = old->second.Difference(layout_);
  }
  std::vector<std::byte> old_bytes(old->second.size());
  BONGSU_RETURN_IF_ERROR(old->second.Decode(words, old_bytes));
  old->second.Migrate(old_bytes, layout_, whole_);
  ++counters_.migrated;
  return Status::Ok();
}

}  // namespace bongsu
