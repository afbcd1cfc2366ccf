#include "engine/app/replay.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct ReplayArguments {
  std::string config, source;
  std::vector<std::string> inputs;
  ReplayOptions options;
  bool json = false;
};

// The source that the input is read as: the named one, or the only one that there is.
Status ChooseSource(const ReplayArguments& arguments, EngineConfig* config) {
  std::vector<std::string> names;
  for (const SourceOptions& source : config->sources) names.push_back(source.name.value);
  const std::string wanted =
      arguments.source.empty() && names.size() == 1 ? names[0] : arguments.source;
  for (const MappingFile& mapping :
       config->mapping_files) {  // "cloudtrail" stands for aws.cloudtrail too.
    if (std::find(names.begin(), names.end(), wanted) != names.end()) break;
    if (mapping.name != wanted && !mapping.name.ends_with("." + wanted)) continue;
    SourceOptions source;
    source.name.value = wanted;
    source.format.value = mapping.name;
    config->sources.push_back(std::move(source));
    break;
  }
  for (SourceOptions& source : config->sources) {
    if (source.name.value != wanted) continue;
    SourceOptions chosen = source;
    chosen.topic.value.clear();
    chosen.use_stdin = arguments.inputs.size() == 1 && arguments.inputs[0] == "-";
    chosen.files = chosen.use_stdin ? std::vector<std::string>() : arguments.inputs;
    config->sources = {std::move(chosen)};
    return Status::Ok();
  }
  return Status::Invalid(StrCat("--source: expected one of ", Join(names, ", "), ", got \"", wanted,
                                "\"", DidYouMeanHint(wanted, names)));
}

void PrintResult(const ReplayResult& result, bool json) {
  if (!json) {
    std::cout << StrCat(
        result.records, " records: ", result.events, " events, ", result.dead_letters,
        " dead letters\n", result.alerts, " alerts, digest ", result.digest, "\n",
        static_cast<int64_t>(static_cast<double>(result.events) / std::max(result.seconds, 1e-9)),
        " events/s\n");
    return;
  }
  std::string line;
  JsonWriter(&line)
      .BeginObject()
      .Key("records")
      .Int(result.records)
      .Key("events")
      .Int(result.events)
      .Key("dead_letters")
      .Int(result.dead_letters)
      .Key("alerts")
      .Int(result.alerts)
      .Key("mapped_ratio")
      .Double(result.mapped_ratio)
      .Key("digest")
      .String(result.digest)
      .Key("events_per_second")
      .Double(static_cast<double>(result.events) / std::max(result.seconds, 1e-9))
      .Key("people")
      .Int(result.people)
      .Key("state_bytes")
      .Int(result.state_bytes)
      .EndObject();
  std::cout << line << std::endl;
}

int RunReplay(ReplayArguments& arguments) {
  if (arguments.inputs.empty() != arguments.options.from_topic) {
    return Fail(Status::Invalid("replay: expected either --input FILE… or --from-topic")), 2;
  }
  std::optional<EngineConfig> config = LoadOrReport(arguments.config);
  if (!config) return 1;
  if (!arguments.options.from_topic) {
    if (const Status status = ChooseSource(arguments, &*config); !status.ok())
      return Fail(status), 2;
  } else if (config->kafka.brokers.empty()) {
    return Fail(Status::Invalid("replay --from-topic: the configuration names no kafka.brokers")),
           2;
  }
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (terminal) {
    arguments.options.progress = [](int64_t records) {
      std::cerr << "\r" << records << " records" << std::flush;
    };
  }
  const Result<ReplayResult> result = Replay(*config, arguments.options);
  if (terminal) std::cerr << "\r\033[K";
  if (!result.ok()) return Fail(result.status());
  PrintResult(*result, arguments.json);
  return std::cout.good() ? 0 : 1;
}

}  // namespace

void RegisterReplay(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand(
      "replay", "Score files, or the events on the broker, again: the same alerts");
  const auto arguments = std::make_shared<ReplayArguments>();
  command->add_option("-c,--config", arguments->config,
                      "Configuration (default: bongsu.yaml, else the shipped one)");
  command->add_option("--input", arguments->inputs,
                      "Files to read (.gz too; - for standard input)");
  command->add_flag("--from-topic", arguments->options.from_topic,
                    "Read score.input of the configured broker");
  command->add_option("--source", arguments->source, "The source whose format the files have");
  command->add_option("--alerts", arguments->options.alerts_path,
                      "Write alerts here, as JSON lines");
  command->add_option("--dead-letters", arguments->options.dead_letters_path,
                      "Write dead letters here, as JSON lines");
  command->add_option("--user-risk", arguments->options.user_risk_path,
                      "Write changes of people's risk here");
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer(
      "Example:\n  bongsu replay -c bongsu.yaml --input access.jsonl.gz --alerts alerts.jsonl "
      "--json");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunReplay(*arguments); }; });
}

}  // namespace bongsu
