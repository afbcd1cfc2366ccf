// The JSON pointers of a mapping as one tree: a single walk over a record finds the values of all
// of them, and counts the record's leaves on the way. A pointer may hold `*` for every element of a
// list. One object a thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/json/reader.h"

namespace bongsu {

// "/a/b~1c/*" -> {"a", "b/c", "*"}.
Result<std::vector<std::string>> SplitPointer(std::string_view pointer);

class MappingPaths final {
 public:
  // The slot of a pointer; the same pointer has the same slot.
  Result<size_t> Add(std::string_view pointer);

  // Finds all pointers in `record`; what was found before is forgotten.
  void Walk(JsonValue record);
  bool Exists(size_t slot) const { return found_[slot].first >= 0; }
  // Calls visit(JsonValue) for each scalar found, in order, and counts them as read.
  template <typename Visit>
  void Read(size_t slot, Visit visit) {
    for (int32_t i = found_[slot].first; i >= 0; i = matches_[static_cast<size_t>(i)].next) {
      const JsonValue value = matches_[static_cast<size_t>(i)].value;
      if (value.is_null() || value.is_container()) continue;
      if (!found_[slot].read) ++mapped_;
      visit(value);
    }
    found_[slot].read = true;
  }
  uint32_t members() const { return members_; }  // Leaves that are not null.
  uint32_t mapped() const { return mapped_; }    // Those that were read.

 private:
  struct Node {
    std::string key;
    int64_t index = -1;  // When the key is a number: an element of a list.
    std::vector<size_t> children;
    int32_t star = -1;
    int32_t slot = -1;
  };
  struct Match {
    JsonValue value;
    int32_t next;
  };
  struct Found {
    int32_t first = -1, last = -1;
    bool read = false;
  };
  void Visit(JsonValue value, int32_t node);
  int32_t Member(int32_t node, std::string_view key) const;
  int32_t Element(int32_t node, int64_t index) const;

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::vector<Found> found_;
  std::vector<Match> matches_;
  uint32_t members_ = 0, mapped_ = 0;
};

}  // namespace bongsu
