#include "engine/pipeline/profiles.h"

#include <algorithm>
#include <cstring>

#include "engine/base/strings.h"

namespace bongsu {

Profiles::Profiles(StateStore& store, const Layout& layout, size_t capacity)
    : store_(store),
      layout_(layout),
      capacity_(std::max<size_t>(1, capacity)),
      undo_(layout.size()) {
  index_.reserve(std::min<size_t>(capacity_, 1 << 16));
}

Status Profiles::Start() {
  BONGSU_ASSIGN_OR_RETURN(const bool known, store_.Get(layout_.Key(), &value_));
  if (!known) store_.Put(layout_.Key(), layout_.descriptor());
  return Status::Ok();
}

Result<std::span<std::byte>> Profiles::Open(std::string_view user) {
  if (const auto found = index_.find(user); found != index_.end()) {
    ++counters_.hits;
    recent_.splice(recent_.begin(), recent_, found->second);
    return std::span<std::byte>(recent_.front().bytes);
  }
  ++counters_.misses;
  if (index_.size() >= capacity_) {  // Reuse the least recently used.
    Save(recent_.back());
    index_.erase(recent_.back().user);
    recent_.splice(recent_.begin(), recent_, std::prev(recent_.end()));
  } else {
    recent_.emplace_front();
    recent_.front().bytes.resize(layout_.size());
  }
  Person& person = recent_.front();
  person.user = user;
  person.dirty = false;
  if (Status status = Load(user, person.bytes); !status.ok()) {
    return status;  // The shard is set aside: this cache is not used again.
  }
  index_.emplace(person.user, recent_.begin());
  return std::span<std::byte>(person.bytes);
}

void Profiles::Touch() {
  Person& person = recent_.front();
  std::memcpy(undo_.data(), person.bytes.data(), undo_.size());
  was_dirty_ = std::exchange(person.dirty, true);
  if (!was_dirty_) changed_.push_back(&person);
}

void Profiles::Undo() {
  Person& person = recent_.front();
  std::memcpy(person.bytes.data(), undo_.data(), undo_.size());
  person.dirty = was_dirty_;
}

void Profiles::Flush() {
  for (Person* person : changed_) Save(*person);
  changed_.clear();
}

void Profiles::Save(Person& person) {
  if (!person.dirty) return;
  layout_.Encode(person.bytes, &value_);
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
