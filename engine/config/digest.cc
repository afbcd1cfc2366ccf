#include "engine/config/digest.h"

#include <algorithm>
#include <vector>

#include "engine/base/strings.h"
#include "engine/crypto/digest.h"

namespace bongsu {
namespace {

// Lengths before texts: no text can look like structure.
void Append(const ConfigNode& node, std::string* out) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      *out += 'n';
      return;
    case ConfigNode::Kind::kScalar:
      *out += StrCat('s', node.scalar.size(), ':', node.scalar);
      return;
    case ConfigNode::Kind::kList:
      *out += StrCat('l', node.items.size(), ':');
      for (const ConfigNode& item : node.items) Append(item, out);
      return;
    case ConfigNode::Kind::kMap:
      break;
  }
  std::vector<const ConfigNode::Entry*> sorted;
  for (const ConfigNode::Entry& entry : node.entries) sorted.push_back(&entry);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->key < b->key; });
  *out += StrCat('m', sorted.size(), ':');
  for (const ConfigNode::Entry* entry : sorted) {
    *out += StrCat(entry->key.size(), ':', entry->key);
    Append(entry->value, out);
  }
}

}  // namespace

std::string CanonicalText(const ConfigNode& node) {
  std::string out;
  Append(node, &out);
  return out;
}

std::string ConfigDigest(const ConfigNode& node) {
  return Sha256Hex(CanonicalText(node));
}

}  // namespace bongsu
