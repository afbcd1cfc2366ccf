#include "engine/io/embedded/core.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "engine/base/strings.h"

namespace bongsu::embedded_internal {
namespace {

constexpr size_t kReadBytes = 8 << 20;
// Trimming leaves a range tombstone behind; rarely enough that readers never notice.
constexpr int64_t kTrimRecords = 8192;
constexpr Duration kLongestWait = std::chrono::hours(1);

}  // namespace

void Pending::Clear() {
  batch.Clear();
  outputs.clear();
  positions.clear();
}

Result<size_t> Core::SlotOf(std::string_view topic, int32_t partition) const {
  const auto it = topics_.find(topic);
  if (it == topics_.end()) {
    return Status::NotFound(
        StrCat("embedded log: no topic \"", topic, "\"; give it to the log when it is made"));
  }
  if (partition < 0 || partition >= it->second.partitions) {
    return Status::NotFound(StrCat("embedded log: topic ", topic, " has partitions 0 to ",
                                   it->second.partitions - 1, ", not ", partition));
  }
  return it->second.first_slot + static_cast<size_t>(partition);
}

Result<int32_t> Core::Partitions(std::string_view topic) const {
  BONGSU_RETURN_IF_ERROR(SlotOf(topic, 0).status());
  return topics_.find(topic)->second.partitions;
}

Result<Group*> Core::JoinGroup(std::string_view name, std::string_view member,
                               const std::vector<size_t>& slots) {
  const std::lock_guard lock(mutex_);
  auto it = groups_.find(name);
  if (it == groups_.end()) {
    it = groups_.emplace(name, Group{std::string(name), "", {}}).first;
    it->second.positions.assign(slot_count_, kNotReading);
  }
  Group& group = it->second;
  if (!group.member.empty()) {
    return Status::Invalid(
        StrCat("embedded log: group ", name, " is read by member ", group.member, ", so ", member,
               " cannot join; end that one first, or use a broker to share work"));
  }
  group.member = member.empty() ? "member" : std::string(member);
  for (const size_t slot : slots) {
    if (group.positions[slot] == kNotReading) group.positions[slot] = kNoPosition;
  }
  return &group;
}

void Core::LeaveGroup(Group* group) {
  const std::lock_guard lock(mutex_);
  group->member.clear();
}

int64_t Core::PositionOf(const Group& group, size_t slot) const {
  const std::lock_guard lock(mutex_);
  return group.positions[slot];
}

uint64_t Core::OwnProducer(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return ++producers_.try_emplace(std::string(id), 0).first->second;
}

bool Core::OwnsProducer(const std::string& id, uint64_t epoch) const {
  const std::lock_guard lock(mutex_);
  const auto it = producers_.find(id);
  return it != producers_.end() && it->second == epoch;
}

Outcome Core::Commit(const std::string& producer, uint64_t epoch, Pending* pending) {
  const std::lock_guard lock(mutex_);
  if (producers_[producer] != epoch) {
    last_failure_ =
        Status::Fenced(StrCat("embedded log: another producer took over the id ", producer));
    pending->Clear();
    return Outcome::kFenced;
  }
  moved_.clear();
  newest_.clear();
  last_failure_ = AddRecords(pending);
  if (!last_failure_.ok()) {
    pending->Clear();
    return Outcome::kAborted;
  }
  AddPositions(pending);
  for (const Moved& moved : moved_) {
    std::string bounds;
    AppendNumber(moved.next, &bounds);
    AppendNumber(moved.first, &bounds);
    pending->batch.Put(StrCat(kBoundsPrefix, PlaceBytes(slots_[moved.slot].place)), bounds);
  }
  last_failure_ = pending->batch.empty() ? Status::Ok() : store_.Write(pending->batch);
  const Outcome outcome = last_failure_.ok() ? Outcome::kCommitted : Outcome::kAborted;
  if (outcome == Outcome::kCommitted) ApplyCommitted(*pending);
  pending->Clear();
  return outcome;
}

Core::Moved& Core::MovedOf(size_t slot) {
  // Few partitions move in one commit, and records of one come in runs.
  for (auto it = moved_.rbegin(); it != moved_.rend(); ++it) {
    if (it->slot == slot) return *it;
  }
  return moved_.emplace_back(Moved{slot, slots_[slot].next.load(), slots_[slot].first.load()});
}

Status Core::AddRecords(Pending* pending) {
  for (Pending::Output& output : pending->outputs) {
    Moved& moved = MovedOf(output.slot);
    const Slot& slot = slots_[output.slot];
    if (slot.compact) {
      BONGSU_RETURN_IF_ERROR(Compact(slot, output.encoded, moved.next, &pending->batch));
    }
    pending->batch.Put(RecordKey(slots_[output.slot].place, moved.next++), output.encoded);
  }
  return Status::Ok();
}

Status Core::Compact(const Slot& slot, std::string_view encoded, int64_t offset,
                     WriteBatch* batch) {
  BONGSU_ASSIGN_OR_RETURN(const std::string_view key, KeyOfRecord(encoded));
  std::string index = StrCat(kIndexPrefix, PlaceBytes(slot.place), key);
  std::string value;
  const auto [known, first] = newest_.try_emplace(index, offset);
  if (!first) {
    batch->Delete(RecordKey(slot.place, std::exchange(known->second, offset)));
  } else {
    BONGSU_ASSIGN_OR_RETURN(const bool found, store_.Get(index, &value));
    if (found && value.size() == 8) batch->Delete(RecordKey(slot.place, NumberAt(value, 0)));
  }
  value.clear();
  AppendNumber(offset, &value);
  batch->Put(index, value);
  return Status::Ok();
}

void Core::AddPositions(Pending* pending) {
  for (const Pending::Saved& saved : pending->positions) {
    std::string position;
    AppendNumber(saved.next, &position);
    pending->batch.Put(
        StrCat(kGroupPrefix, saved.group->name, '/', PlaceBytes(slots_[saved.slot].place)),
        position);
    if (!slots_[saved.slot].trim) continue;
    const int64_t passed = PassedByAll(saved.slot, *pending);
    if (passed - slots_[saved.slot].first.load() >= kTrimRecords)
      MovedOf(saved.slot).first = passed;
  }
}

int64_t Core::PassedByAll(size_t slot, const Pending& pending) const {
  int64_t passed = std::numeric_limits<int64_t>::max();
  for (const auto& [name, group] : groups_) {
    int64_t position = group.positions[slot];
    if (position == kNotReading) continue;
    for (const Pending::Saved& saved : pending.positions) {
      if (saved.group == &group && saved.slot == slot) position = saved.next;
    }
    passed = std::min(passed, position);  // kNoPosition: somebody reads from the beginning.
  }
  return passed;
}

void Core::ApplyCommitted(const Pending& pending) {
  for (const Pending::Saved& saved : pending.positions) {
    saved.group->positions[saved.slot] = saved.next;
  }
  {
    const std::lock_guard lock(wait_mutex_);
    for (const Moved& moved : moved_) slots_[moved.slot].next.store(moved.next);
  }
  committed_.notify_all();
  for (const Moved& moved : moved_) {
    Slot& slot = slots_[moved.slot];
    const int64_t before = slot.first.exchange(moved.first);
    if (before == moved.first) continue;
    // Should it fail, the records are out of sight already and the next start drops them.
    last_failure_ =
        store_.DeleteRange(RecordKey(slot.place, 0), RecordKey(slot.place, moved.first));
    if (!last_failure_.ok()) return;
  }
}

Status Core::last_failure() const {
  const std::lock_guard lock(mutex_);
  return last_failure_;
}

Status Core::Read(size_t index, size_t max, int64_t* next, EmbeddedBatch* batch) {
  const Slot& slot = slots_[index];
  const int64_t from = *next;
  const int64_t end = slot.next.load();
  if (from >= end || max == 0) return Status::Ok();
  Status bad;
  size_t count = 0;
  const size_t bytes_before = batch->bytes();
  bool stopped = false;
  const auto visit = [&](std::string_view key, std::string_view value) {
    const int64_t offset = OffsetOfRecordKey(key);
    bad = batch->Add(offset, value);
    if (!bad.ok()) return false;
    *next = offset + 1;
    stopped = ++count == max || batch->bytes() - bytes_before >= kReadBytes;
    return !stopped;
  };
  const Status read = store_.Scan(RecordKey(slot.place, from), RecordKey(slot.place, end), visit);
  batch->Finish();
  BONGSU_RETURN_IF_ERROR(read);
  BONGSU_RETURN_IF_ERROR(bad);
  if (from < slot.first.load()) {
    return Status::Invalid(StrCat("embedded log: ", slot.name.topic, '[', slot.name.partition,
                                  "] begins at ", slot.first.load(), ", after the wanted ", from,
                                  "; read it from the beginning"));
  }
  if (!stopped) *next = end;
  return Status::Ok();
}

void Core::WaitUntil(Duration timeout, const std::function<bool()>& ready) {
  std::unique_lock lock(wait_mutex_);
  committed_.wait_for(lock, std::clamp(timeout, Duration::zero(), kLongestWait), ready);
}

}  // namespace bongsu::embedded_internal
