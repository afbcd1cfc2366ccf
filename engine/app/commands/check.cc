#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/engine_config.h"
#include "engine/base/strings.h"
#include "engine/decode/mapping.h"
#include "engine/io/kafka/topics.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct CheckOptions {
  std::string file;
  bool verbose = false, json = false, connect = false;
};

struct Summary {
  size_t sources = 0, mappings = 0, mapping_tests = 0, state_bytes = 0, rest_bytes = 0;
  std::string digest;
  PipelineSchema schema;
  std::vector<std::unique_ptr<Operator>> operators;  // The schema borrows their models.
};

Result<Summary> Summarise(const EngineConfig& config, Problems* problems) {
  Summary summary;
  summary.sources = config.sources.size();
  summary.mappings = config.mapping_files.size();
  for (const MappingFile& mapping : config.mapping_files) {
    summary.mapping_tests += RunMappingTests(mapping.node, config.limits, problems);
  }
  summary.digest = config.config_digest;
  BONGSU_RETURN_IF_ERROR(BuildPipeline(config, &summary.schema, &summary.operators));
  for (const SlotInfo& slot : summary.schema.slots()) {
    summary.state_bytes += slot.size;
    summary.rest_bytes += slot.rest;
  }
  if (!problems->empty()) return Status::Invalid(StrCat(problems->size(), " problem(s)"));
  return summary;
}

std::string OrMore(size_t size, size_t rest) {
  return rest == 0 ? "" : StrCat(" (of few ", size + rest, ")");
}

std::string AsText(const Summary& summary, const CheckOptions& options) {
  std::string out = StrCat(
      options.file, ": good\n", "  sources   ", summary.sources, "\n  mappings  ", summary.mappings,
      " (", summary.mapping_tests, " tests passed)\n  features  ", summary.schema.features().size(),
      "\n  detectors ", summary.schema.detectors().size(), "\n  state     ", summary.state_bytes,
      " bytes a person", OrMore(summary.state_bytes, summary.rest_bytes), "\n  digest    ",
      summary.digest, '\n');
  if (!options.verbose) return out;
  for (const SlotInfo& slot : summary.schema.slots())
    out += StrCat("    ", slot.size, " B", OrMore(slot.size, slot.rest), "  ", slot.identity, '\n');
  return out;
}

std::string AsJson(const Summary& summary, const CheckOptions& options) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("ok").Bool(true).Key("sources").Int(static_cast<int64_t>(summary.sources));
  json.Key("mappings").Int(static_cast<int64_t>(summary.mappings));
  json.Key("mapping_tests").Int(static_cast<int64_t>(summary.mapping_tests));
  json.Key("features").Int(static_cast<int64_t>(summary.schema.features().size()));
  json.Key("detectors").Int(static_cast<int64_t>(summary.schema.detectors().size()));
  json.Key("state_bytes_per_person").Int(static_cast<int64_t>(summary.state_bytes));
  json.Key("state_bytes_per_person_at_most")
      .Int(static_cast<int64_t>(summary.state_bytes + summary.rest_bytes));
  json.Key("digest").String(summary.digest);
  if (options.verbose) {
    json.Key("slots").BeginArray();
    for (const SlotInfo& slot : summary.schema.slots()) {
      json.BeginObject().Key("identity").String(slot.identity);
      json.Key("bytes").Int(static_cast<int64_t>(slot.size));
      json.Key("bytes_at_most").Int(static_cast<int64_t>(slot.size + slot.rest)).EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  return out + "\n";
}

int Fail(const CheckOptions& options, const Status& status, const Problems& problems) {
  std::cerr << (problems.empty() ? StrCat(options.file, ": ", status.message(), '\n')
                                 : problems.Format());
  if (options.json) {
    std::string out;
    JsonWriter(&out)
        .BeginObject()
        .Key("ok")
        .Bool(false)
        .Key("problems")
        .Int(static_cast<int64_t>(problems.size()))
        .EndObject();
    std::cout << out << std::endl;
  }
  return 1;
}

// A broker that answers, and topics as they should be.
Status TryBroker(const KafkaOptions& kafka) {
  if (kafka.brokers.empty())
    return Status::Invalid("--connect: the configuration names no kafka.brokers");
  const std::vector<TopicSpec> specs = RequiredTopics(kafka);
  BONGSU_ASSIGN_OR_RETURN(const std::vector<std::string> differences, CheckTopics(kafka, specs));
  return differences.empty() ? Status::Ok() : Status::Invalid(Join(differences, "\n"));
}

int Check(CheckOptions options) {
  options.file = FindConfig(options.file);
  Problems problems;
  const Result<EngineConfig> config =
      LoadEngineConfig(options.file, ProcessEnvironment(), &problems);
  if (!config.ok()) return Fail(options, config.status(), problems);
  const Result<Summary> summary = Summarise(*config, &problems);
  if (!summary.ok()) return Fail(options, summary.status(), problems);
  if (options.connect) {
    if (const Status status = TryBroker(config->kafka); !status.ok())
      return Fail(options, status, problems);
  }
  std::cout << (options.json ? AsJson(*summary, options) : AsText(*summary, options)) << std::flush;
  return std::cout.good() ? 0 : 1;
}

}  // namespace

void RegisterCheck(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand(
      "check", "Check a configuration: everything that run does, without network");
  const auto options = std::make_shared<CheckOptions>();
  command->add_option("-c,--config", options->file,
                      "Configuration (default: bongsu.yaml, else the shipped one)");
  command->add_flag("--connect", options->connect, "Also try the broker and its topics");
  command->add_flag("--verbose", options->verbose,
                    "Also list what is remembered of a person, by feature");
  command->add_flag("--json", options->json, "One JSON object on standard output");
  command->footer(
      "Problems go to standard error, all of them, as file:line:col: path: message.\n\n"
      "Example:\n  bongsu check -c bongsu.yaml --verbose");
  command->final_callback([action, options] { *action = [options] { return Check(*options); }; });
}

}  // namespace bongsu
