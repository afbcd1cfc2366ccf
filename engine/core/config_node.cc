#include "engine/core/config_node.h"

#include <algorithm>

#include "engine/base/strings.h"

namespace bongsu {

const ConfigNode* ConfigNode::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

std::string ConfigNode::Describe() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kScalar:
      break;
  }
  return secret ? std::string("a secret value")
                : StrCat('"', std::string_view(scalar).substr(0, 100), '"');
}

void Problems::Add(const Mark& mark, std::string_view path, std::string_view message) {
  std::string where =
      mark.file ? StrCat(*mark.file, ':', mark.line, ':', mark.column, ": ") : std::string();
  problems_.push_back(
      {mark, path.empty() ? StrCat(where, message) : StrCat(where, path, ": ", message)});
}

std::string Problems::Format() const {
  std::vector<const Problem*> sorted;
  for (const Problem& problem : problems_) sorted.push_back(&problem);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem* a, const Problem* b) {
    const std::string_view file_a = a->mark.file ? *a->mark.file : std::string_view();
    const std::string_view file_b = b->mark.file ? *b->mark.file : std::string_view();
    if (file_a != file_b) return file_a < file_b;
    return std::pair(a->mark.line, a->mark.column) < std::pair(b->mark.line, b->mark.column);
  });
  std::string out;
  for (const Problem* problem : sorted) out += problem->text + "\n";
  return out;
}

void AddUnknownKey(const ConfigNode::Entry& entry, std::string_view path,
                   const std::vector<std::string>& known, Problems* problems) {
  const std::string full = path.empty() ? entry.key : StrCat(path, ".", entry.key);
  std::string hint = DidYouMeanHint(entry.key, known);
  if (hint.empty()) hint = StrCat("; known here: ", Join(known, ", "));
  problems->Add(entry.mark, full, StrCat("unknown key", hint));
}

}  // namespace bongsu
