#include "engine/io/kafka/topics.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct TopicsOptions {
  std::string config;
  bool print = false, json = false;
};

std::optional<KafkaOptions> KafkaOf(const std::string& config_path, bool needs_broker) {
  const std::optional<EngineConfig> config = LoadOrReport(config_path);
  if (!config) return std::nullopt;
  if (needs_broker && config->kafka.brokers.empty()) {
    Fail(Status::Invalid(
        "topics: the configuration names no kafka.brokers; the embedded log makes its own topics"));
    return std::nullopt;
  }
  return config->kafka;
}

std::string_view KindName(TopicResult::Kind kind) {
  constexpr std::string_view kNames[] = {"created", "exists", "differs", "failed"};
  return kNames[static_cast<size_t>(kind)];
}

int Create(const TopicsOptions& options) {
  const std::optional<KafkaOptions> kafka = KafkaOf(options.config, !options.print);
  if (!kafka) return 1;
  const std::vector<TopicSpec> specs = RequiredTopics(*kafka);
  if (options.print) {
    std::cout << PrintCreateCommands(*kafka, specs);
    return 0;
  }
  const Result<std::vector<TopicResult>> results = CreateTopics(*kafka, specs);
  if (!results.ok()) return Fail(results.status());
  bool good = true;
  std::string text;
  JsonWriter json(&text);
  if (options.json) json.BeginArray();
  for (const TopicResult& result : *results) {
    good &= result.kind == TopicResult::Kind::kCreated || result.kind == TopicResult::Kind::kExists;
    if (options.json) {
      json.BeginObject()
          .Key("topic")
          .String(result.topic)
          .Key("result")
          .String(KindName(result.kind));
      json.Key("message").String(result.message).EndObject();
    } else {
      text += StrCat(result.topic, ": ", KindName(result.kind), result.message.empty() ? "" : ": ",
                     result.message, "\n");
    }
  }
  if (options.json) json.EndArray();
  std::cout << text << (options.json ? "\n" : "") << std::flush;
  return good ? 0 : 1;
}

int Check(const TopicsOptions& options) {
  const std::optional<KafkaOptions> kafka = KafkaOf(options.config, true);
  if (!kafka) return 1;
  const std::vector<TopicSpec> specs = RequiredTopics(*kafka);
  const Result<std::vector<std::string>> differences = CheckTopics(*kafka, specs);
  if (!differences.ok()) return Fail(differences.status());
  if (options.json) {
    std::string text;
    JsonWriter json(&text);
    json.BeginObject().Key("ok").Bool(differences->empty()).Key("differences").BeginArray();
    for (const std::string& difference : *differences) json.String(difference);
    json.EndArray().EndObject();
    std::cout << text << std::endl;
  } else if (differences->empty()) {
    std::cout << specs.size() << " topics are as they should be" << std::endl;
  } else {
    for (const std::string& difference : *differences) std::cerr << difference << "\n";
  }
  return differences->empty() ? 0 : 1;
}

}  // namespace

void RegisterTopics(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand("topics", "Make or check the topics on the broker");
  command->require_subcommand(1);
  command->footer("Example:\n  bongsu topics create -c bongsu.yaml");
  const auto options = std::make_shared<TopicsOptions>();
  const auto add = [&](const std::string& name, const std::string& help,
                       int (*work)(const TopicsOptions&)) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->add_option("-c,--config", options->config,
                    "Configuration (default: bongsu.yaml, else the shipped one)");
    sub->add_flag("--json", options->json, "JSON");
    sub->footer("Example:\n  bongsu topics " + name + " -c bongsu.yaml");
    sub->final_callback(
        [action, options, work] { *action = [options, work] { return work(*options); }; });
    return sub;
  };
  add("create", "Make the topics that are missing", Create)
      ->add_flag("--print", options->print,
                 "Print the commands and rights instead, for those who may not");
  add("check", "Say what is missing or differs", Check);
}

}  // namespace bongsu
