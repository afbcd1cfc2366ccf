// Opening an embedded log: what lies in the database becomes topics, bounds and positions in
// memory.
#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/strings.h"
#include "engine/io/embedded/core.h"

namespace bongsu::embedded_internal {
namespace {

constexpr char kFormat[] = "1";
constexpr size_t kLongestName = 249;

Status Damaged(std::string_view what) {
  return Status::Corrupt(StrCat("embedded log: the stored ", what,
                                " are damaged; set the store aside and start from the source"));
}

Status CheckTopic(const EmbeddedTopic& topic) {
  BONGSU_RETURN_IF_ERROR(CheckName("topic", topic.name));
  if (topic.partitions >= 1 && topic.partitions <= std::numeric_limits<uint16_t>::max()) {
    return Status::Ok();
  }
  return Status::Invalid(StrCat("embedded log: topic ", topic.name, " cannot have ",
                                topic.partitions, " partitions; choose 1 to 65535"));
}

}  // namespace

Status CheckName(std::string_view what, std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (!name.empty() && name.size() <= kLongestName &&
      std::all_of(name.begin(), name.end(), plain)) {
    return Status::Ok();
  }
  return Status::Invalid(StrCat("embedded log: \"", name, "\" cannot name a ", what,
                                "; use 1 to 249 letters, digits, '.', '_' and '-'"));
}

Status Core::Open(std::vector<EmbeddedTopic> topics) {
  WriteBatch batch;
  BONGSU_RETURN_IF_ERROR(CheckFormat(&batch));
  BONGSU_ASSIGN_OR_RETURN(auto stored, LoadTopics());
  for (const EmbeddedTopic& topic : topics) {
    BONGSU_RETURN_IF_ERROR(CheckTopic(topic));
    slot_count_ += static_cast<size_t>(topic.partitions);
  }
  slots_ = std::make_unique<Slot[]>(slot_count_);
  size_t index = 0;
  for (const EmbeddedTopic& topic : topics) {
    if (!topics_.emplace(topic.name, Topic{topic.name, index, topic.partitions}).second) {
      return Status::Invalid(StrCat("embedded log: topic ", topic.name, " is given twice"));
    }
    BONGSU_ASSIGN_OR_RETURN(const uint16_t number, NumberOf(topic, &stored, &batch));
    for (int32_t p = 0; p < topic.partitions; ++p, ++index) {
      slots_[index].name = {topic.name, p};
      slots_[index].place = {number, static_cast<uint16_t>(p)};
      slots_[index].trim = topic.trim;
      slots_[index].compact = topic.compact;
    }
  }
  if (!batch.empty()) BONGSU_RETURN_IF_ERROR(store_.Write(batch));
  BONGSU_RETURN_IF_ERROR(LoadBounds());
  BONGSU_RETURN_IF_ERROR(LoadGroups());
  BONGSU_RETURN_IF_ERROR(DropTrimmed());
  return IndexCompacted();
}

// A topic that was written without `compact` until now is compacted once, and indexed. One that is
// written without it from now on has no index any more.
Status Core::IndexCompacted() {
  std::string ignored;
  for (size_t i = 0; i < slot_count_; ++i) {
    const Slot& slot = slots_[i];
    const std::string marker = StrCat(kCompactPrefix, PlaceBytes(slot.place));
    BONGSU_ASSIGN_OR_RETURN(const bool indexed, store_.Get(marker, &ignored));
    if (indexed == slot.compact) continue;
    if (slot.compact) {
      BONGSU_RETURN_IF_ERROR(IndexSlot(slot));
    } else {
      WriteBatch batch;
      batch.Delete(marker);
      BONGSU_RETURN_IF_ERROR(store_.Write(batch));
    }
  }
  return Status::Ok();
}

Status Core::IndexSlot(const Slot& slot) {
  const std::string prefix = StrCat(kIndexPrefix, PlaceBytes(slot.place));
  std::map<std::string, int64_t, std::less<>> newest;
  std::vector<int64_t> older;
  Status bad;
  const auto visit = [&](std::string_view record_key, std::string_view value) {
    const Result<std::string_view> key = KeyOfRecord(value);
    if (!key.ok()) {
      bad = key.status();
      return false;
    }
    const int64_t offset = OffsetOfRecordKey(record_key);
    const auto [known, first] = newest.try_emplace(std::string(*key), offset);
    if (!first) older.push_back(std::exchange(known->second, offset));
    return true;
  };
  BONGSU_RETURN_IF_ERROR(store_.DeleteRange(prefix, PrefixEnd(prefix)));
  BONGSU_RETURN_IF_ERROR(
      store_.Scan(RecordKey(slot.place, 0), RecordKey(slot.place, slot.next.load()), visit));
  BONGSU_RETURN_IF_ERROR(bad);
  WriteBatch batch;
  for (const int64_t offset : older) batch.Delete(RecordKey(slot.place, offset));
  for (const auto& [key, offset] : newest) {
    std::string number;
    AppendNumber(offset, &number);
    batch.Put(prefix + key, number);
  }
  batch.Put(StrCat(kCompactPrefix, PlaceBytes(slot.place)), "");
  return store_.Write(batch);
}

Result<uint16_t> Core::NumberOf(const EmbeddedTopic& topic, StoredTopics* stored,
                                WriteBatch* batch) {
  if (const auto it = stored->find(topic.name); it != stored->end()) {
    if (it->second.partitions == topic.partitions) return it->second.number;
    return Status::Invalid(StrCat("embedded log: topic ", topic.name, " has ",
                                  it->second.partitions, " partitions on disk but ",
                                  topic.partitions, " are configured; set it to ",
                                  it->second.partitions, ", or choose another data_dir"));
  }
  if (stored->size() > std::numeric_limits<uint16_t>::max()) {
    return Status::Invalid("embedded log: no room for a further topic; use another data_dir");
  }
  const auto number = static_cast<uint16_t>(stored->size());  // Topics are never removed.
  stored->emplace(topic.name, Stored{number, topic.partitions});
  batch->Put(StrCat(kTopicPrefix, topic.name),
             PlaceBytes({number, static_cast<uint16_t>(topic.partitions)}));
  return number;
}

Status Core::CheckFormat(WriteBatch* batch) {
  std::string format;
  BONGSU_ASSIGN_OR_RETURN(const bool found, store_.Get(kFormatKey, &format));
  if (!found) {
    batch->Put(std::string(kFormatKey), kFormat);
  } else if (format != kFormat) {
    return Status::Invalid(StrCat("embedded log: the store has format ", format,
                                  ", this release reads ", kFormat,
                                  "; run the release that wrote it, or choose another data_dir"));
  }
  return Status::Ok();
}

Result<Core::StoredTopics> Core::LoadTopics() {
  StoredTopics topics;
  bool good = true;
  const auto visit = [&](std::string_view key, std::string_view value) {
    const auto place = ParsePlace(value);
    good = place.has_value();
    if (good) {
      topics.emplace(key.substr(kTopicPrefix.size()), Stored{place->topic, place->partition});
    }
    return good;
  };
  BONGSU_RETURN_IF_ERROR(store_.Scan(kTopicPrefix, PrefixEnd(kTopicPrefix), visit));
  if (!good) return Damaged("topics");
  return topics;
}

Status Core::LoadBounds() {
  std::string bounds;
  for (size_t i = 0; i < slot_count_; ++i) {
    Slot& slot = slots_[i];
    BONGSU_ASSIGN_OR_RETURN(const bool found,
                            store_.Get(StrCat(kBoundsPrefix, PlaceBytes(slot.place)), &bounds));
    if (!found) continue;
    if (bounds.size() != 16) return Damaged("bounds");
    slot.next.store(NumberAt(bounds, 0));
    slot.first.store(NumberAt(bounds, 8));
  }
  return Status::Ok();
}

Status Core::LoadGroups() {
  bool good = true;
  const auto visit = [&](std::string_view key, std::string_view value) {
    key.remove_prefix(kGroupPrefix.size());
    const size_t slash = key.find('/');
    const auto place = slash == key.npos ? std::nullopt : ParsePlace(key.substr(slash + 1));
    good = place.has_value() && value.size() == 8;
    if (!good) return false;
    const std::string name(key.substr(0, slash));
    Group& group = groups_.try_emplace(name, Group{name, "", {}}).first->second;
    group.positions.resize(slot_count_, kNotReading);
    for (size_t i = 0; i < slot_count_; ++i) {
      if (slots_[i].place == *place) group.positions[i] = NumberAt(value, 0);
    }
    return true;
  };
  BONGSU_RETURN_IF_ERROR(store_.Scan(kGroupPrefix, PrefixEnd(kGroupPrefix), visit));
  return good ? Status::Ok() : Damaged("positions");
}

// A crash between a commit and its trimming leaves records below `first`.
Status Core::DropTrimmed() {
  for (size_t i = 0; i < slot_count_; ++i) {
    const Slot& slot = slots_[i];
    const std::string begin = RecordKey(slot.place, 0);
    const std::string first = RecordKey(slot.place, slot.first.load());
    bool left = false;
    BONGSU_RETURN_IF_ERROR(store_.Scan(begin, first, [&](std::string_view, std::string_view) {
      left = true;
      return false;
    }));
    if (left) BONGSU_RETURN_IF_ERROR(store_.DeleteRange(begin, first));
  }
  return Status::Ok();
}

}  // namespace bongsu::embedded_internal
