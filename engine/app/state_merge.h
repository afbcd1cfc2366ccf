// What new partitions get of the state that belongs to no person, when people are moved: the merged
// layouts, windows of duplicates and event time of the old ones (state_reshard.h says why so). One
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/state.h"

namespace bongsu {

class StateMerge final {
 public:
  // Begins the next old partition.
  void Begin() { folded_.emplace_back(); }
  // An entry of it that is nobody's, unsealed; later ones replace earlier. nullopt: it is gone.
  void Take(std::string_view key, std::optional<std::string_view> payload);
  // What every new partition begins with, into the overlay of `store`. kCorrupt when an entry is
  // not readable.
  Status Put(size_t dedup_window, StateStore* store) const;

 private:
  using Entries = std::map<std::string, std::string, std::less<>>;
  Status PutDuplicates(size_t window, StateStore* store) const;
  std::vector<Entries> folded_;
};

}  // namespace bongsu
