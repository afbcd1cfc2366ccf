#include "tests/simulator/partition_log.h"

#include <algorithm>

namespace bongsu::sim {

std::string_view Payload::Header(std::string_view name) const {
  for (const auto& [header, text] : headers) {
    if (header == name) return text;
  }
  return {};
}

int64_t PartitionLog::Append(int64_t producer, std::shared_ptr<const Payload> payload,
                             Timestamp now) {
  open_.try_emplace(producer, end_);
  entries_.push_back({end_, Entry::Kind::kOpen, producer, now, std::move(payload), {}});
  return end_++;
}

int64_t PartitionLog::AppendPlain(std::shared_ptr<const Payload> payload, Timestamp now) {
  entries_.push_back({end_, Entry::Kind::kCommitted, 0, now, std::move(payload), {}});
  return end_++;
}

void PartitionLog::End(int64_t producer, bool commit, Timestamp now) {
  if (const auto open = open_.find(producer); open != open_.end()) {
    for (size_t i = IndexOf(open->second); i < entries_.size(); ++i) {
      Entry& entry = entries_[i];
      if (entry.producer != producer || entry.kind != Entry::Kind::kOpen) continue;
      entry.kind = commit ? Entry::Kind::kCommitted : Entry::Kind::kAborted;
    }
    open_.erase(open);
  }
  entries_.push_back({end_++, Entry::Kind::kMarker, producer, now, nullptr, {}});
}

int64_t PartitionLog::stable_end() const {
  int64_t stable = end_;
  for (const auto& [producer, first] : open_) stable = std::min(stable, first);
  return stable;
}

const Entry* PartitionLog::FirstOpen() const {
  return open_.empty() ? nullptr : &entries_[IndexOf(stable_end())];
}

size_t PartitionLog::IndexOf(int64_t offset) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), offset,
                                      [](const Entry& e, int64_t o) { return e.offset < o; });
  return static_cast<size_t>(found - entries_.begin());
}

size_t PartitionLog::Compact(Timestamp now, Duration lag, Duration retention) {
  const int64_t stable = stable_end();
  std::map<std::string_view, int64_t> newest;
  size_t cleanable = 0;
  for (; cleanable < entries_.size(); ++cleanable) {
    const Entry& entry = entries_[cleanable];
    if (entry.offset >= stable || now - entry.time < lag) break;
    if (entry.kind == Entry::Kind::kCommitted) newest[entry.payload->key] = entry.offset;
  }
  const auto goes = [&](Entry& entry) {
    if (entry.kind == Entry::Kind::kAborted) return true;
    const bool marker = entry.kind == Entry::Kind::kMarker;
    if (!marker && newest[entry.payload->key] != entry.offset) return true;
    if (!marker && entry.payload->value) return false;
    if (!entry.horizon) entry.horizon = now + retention;
    return now > *entry.horizon;
  };
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(cleanable);
  std::vector<Entry> kept;  // `newest` looks into the entries.
  for (auto entry = entries_.begin(); entry != end; ++entry) {
    if (!goes(*entry)) kept.push_back(*entry);
  }
  const size_t gone = cleanable - kept.size();
  kept.insert(kept.end(), end, entries_.end());
  entries_ = std::move(kept);
  return gone;
}

bool PartitionLog::TearLast(std::string_view last_key) {
  auto last = entries_.rbegin();
  while (last != entries_.rend() &&
         (last->kind != Entry::Kind::kCommitted || last->payload->key != last_key)) {
    ++last;
  }
  if (last == entries_.rend()) return false;
  bool torn = false;
  for (auto entry = last + 1; entry != entries_.rend(); ++entry) {
    if (entry->kind != Entry::Kind::kCommitted || entry->producer != last->producer) break;
    torn = true;
    entry->kind = Entry::Kind::kAborted;
  }
  return torn;
}

}  // namespace bongsu::sim
