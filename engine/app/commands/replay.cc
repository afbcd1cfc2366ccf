#include "engine/app/replay.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <optional>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/judge.h"
#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct ReplayArguments {
  std::string config, source, labels;
  std::vector<std::string> inputs;
  ReplayOptions options;
  bool json = false;
};

double EventsPerSecond(const ReplayResult& result) {
  return static_cast<double>(result.events) / std::max(result.seconds, 1e-9);
}

std::string AsJson(const ReplayResult& result, const std::optional<Judgement>& judgement) {
  std::string line;
  JsonWriter json(&line);
  json.BeginObject().Key("records").Int(result.records).Key("events").Int(result.events);
  json.Key("dead_letters").Int(result.dead_letters).Key("alerts").Int(result.alerts);
  if (judgement) WriteJudgement(*judgement, &json);
  json.Key("versions").BeginArray();
  for (const std::string& digest : result.versions) json.String(digest);
  json.EndArray();
  json.Key("mapped_ratio").Double(result.mapped_ratio).Key("digest").String(result.digest);
  json.Key("events_per_second").Double(EventsPerSecond(result));
  result.state.Write(&json);
  json.EndObject();
  return line + "\n";
}

std::string AsText(const ReplayResult& result, const std::optional<Judgement>& judgement) {
  std::string text =
      StrCat(result.records, " records: ", result.events, " events, ", result.dead_letters,
             " dead letters\n", result.alerts, " alerts, digest ", result.digest, "\n",
             static_cast<int64_t>(EventsPerSecond(result)), " events/s\nstate of ",
             result.state.people(), " people: ", result.state.Words(), "\n");
  if (!result.versions.empty())
    text += StrCat("versions in the topic: ", Join(result.versions, ", "), "\n");
  if (judgement) text += "\n" + FormatJudgement(*judgement);
  return text;
}

int RunReplay(ReplayArguments& arguments) {
  if (arguments.inputs.empty() != arguments.options.from_topic) {
    return Fail(Status::Invalid("replay: expected either --input FILE… or --from-topic")), 2;
  }
  const ReplayOptions& options = arguments.options;
  const std::array<NamedFile, 4> outputs = {{{"--alerts", options.alerts_path},
                                             {"--dead-letters", options.dead_letters_path},
                                             {"--user-risk", options.user_risk_path},
                                             {"--samples", options.samples_path}}};
  std::vector<std::string> read = arguments.inputs;
  read.push_back(arguments.labels);
  if (const Status status = CheckOutputs(outputs, read); !status.ok()) return Fail(status), 2;
  std::optional<EngineConfig> config = LoadOrReport(arguments.config);
  if (!config) return 1;
  if (!arguments.options.from_topic) {
    if (const Status status = ReadFrom(arguments.inputs, arguments.source, &*config); !status.ok())
      return Fail(status), 2;
  } else if (config->kafka.brokers.empty()) {
    return Fail(Status::Invalid("replay --from-topic: the configuration names no kafka.brokers")),
           2;
  }
  std::optional<std::vector<Label>> labels;  // Read first: a replay may take long.
  if (!arguments.labels.empty()) {
    Result<std::vector<Label>> planted = ReadLabelsFile(arguments.labels);
    if (!planted.ok()) return Fail(planted.status());
    labels = *std::move(planted);
  }
  const Progress progress;
  arguments.options.progress = [&](int64_t records) { progress.Show(records, " records"); };
  const Result<ReplayResult> result = Replay(*config, arguments.options);
  progress.Clear();
  if (!result.ok()) return Fail(result.status());
  std::optional<Judgement> judgement;
  if (labels) {
    Result<Judgement> judged = Judge(result->alert_json, *labels);
    if (!judged.ok()) return Fail(judged.status());
    judgement = *std::move(judged);
  }
  std::cout << (arguments.json ? AsJson : AsText)(*result, judgement) << std::flush;
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
  command->add_flag("--ignore-versions", arguments->options.ignore_versions,
                    "Score everything with this configuration, whatever versions the topic names");
  command->add_option("--source", arguments->source, "The source whose format the files have");
  command->add_option("--alerts", arguments->options.alerts_path,
                      "Write alerts here, as JSON lines");
  command->add_option("--dead-letters", arguments->options.dead_letters_path,
                      "Write dead letters here, as JSON lines");
  command->add_option("--user-risk", arguments->options.user_risk_path,
                      "Write changes of people's risk here");
  command->add_option("--samples", arguments->options.samples_path,
                      "Write what the detectors saw of alerts and of other chosen events here");
  command->add_option("--labels", arguments->labels,
                      "What was planted, as `generate --labels` writes it: judges the alerts");
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer(
      "Example:\n  bongsu replay -c bongsu.yaml --input access.jsonl.gz --alerts alerts.jsonl "
      "--json");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunReplay(*arguments); }; });
}

}  // namespace bongsu
