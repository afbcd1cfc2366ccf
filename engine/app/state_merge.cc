#include "engine/app/state_merge.h"

#include <algorithm>
#include <cstring>

#include "engine/app/state_kinds.h"
#include "engine/core/state_keys.h"
#include "engine/pipeline/dedup.h"

namespace bongsu {
namespace {

std::vector<int64_t> Numbers(std::string_view payload) {
  std::vector<int64_t> numbers(payload.size() / sizeof(int64_t));
  if (!numbers.empty()) std::memcpy(numbers.data(), payload.data(), payload.size() / 8 * 8);
  return numbers;
}

// Both tell times that never go back (engine/pipeline/event_time.cc): the later ones hold.
std::string Later(std::string_view a, std::string_view b) {
  std::vector<int64_t> latest = Numbers(a);
  const std::vector<int64_t> other = Numbers(b);
  for (size_t i = 0; i < other.size(); ++i) {
    if (i == latest.size()) latest.push_back(other[i]);
    latest[i] = std::max(latest[i], other[i]);
  }
  return {reinterpret_cast<const char*>(latest.data()), latest.size() * sizeof(int64_t)};
}

}  // namespace

void StateMerge::Take(std::string_view key, std::optional<std::string_view> payload) {
  Entries& entries = folded_.back();
  if (!payload) {
    if (const auto at = entries.find(key); at != entries.end()) entries.erase(at);
    return;
  }
  entries.insert_or_assign(std::string(key), std::string(*payload));
}

Status StateMerge::Put(size_t dedup_window, StateStore* store) const {
  Entries merged;
  for (const Entries& entries : folded_) {
    for (const auto& [key, payload] : entries) {
      const std::string_view kind = KindOf(key);
      if (kind == "d") continue;
      std::string& value = merged[key];
      value = kind == "time" && !value.empty() ? Later(value, payload) : payload;
    }
  }
  for (const auto& [key, payload] : merged) store->Put(key, payload);
  return PutDuplicates(dedup_window, store);
}

// d/<chunk> is the count of insertions up to the chunk's last member, then the members
// (engine/pipeline/dedup.cc).
Status StateMerge::PutDuplicates(size_t window, StateStore* store) const {
  std::vector<std::vector<uint64_t>> by_partition;  // Oldest first.
  size_t longest = 0;
  for (const Entries& entries : folded_) {
    std::map<uint64_t, std::vector<uint64_t>> chunks;  // By that count.
    for (auto at = entries.lower_bound("d/"); at != entries.end() && KindOf(at->first) == "d";
         ++at) {
      std::vector<uint64_t> words(at->second.size() / sizeof(uint64_t));
      if (words.size() < 2 || at->second.size() % sizeof(uint64_t) != 0) {
        return Status::Corrupt("state: the window of duplicates is not readable");
      }
      std::memcpy(words.data(), at->second.data(), at->second.size());
      const uint64_t count = words.front();
      words.erase(words.begin());
      chunks[count] = std::move(words);
    }
    std::vector<uint64_t>& all = by_partition.emplace_back();
    for (const auto& [count, members] : chunks)
      all.insert(all.end(), members.begin(), members.end());
    longest = std::max(longest, all.size());
  }
  std::vector<uint64_t> newest_first;
  for (size_t back = 1; back <= longest && newest_first.size() < window; ++back) {
    for (const std::vector<uint64_t>& all : by_partition) {
      if (back <= all.size()) newest_first.push_back(all[all.size() - back]);
    }
  }
  Dedup merged(window);
  for (auto key = newest_first.rbegin(); key != newest_first.rend(); ++key) {
    if (!merged.Seen(*key)) merged.Insert(*key);
  }
  merged.Save(*store);
  return Status::Ok();
}

}  // namespace bongsu
