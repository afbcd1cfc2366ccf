#include "engine/app/config_digest.h"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/strings.h"
#include "engine/config/digest.h"
#include "engine/config/load.h"

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

// Calls visit(name, path in the configuration) for each name of a table.
template <typename Visit>
void VisitNames(ConfigNode* name, const std::string& at, Visit& visit) {
  for (size_t i = 0; i < name->items.size(); ++i) {
    VisitNames(&name->items[i], StrCat(at, '[', i, ']'), visit);
  }
  if (!name->scalar.empty()) visit(name, at);
}

template <typename Visit>
void VisitUnder(ConfigNode* options, KeyPath keys, const std::string& at, Visit& visit) {
  if (keys.empty()) {
    VisitNames(options, at, visit);
    return;
  }
  for (ConfigNode::Entry& entry : options->entries) {
    if (keys.front() != "*" && keys.front() != entry.key) continue;
    VisitUnder(&entry.value, keys.subspan(1), StrCat(at, '.', entry.key), visit);
  }
}

template <typename Visit>
void VisitTables(ConfigNode* enrich, Visit visit) {
  for (size_t i = 0; i < enrich->items.size(); ++i) {
    for (ConfigNode::Entry& entry : enrich->items[i].entries) {
      const std::string at = StrCat("enrich[", i, "].", entry.key);
      for (const KeyPath keys : kTableOptions) VisitUnder(&entry.value, keys, at, visit);
    }
  }
}

}  // namespace

Result<DigestedConfig> DigestResults(const EngineConfig& config, const ConfigNode& root,
                                     TableReader* reader, Problems* problems) {
  const size_t before = problems->size();
  DigestedConfig digested;
  digested.node = Map();
  Put(&digested.node, "tenant", Text(config.tenant));
  Put(&digested.node, "seed", Text(StrCat(config.seed)));
  // How fast events are taken changes no result.
  if (const ConfigNode* limits = root.Find("limits"))
    Put(&digested.node, "limits", Without(*limits, "events_per_second"));
  for (const std::string_view section : {"enrich", "features", "detect", "decide"}) {
    const ConfigNode* node = root.Find(section);
    if (node != nullptr) Put(&digested.node, std::string(section), *node);
  }
  // A table's name is replaced by the digest of its bytes: where it lies does not matter, what it
  // says does.
  for (ConfigNode::Entry& entry : digested.node.entries) {
    if (entry.key != "enrich") continue;
    VisitTables(&entry.value, [&](ConfigNode* name, const std::string& at) {
      const std::string path = ResolvePath(BaseDirectory(name->mark), name->scalar);
      const Result<std::string> digest = reader->DigestOf(path);
      if (digest.ok()) {
        digested.tables.emplace(*digest, path);
        name->scalar = *digest;
      } else {
        problems->Add(
            name->mark, at,
            StrCat("expected a readable table \"", path, "\": ", digest.status().message()));
      }
    });
  }
  // `input` is where the same events come from.
  if (const ConfigNode* score = root.Find("score"))
    Put(&digested.node, "score", Without(*score, "input"));
  ConfigNode sources = Map();
  for (const auto& [name, timing] : config.timings) {
    Put(&sources, name, Text(StrCat(timing.lateness.count(), ' ', timing.idle_timeout.count())));
  }
  Put(&digested.node, "sources", std::move(sources));
  if (problems->size() > before) return Status::Invalid("a table cannot be read");
  digested.digest = ConfigDigest(digested.node);
  return digested;
}

std::vector<std::string> TablesOf(const ConfigNode& enrich) {
  std::vector<std::string> names;
  ConfigNode copy = enrich;
  VisitTables(&copy,
              [&](const ConfigNode* name, const std::string&) { names.push_back(name->scalar); });
  return names;
}

}  // namespace bongsu
