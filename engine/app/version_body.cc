#include "engine/app/version_body.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/base/strings.h"
#include "engine/config/digest.h"
#include "engine/config/load.h"
#include "engine/core/artifacts.h"
#include "engine/crypto/digest.h"
#include "engine/json/reader.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

void Write(const ConfigNode& node, JsonWriter* json) {
  switch (node.kind) {
    case ConfigNode::Kind::kNull:
      json->Null();
      return;
    case ConfigNode::Kind::kScalar:
      json->String(node.scalar);
      return;
    case ConfigNode::Kind::kList:
      json->BeginArray();
      for (const ConfigNode& item : node.items) Write(item, json);
      json->EndArray();
      return;
    case ConfigNode::Kind::kMap:
      break;
  }
  std::vector<const ConfigNode::Entry*> sorted;
  for (const ConfigNode::Entry& entry : node.entries) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->key < b->key; });
  json->BeginObject();
  for (const ConfigNode::Entry* entry : sorted) Write(entry->value, &json->Key(entry->key));
  json->EndObject();
}

ConfigNode ToNode(JsonValue value) {
  ConfigNode node;
  if (value.is_string()) {
    node.kind = ConfigNode::Kind::kScalar;
    node.scalar = value.AsString();
    node.quoted = true;  // As text, whatever it looks like.
  } else if (value.is_array()) {
    node.kind = ConfigNode::Kind::kList;
    for (const JsonValue item : value.items()) node.items.push_back(ToNode(item));
  } else if (value.is_object()) {
    node.kind = ConfigNode::Kind::kMap;
    for (const auto& [key, member] : value.members())
      node.entries.push_back({std::string(key), {}, ToNode(member)});
  }
  return node;
}

Status Damaged(const std::string& name) {
  return Status::Corrupt(
      StrCat("artifact ", name, " is not what its name says; it is damaged or incomplete"));
}

Result<ConfigNode> ReadBody(const std::string& digest, const std::string& body) {
  JsonReader reader({64u << 20, 256, true});
  const std::optional<JsonValue> value = reader.Parse(body);
  ConfigNode node;
  if (value) node = ToNode(*value);
  if (ConfigDigest(node) != digest) return Damaged(StrCat(kConfigArtifact, digest));
  return node;
}

// `sources` is {name: "<lateness> <idle timeout>"}, in microseconds.
SourceTimings TakeTimings(ConfigNode* node) {
  SourceTimings timings;
  const auto sources =
      std::find_if(node->entries.begin(), node->entries.end(),
                   [](const ConfigNode::Entry& entry) { return entry.key == "sources"; });
  if (sources == node->entries.end()) return timings;
  for (const ConfigNode::Entry& source : sources->value.entries) {
    const std::string& text = source.value.scalar;
    int64_t lateness = 0, idle = 0;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, lateness);
    if (first.ptr < end) std::from_chars(first.ptr + 1, end, idle);
    timings[source.key] = {Duration(lateness), Duration(idle)};
  }
  node->entries.erase(sources);
  return timings;
}

Status Missing(const std::string& name) {
  return Status::NotFound(StrCat("artifact ", name, " is missing"));
}

Result<Artifacts> FetchTables(const ConfigNode& node, const FetchArtifacts& fetch) {
  const ConfigNode* enrich = node.Find("enrich");
  std::vector<std::string> names;
  if (enrich != nullptr) names = TablesOf(*enrich);
  if (names.empty()) return Artifacts();
  for (std::string& name : names) name = StrCat(kTableArtifact, name);
  BONGSU_ASSIGN_OR_RETURN(Artifacts found, fetch(names));
  Artifacts tables;
  for (const std::string& name : names) {
    const auto table = found.find(name);
    if (table == found.end()) return Missing(name);
    const std::string digest = name.substr(kTableArtifact.size());
    if (Sha256Hex(table->second) != digest) return Damaged(name);
    tables.emplace(digest, table->second);
  }
  return tables;
}

}  // namespace

Result<Artifacts> ArtifactsOf(const EngineConfig& config) {
  Artifacts artifacts;
  std::string body;
  JsonWriter json(&body);
  Write(config.results->node, &json);
  if (!ReadBody(config.config_digest, body).ok()) {
    return Status::Invalid(
        "the configuration has bytes that are no UTF-8 text; a version of it cannot be announced");
  }
  artifacts.emplace(StrCat(kConfigArtifact, config.config_digest), std::move(body));
  for (const auto& [digest, path] : config.results->tables) {
    Result<std::string> bytes = ReadConfigFile(path);
    if (!bytes.ok() || Sha256Hex(*bytes) != digest) {
      return Status::Invalid(StrCat("the table ", path,
                                    " is not what it was when the configuration was loaded; load "
                                    "it again"));
    }
    artifacts.emplace(StrCat(kTableArtifact, digest), *std::move(bytes));
  }
  return artifacts;
}

Result<std::shared_ptr<const EngineConfig>> FetchVersion(const std::string& digest, int partitions,
                                                         const FetchArtifacts& fetch) {
  const std::string name = StrCat(kConfigArtifact, digest);
  BONGSU_ASSIGN_OR_RETURN(const Artifacts found, fetch({name}));
  const auto body = found.find(name);
  if (body == found.end()) return Missing(name);
  BONGSU_ASSIGN_OR_RETURN(ConfigNode node, ReadBody(digest, body->second));
  BONGSU_ASSIGN_OR_RETURN(const Artifacts tables, FetchTables(node, fetch));
  SourceTimings timings = TakeTimings(&node);
  TableReader reader(tables);
  Problems problems;
  Result<EngineConfig> made = MakeEngineConfig(std::move(node), &reader, &problems);
  if (!made.ok()) {
    return Status::Invalid(StrCat("configuration ", digest,
                                  " is not one that this release can use; run the release that "
                                  "announced it, or a later one: ",
                                  problems.Format()));
  }
  auto config = std::make_shared<EngineConfig>(*std::move(made));
  config->timings = std::move(timings);
  config->config_digest = digest;
  config->kafka.partitions = partitions;
  return std::shared_ptr<const EngineConfig>(std::move(config));
}

}  // namespace bongsu
