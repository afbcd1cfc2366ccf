#include "engine/decode/mapping_paths.h"

#include <charconv>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::string_view kEach = "*";

int64_t IndexOf(std::string_view key) {
  int64_t index = -1;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  return error == std::errc() && end == key.data() + key.size() && index >= 0 ? index : -1;
}

}  // namespace

Result<std::vector<std::string>> SplitPointer(std::string_view pointer) {
  const auto wrong = [&] {
    return Status::Invalid(
        StrCat("expected a JSON pointer such as /user/name, got \"", pointer, "\""));
  };
  std::vector<std::string> tokens;
  if (!pointer.starts_with('/')) return wrong();
  for (size_t i = 0; i < pointer.size(); ++i) {
    const char c = pointer[i];
    if (c == '/') {
      tokens.emplace_back();
    } else if (c != '~') {
      tokens.back() += c;
    } else if (++i < pointer.size() && (pointer[i] == '0' || pointer[i] == '1')) {
      tokens.back() += pointer[i] == '0' ? '~' : '/';
    } else {
      return wrong();
    }
  }
  return tokens;
}

Result<size_t> MappingPaths::Add(std::string_view pointer) {
  BONGSU_ASSIGN_OR_RETURN(const std::vector<std::string> tokens, SplitPointer(pointer));
  size_t at = 0;
  for (const std::string& token : tokens) {
    int32_t next = token == kEach ? nodes_[at].star : Member(static_cast<int32_t>(at), token);
    if (next < 0) {
      const int64_t index = IndexOf(token);
      const bool beside_each = index >= 0 && nodes_[at].star >= 0;
      bool each_beside = false;
      for (const size_t child : nodes_[at].children) {
        each_beside = each_beside || (token == kEach && nodes_[child].index >= 0);
      }
      if (beside_each || each_beside) {
        return Status::Invalid(
            StrCat("\"", pointer, "\": a list is read by * or by numbers, not by both"));
      }
      next = static_cast<int32_t>(nodes_.size());
      if (token == kEach) {
        nodes_[at].star = next;
      } else {
        nodes_[at].children.push_back(nodes_.size());
      }
      nodes_.push_back({token, index, {}, -1, -1});
    }
    at = static_cast<size_t>(next);
  }
  if (nodes_[at].slot < 0) {
    nodes_[at].slot = static_cast<int32_t>(found_.size());
    found_.emplace_back();
  }
  return static_cast<size_t>(nodes_[at].slot);
}

int32_t MappingPaths::Member(int32_t node, std::string_view key) const {
  if (node < 0) return -1;
  for (const size_t child : nodes_[static_cast<size_t>(node)].children) {
    if (nodes_[child].key == key) return static_cast<int32_t>(child);
  }
  return -1;
}

int32_t MappingPaths::Element(int32_t node, int64_t index) const {
  if (node < 0) return -1;
  const Node& list = nodes_[static_cast<size_t>(node)];
  if (list.star >= 0) return list.star;
  for (const size_t child : list.children) {
    if (nodes_[child].index == index) return static_cast<int32_t>(child);
  }
  return -1;
}

void MappingPaths::Walk(JsonValue record) {
  found_.assign(found_.size(), Found{});
  matches_.clear();
  members_ = mapped_ = 0;
  Visit(record, 0);
}

// As deep as the reader lets records be.
void MappingPaths::Visit(JsonValue value, int32_t node) {
  if (value.is_null()) return;
  if (node >= 0 && nodes_[static_cast<size_t>(node)].slot >= 0) {
    Found& found = found_[static_cast<size_t>(nodes_[static_cast<size_t>(node)].slot)];
    const auto at = static_cast<int32_t>(matches_.size());
    matches_.push_back({value, -1});
    if (found.last >= 0) matches_[static_cast<size_t>(found.last)].next = at;
    if (found.first < 0) found.first = at;
    found.last = at;
  }
  if (value.is_object()) {
    for (const JsonMember& member : value.members()) Visit(member.value, Member(node, member.key));
  } else if (value.is_array()) {
    int64_t index = 0;
    for (const JsonValue item : value.items()) Visit(item, Element(node, index++));
  } else {
    ++members_;
  }
}

}  // namespace bongsu
