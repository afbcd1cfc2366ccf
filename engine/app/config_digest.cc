#include "engine/app/config_digest.h"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/strings.h"
#include "engine/config/digest.h"
#include "engine/config/load.h"
#include "engine/crypto/digest.h"

namespace bongsu {
namespace {

// The options by which an enrich operator names tables, as keys from its options down; "*" is any
// key. An option that names one file or a list of them.
using KeyPath = std::span<const std::string_view>;
constexpr std::array<std::string_view, 1> kFile = {"file"}, kApprovals = {"approvals"},
                                          kHolidayFiles = {"holiday_files"};
constexpr std::array<std::string_view, 3> kBranchHolidayFiles = {"branches", "*", "holiday_files"};
constexpr std::array<KeyPath, 4> kTableOptions = {kFile, kApprovals, kHolidayFiles,
                                                  kBranchHolidayFiles};

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

// A table's name is replaced by the digest of its bytes: where it lies does not matter, what it
// says does.
bool ReplaceTable(ConfigNode* name, const std::string& at, Problems* problems) {
  bool good = true;
  for (size_t i = 0; i < name->items.size(); ++i) {
    good = ReplaceTable(&name->items[i], StrCat(at, '[', i, ']'), problems) && good;
  }
  if (name->scalar.empty()) return good;
  const std::string path = ResolvePath(BaseDirectory(name->mark), name->scalar);
  const Result<std::string> bytes = ReadConfigFile(path);
  if (!bytes.ok()) {
    problems->Add(name->mark, at,
                  StrCat("expected a readable table \"", path, "\": ", bytes.status().message()));
    return false;
  }
  name->scalar = Sha256Hex(*bytes);
  return good;
}

bool ReplaceTablesUnder(ConfigNode* options, KeyPath keys, const std::string& at,
                        Problems* problems) {
  if (keys.empty()) return ReplaceTable(options, at, problems);
  bool good = true;
  for (ConfigNode::Entry& entry : options->entries) {
    if (keys.front() != "*" && keys.front() != entry.key) continue;
    good =
        ReplaceTablesUnder(&entry.value, keys.subspan(1), StrCat(at, '.', entry.key), problems) &&
        good;
  }
  return good;
}

bool ReplaceTables(ConfigNode* enrich, Problems* problems) {
  bool good = true;
  for (size_t i = 0; i < enrich->items.size(); ++i) {
    for (ConfigNode::Entry& entry : enrich->items[i].entries) {
      const std::string at = StrCat("enrich[", i, "].", entry.key);
      for (const KeyPath keys : kTableOptions) {
        good = ReplaceTablesUnder(&entry.value, keys, at, problems) && good;
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
