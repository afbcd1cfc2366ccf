// Every mistake has its file: x.bad.yaml beside x.bad.txt, the exact messages. BONGSU_REFRESH=1
// writes the messages anew; read the difference as you read code.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/app/engine_config.h"
#include "engine/base/strings.h"
#include "operators/all.h"
#include "tests/tools/external_tool.h"

namespace bongsu {
namespace {

const std::string kGolden = std::string(BONGSU_SOURCE_DIR) + "/tests/golden/config/";
const std::string kShipped = std::string(BONGSU_SOURCE_DIR) + "/deploy/config/";

std::string Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool Refreshing() {
  return std::getenv("BONGSU_REFRESH") != nullptr;
}

std::optional<std::string> OnlySecret(const std::string& name) {
  return name == "SECRET" ? std::optional<std::string>("hunter2") : std::nullopt;
}

std::string ProblemsOf(const std::string& path, const std::string& prefix) {
  Problems problems;
  const bool ok = LoadEngineConfig(path, OnlySecret, &problems).ok();
  CHECK(ok == problems.empty());
  std::string text = problems.Format();
  for (size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
  return text;
}

std::vector<std::string> FilesEndingIn(const std::string& end) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden)) {
    if (entry.path().string().ends_with(end)) out.push_back(entry.path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST_CASE("every mistake gets its message") {
  const std::vector<std::string> files = FilesEndingIn(".bad.yaml");
  REQUIRE(files.size() >= 50);
  for (const std::string& file : files) {
    INFO(file);
    const std::string found = ProblemsOf(kGolden + file, kGolden);
    const std::string golden = kGolden + file.substr(0, file.size() - 5) + ".txt";
    if (Refreshing()) std::ofstream(golden, std::ios::binary) << found;
    CHECK_FALSE(found.empty());
    CHECK(found == Read(golden));
    CHECK(found.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("every message belongs to a mistake") {
  for (const std::string& file : FilesEndingIn(".bad.txt")) {
    INFO(file);
    CHECK(std::filesystem::exists(kGolden + file.substr(0, file.size() - 4) + ".yaml"));
  }
}

// The keys of `schema` that `node` does not use, as paths.
void Unused(const SchemaNode& schema, const ConfigNode& node, const std::string& path,
            std::set<std::string>* out) {
  for (const auto& [key, property] : schema.properties) {
    const ConfigNode* value = node.Find(key);
    if (value == nullptr) {
      out->insert(path + "." + key);
    } else {
      Unused(property, *value, path + "." + key, out);
    }
  }
}

TEST_CASE("one file uses every option, and loads") {
  const std::string path = kGolden + "every_option.yaml";
  CHECK(ProblemsOf(path, kGolden) == "");
  Problems problems;
  const Result<ConfigNode> root = LoadConfig(path, OnlySecret, &problems);
  REQUIRE(root.ok());
  std::set<std::string> unused;
  Unused(ObjectSchema(EngineConfig::Fields().fields()), *root, "", &unused);
  unused.erase(".include");  // Merged in while loading; the other files use it.
  std::map<std::string, const ConfigNode*> items;  // By operator.
  for (const char* stage : {"enrich", "detect"}) {
    for (const ConfigNode& item : root->Find(stage)->items)
      items[item.entries[0].key] = &item.entries[0].value;
  }
  std::set<std::string> sources;
  for (const ConfigNode& source : root->Find("sources")->items) {
    for (const ConfigNode::Entry& entry : source.entries) sources.insert(entry.key);
  }
  CHECK(sources.size() == SourceOptions::Fields().fields().size());
  for (const OperatorSpec& spec : AllOperators()) {
    if (spec.stage == Stage::kEnrich || spec.stage == Stage::kDetect) {
      REQUIRE(items.contains(spec.name));
      Unused(ObjectSchema(spec.fields), *items[spec.name], "." + spec.name, &unused);
    } else if (spec.stage == Stage::kProfile) {
      std::set<std::string> used;
      for (const ConfigNode& item : root->Find("features")->items) {
        if (item.Find(spec.name) == nullptr) continue;
        for (const ConfigNode::Entry& entry : item.entries) used.insert(entry.key);
      }
      for (const FieldInfo& field : spec.fields) {
        if (!used.contains(field.name)) unused.insert("." + spec.name + "." + field.name);
      }
    }
  }
  CHECK(unused == std::set<std::string>());
}

TEST_CASE("the shipped configurations load") {
  CHECK(ProblemsOf(kShipped + "bongsu.yaml", kShipped) == "");
  CHECK(ProblemsOf(kShipped + "cloudtrail.yaml", kShipped) == "");
  CHECK(ProblemsOf(kShipped + "eval.yaml", kShipped) == "");
}

TEST_CASE("the shipped schema is what the program prints") {
  const std::string path = kShipped + "bongsu.schema.json";
  const std::string schema = EngineConfigSchema() + "\n";
  if (Refreshing()) std::ofstream(path, std::ios::binary) << schema;
  CHECK((Read(path) == schema));
}

TEST_CASE("the schema accepts what the engine accepts, and refuses what editors can see") {
  const std::string script = std::string(BONGSU_SOURCE_DIR) + "/tests/golden/config/validate.py";
  const std::string python = TestPython();
  if (python.empty()) return;
  const std::string run = StrCat(python, " ", script, " ");
  const std::string schema = kShipped + "bongsu.schema.json ";
  for (const std::string& good :
       {kShipped + "bongsu.yaml", kShipped + "cloudtrail.yaml", kShipped + "behaviour.yaml",
        kShipped + "eval.yaml", kGolden + "every_option.yaml"}) {
    INFO(good);
    CHECK(std::system((run + schema + good).c_str()) == 0);
  }
  for (const char* bad :
       {"unknown_key", "unknown_key_far", "missing_unit", "wrong_type", "missing_required",
        "unknown_operator", "choice", "out_of_range", "kind_typo"}) {
    INFO(bad);
    CHECK(std::system((run + schema + kGolden + bad + ".bad.yaml > /dev/null 2>&1").c_str()) != 0);
  }
}

}  // namespace
}  // namespace bongsu
