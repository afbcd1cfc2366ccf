#include "engine/pipeline/profiles.h"

#include <algorithm>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr size_t kCacheLine = 64;

}  // namespace

Profiles::Profiles(StateStore& store, const Layout& layout, size_t capacity)
    : store_(store),
      layout_(layout),
      capacity_(std::max<size_t>(1, capacity)),
      people_(1),
      undo_(layout.size()) {}

Status Profiles::Start() {
  BONGSU_ASSIGN_OR_RETURN(const bool known, store_.Get(layout_.Key(), &value_));
  if (!known) store_.Put(layout_.Key(), layout_.descriptor());
  return Status::Ok();
}

void Profiles::Unlink(uint32_t number) {
  const Person& person = people_[number];
  people_[person.newer].older = person.older;
  people_[person.older].newer = person.newer;
}

void Profiles::MakeNewest(uint32_t number) {
  Person& person = people_[number];
  person.newer = kRing;
  person.older = newest();
  people_[person.older].newer = number;
  people_[kRing].older = number;
}

uint32_t Profiles::Vacate() {
  if (index_.size() < capacity_) {
    if (people_.size() >= slabs_.size() * kSlab)
      slabs_.push_back(std::make_unique<std::byte[]>(kSlab * layout_.size()));
    people_.emplace_back();
    return static_cast<uint32_t>(people_.size() - 1);
  }
  const uint32_t oldest = people_[kRing].newer;
  Save(oldest);
  index_.Erase(people_[oldest].hash, oldest);
  Unlink(oldest);
  return oldest;
}

void Profiles::Expect(std::string_view user) {
  const uint64_t hash = Hash64(user);
  index_.Prefetch(hash);
  const uint64_t nearer = std::exchange(expected_[next_expected_++ % kExpected], hash);
  const uint32_t number = index_.Find(nearer, [](uint32_t) { return true; });
  if (number != HashIndex::kNone) Prefetch(number);
}

void Profiles::Prefetch(uint32_t number) const {
  __builtin_prefetch(&people_[number]);
  const std::span<const std::byte> bytes = BytesOf(number);
  for (size_t at = 0; at < bytes.size(); at += kCacheLine) __builtin_prefetch(&bytes[at]);
}

Result<std::span<std::byte>> Profiles::Open(std::string_view user) {
  const uint64_t hash = Hash64(user);
  uint32_t number = index_.Find(hash, [&](uint32_t known) { return people_[known].user == user; });
  if (number != HashIndex::kNone) {
    ++counters_.hits;
    if (number != newest()) {
      Unlink(number);
      MakeNewest(number);
    }
    return BytesOf(number);
  }
  ++counters_.misses;
  number = Vacate();
  Person& person = people_[number];
  person.user = user;
  person.hash = hash;
  person.dirty = false;
  MakeNewest(number);
  if (Status status = Load(user, BytesOf(number)); !status.ok()) {
    return status;  // The shard is set aside: this cache is not used again.
  }
  index_.Insert(hash, number);
  return BytesOf(number);
}

void Profiles::Touch() {
  Person& person = people_[newest()];
  std::memcpy(undo_.data(), BytesOf(newest()).data(), undo_.size());
  was_dirty_ = std::exchange(person.dirty, true);
  if (!was_dirty_) changed_.push_back(newest());
}

void Profiles::Undo() {
  Person& person = people_[newest()];
  std::memcpy(BytesOf(newest()).data(), undo_.data(), undo_.size());
  person.dirty = was_dirty_;
}

void Profiles::Flush() {
  for (size_t i = 0; i < changed_.size(); ++i) {
    if (i + kExpected < changed_.size()) Prefetch(changed_[i + kExpected]);
    Save(changed_[i]);
  }
  changed_.clear();
}

void Profiles::Save(uint32_t number) {
  Person& person = people_[number];
  if (!person.dirty) return;
  layout_.Encode(BytesOf(number), &value_);
  key_.assign("u/").append(person.user);
  store_.Put(key_, value_);
  person.dirty = false;
}

Status Profiles::Load(std::string_view user, std::span<std::byte> bytes) {
  key_.assign("u/").append(user);
  BONGSU_ASSIGN_OR_RETURN(const bool found, store_.Get(key_, &value_));
  if (!found) {
    std::memset(bytes.data(), 0, bytes.size());
    return Status::Ok();
  }
  BONGSU_ASSIGN_OR_RETURN(const uint64_t hash, Layout::HashOf(value_));
  const std::string_view words = std::string_view(value_).substr(8);
  return hash == layout_.hash() ? layout_.Decode(words, bytes) : LoadOld(hash, words, bytes);
}

Status Profiles::LoadOld(uint64_t hash, std::string_view words, std::span<std::byte> bytes) {
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
  old->second.Migrate(old_bytes, layout_, bytes);
  ++counters_.migrated;
  return Status::Ok();
}

}  // namespace bongsu
