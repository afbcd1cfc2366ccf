#include "engine/app/engine_config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "engine/app/config_digest.h"
#include "engine/base/strings.h"
#include "engine/config/schema_writer.h"
#include "engine/config/yaml.h"
#include "engine/decode/mapping.h"

namespace bongsu {
namespace {

constexpr std::string_view kCanonical = "canonical";
constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyz0123456789_-";

bool IsListenAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view port = text.substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size();
}

// A default seed for every detector that takes one and names none.
void SpreadSeed(ConfigNode* root) {
  const ConfigNode* seed = root->Find("seed");
  if (seed == nullptr || seed->kind != ConfigNode::Kind::kScalar) return;
  const ConfigNode value = *seed;
  for (ConfigNode::Entry& section : root->entries) {
    if (section.key != "detect") continue;
    for (ConfigNode& item : section.value.items) {
      if (item.entries.size() != 1) continue;
      ConfigNode::Entry& entry = item.entries.front();
      const OperatorSpec* spec = FindOperator(entry.key);
      const bool takes =
          spec != nullptr && std::any_of(spec->fields.begin(), spec->fields.end(),
                                         [](const auto& field) { return field.name == "seed"; });
      if (!takes || entry.value.Find("seed") != nullptr) continue;
      if (entry.value.kind == ConfigNode::Kind::kNull) entry.value.kind = ConfigNode::Kind::kMap;
      if (entry.value.kind == ConfigNode::Kind::kMap)
        entry.value.entries.push_back({"seed", value.mark, value});
    }
  }
}

// What concerns more than one field of a component.
class Checker {
 public:
  Checker(EngineConfig* config, Problems* problems) : config_(*config), problems_(*problems) {}

  void Run() {
    CheckProperties(config_.kafka, &problems_);
    LoadMappings();
    for (size_t i = 0; i < config_.sources.size(); ++i)
      CheckSource(config_.sources[i], StrCat("sources[", i, ']'));
    const Located<Duration>& interval = config_.commit.interval;
    if (interval.value < config_.commit.min_interval) {
      problems_.Add(interval.mark, "commit.interval",
                    StrCat("expected at least commit.min_interval, ",
                           FormatDuration(config_.commit.min_interval), ", got ",
                           FormatDuration(interval.value)));
    }
    const Located<std::string>& listen = config_.http.ops.listen;
    if (!listen.value.empty() && !IsListenAddress(listen.value)) {
      problems_.Add(
          listen.mark, listen.path,
          StrCat("expected an address and a port such as 127.0.0.1:9470, or \"\" for none, got \"",
                 listen.value, '"'));
    }
  }

 private:
  void CheckSource(SourceOptions& source, const std::string& path) {
    const std::string& name = source.name.value;
    if (source.name.mark.line > 0 &&
        (name.empty() || name.find_first_not_of(kNameLetters) != std::string::npos)) {
      problems_.Add(source.name.mark, source.name.path,
                    StrCat("expected a name of a-z, 0-9, _ and -, got \"", name, '"'));
    } else if (!name.empty() && !names_.insert(name).second) {
      problems_.Add(source.name.mark, source.name.path,
                    StrCat("expected a name of its own, got \"", name,
                           "\" a second time; rename one of the sources"));
    }
    const bool reads_topic = !source.topic.value.empty();
    const int kinds = int{reads_topic} + int{!source.files.empty()} + int{source.use_stdin};
    if (kinds != 1) {
      problems_.Add(source.mark, path,
                    StrCat("expected exactly one of topic, files and stdin, got ",
                           kinds == 0 ? "none" : "several"));
    }
    if (reads_topic) CheckTopic(source.topic);
    for (std::string& file : source.files) file = ResolvePath(BaseDirectory(source.mark), file);
    CheckFormat(source.format);
  }

  void CheckTopic(const Located<std::string>& topic) {
    const Topics own(config_.kafka.prefix);
    const std::array outputs = {own.events,       own.alerts,      own.user_risk, own.changelog,
                                own.group_sums,   own.artifacts,   own.receipts,  own.samples,
                                own.ingest_state, own.dead_letters};
    if (config_.kafka.brokers.empty()) {
      problems_.Add(topic.mark, topic.path,
                    "expected kafka.brokers for a source that reads a topic, got none; set it, or "
                    "read files");
    } else if (std::find(outputs.begin(), outputs.end(), topic.value) != outputs.end()) {
      problems_.Add(topic.mark, topic.path,
                    StrCat("expected a topic of another system, got \"", topic.value,
                           "\", which Bongsu writes itself; it would read its own output"));
    }
  }

  void CheckFormat(const Located<std::string>& format) {
    std::vector<std::string> known = {std::string(kCanonical)};
    for (const MappingFile& mapping : config_.mapping_files) known.push_back(mapping.name);
    if (std::find(known.begin(), known.end(), format.value) != known.end()) return;
    const std::string hint = DidYouMeanHint(format.value, known);
    problems_.Add(format.mark, format.path,
                  StrCat("expected canonical or the name of a mapping, got \"", format.value, '"',
                         hint.empty() ? StrCat("; known here: ", Join(known, ", ")) : hint));
  }

