#include "engine/app/config_digest.h"

#include <utility>

#include "engine/base/strings.h"
#include "engine/config/digest.h"
#include "engine/config/load.h"
#include "engine/crypto/digest.h"

namespace bongsu {
namespace {

// The option by which an enrich operator names a table.
constexpr std::string_view kTableOption = "file";

ConfigNode Text(std::string text) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kScalar;
  node.scalar = std::move(text);
  return node;
}

ConfigNode Map() {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kMap;
  return node;
}

void Put(ConfigNode* map, std::string key, ConfigNode value) {
  map->entries.push_back({std::move(key), {}, std::move(value)});
}

// A copy of `node` without `key`.
ConfigNode Without(const ConfigNode& node, std::string_view key) {
  ConfigNode copy = node;
  std::erase_if(copy.entries, [&](const ConfigNode::Entry& entry) { return entry.key == key; });
  return copy;
}

// Each table's name is replaced by the digest of its bytes: where it lies does not matter, what it
// says does.
bool ReplaceTables(ConfigNode* enrich, Problems* problems) {
  bool good = true;
  for (size_t i = 0; i < enrich->items.size(); ++i) {
    for (ConfigNode::Entry& operator_entry : enrich->items[i].entries) {
      for (ConfigNode::Entry& option : operator_entry.value.entries) {
        if (option.key != kTableOption || option.value.scalar.empty()) continue;
        const std::string path = ResolvePath(BaseDirectory(option.value.mark), option.value.scalar);
        const Result<std::string> bytes = ReadConfigFile(path);
        if (bytes.ok()) {
          option.value.scalar = Sha256Hex(*bytes);
        } else {
          problems->Add(
              option.value.mark, StrCat("enrich[", i, "].", operator_entry.key, ".", kTableOption),
              StrCat("expected a readable table \"", path, "\": ", bytes.status().message()));
          good = false;
        }
      }
    }
  }
  return good;
}

}  // namespace

std::string DigestOfResults(const EngineConfig& config, const ConfigNode& root,
                            Problems* problems) {
  ConfigNode digested = Map();
  Put(&digested, "tenant", Text(config.tenant));
  Put(&digested, "seed", Text(StrCat(config.seed)));
  for (const std::string_view section : {"enrich", "features", "detect", "decide"}) {
    const ConfigNode* node = root.Find(section);
    if (node == nullptr) continue;
    Put(&digested, std::string(section), *node);
    if (section == "enrich" && !ReplaceTables(&digested.entries.back().value, problems)) return "";
  }
  // `input` is where the same events come from.
  if (const ConfigNode* score = root.Find("score"))
    Put(&digested, "score", Without(*score, "input"));
  ConfigNode sources = Map();
  for (const auto& [name, timing] : config.timings) {
    Put(&sources, name, Text(StrCat(timing.lateness.count(), ' ', timing.idle_timeout.count())));
  }
  Put(&digested, "sources", std::move(sources));
  return ConfigDigest(digested);
}

}  // namespace bongsu