  void LoadMappings() {
    for (const Located<std::string>& entry : config_.mappings) {
      const std::string path = ResolvePath(BaseDirectory(entry.mark), entry.value);
      const Result<std::string> text = ReadConfigFile(path);
      if (!text.ok()) {
        problems_.Add(
            entry.mark, entry.path,
            StrCat("expected a readable mapping file \"", path, "\": ", text.status().message()));
        continue;
      }
      Result<ConfigNode> node = ParseYaml(*text, path, &problems_);
      if (!node.ok() || !MakeMapping(*node, config_.limits, "check", &problems_).ok()) continue;
      const ConfigNode* name = node->Find("mapping");
      AddMapping(entry, {path, name == nullptr ? "" : name->scalar, *std::move(node)});
    }
  }

  void AddMapping(const Located<std::string>& entry, MappingFile file) {
    for (const MappingFile& other : config_.mapping_files) {
      if (other.name == file.name) {
        problems_.Add(entry.mark, entry.path,
                      StrCat("expected a mapping of its own name, got \"", file.name, "\" as in \"",
                             other.path, "\"; remove one of them"));
        return;
      }
    }
    config_.mapping_files.push_back(std::move(file));
  }

  EngineConfig& config_;
  Problems& problems_;
  std::set<std::string> names_;
};

// Builds the pipeline to see what only builders see. What depends on a part with a problem is not
// tried, so that no problem is only the shadow of another.
void TryPipeline(const EngineConfig& config, const ReadFile& read_file, Problems* problems) {
  PipelineSchema schema;
  std::vector<std::unique_ptr<Operator>> keep;  // Models are borrowed by the schema.
  const auto build = [&](const ParsedOperator& parsed) {
    if (!parsed.good) return false;
    keep.push_back(
        BuildOperator(parsed.configured, config.kafka.partitions, read_file, &schema, problems));
    return keep.back() != nullptr;
  };
  bool enriched = true;
  for (const ParsedOperator& parsed : config.enrich.operators) enriched &= build(parsed);
  if (!enriched) return;
  for (const ParsedOperator& parsed : config.features.operators) {
    if (build(parsed) || schema.Feature(parsed.feature).ok()) continue;
    if (!schema.AddFeature({parsed.feature, "", ""}).ok()) return;
  }
  for (const ParsedOperator& parsed : config.detect.operators) build(parsed);
  for (const ParsedOperator& parsed : config.score.risk.operators) build(parsed);
  for (const ParsedOperator& parsed : config.decide.operators) build(parsed);
}

void Assemble(EngineConfig* config) {
  for (const auto* stage :
       {&config->enrich.operators, &config->features.operators, &config->detect.operators,
        &config->score.risk.operators, &config->decide.operators}) {
    for (const ParsedOperator& parsed : *stage) config->pipeline.push_back(parsed.configured);
  }
  for (const SourceOptions& source : config->sources) {
    config->timings[source.name.value] = {source.lateness, source.idle_timeout};
  }
}

}  // namespace

Result<EngineConfig> MakeEngineConfig(ConfigNode root, TableReader* reader, Problems* problems) {
  const size_t before = problems->size();
  EngineConfig config;
  SpreadSeed(&root);
  EngineConfig::Fields().Parse(root, "", &config, problems);
  DefaultOperator("risk", "score.risk", root.mark, &config.score.risk);
  DefaultOperator("decide", "decide", root.mark, &config.decide);
  if (config.score.input.empty()) config.score.input = Topics(config.kafka.prefix).events;
  Checker(&config, problems).Run();
  TryPipeline(config, reader->function(), problems);
  Assemble(&config);
  if (problems->size() == before) {
    if (Result<DigestedConfig> results = DigestResults(config, root, reader, problems);
        results.ok()) {
      config.config_digest = results->digest;
      config.results = std::make_shared<const DigestedConfig>(*std::move(results));
    }
  }
  if (problems->size() > before) {
    return Status::Invalid(
        StrCat("the configuration has ", problems->size() - before, " problem(s)"));
  }
  return config;
}

Result<EngineConfig> MakeEngineConfig(ConfigNode root, Problems* problems) {
  TableReader reader;
  return MakeEngineConfig(std::move(root), &reader, problems);
}

Result<EngineConfig> LoadEngineConfig(const std::string& path, const Environment& environment,
                                      Problems* problems) {
  Result<ConfigNode> root = LoadConfig(path, environment, problems);
  if (!root.ok()) return root.status();
  return MakeEngineConfig(*std::move(root), problems);
}

Status BuildPipeline(const EngineConfig& config, PipelineSchema* schema,
                     std::vector<std::unique_ptr<Operator>>* operators) {
  Problems problems;
  for (const ConfiguredOperator& configured : config.pipeline) {
    // The trial has read every table: from here on they are shared.
    operators->push_back(
        BuildOperator(configured, config.kafka.partitions, nullptr, schema, &problems));
  }
  return problems.empty() ? Status::Ok() : Status::Invalid(problems.Format());
}

std::string EngineConfigSchema() {
  return WriteJsonSchema(ObjectSchema(EngineConfig::Fields().fields()), "Configuration of Bongsu");
}

}  // namespace bongsu
