#include "engine/app/explain.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/explain_event.h"
#include "engine/app/printable.h"
#include "engine/app/replay.h"
#include "engine/app/stored_records.h"
#include "engine/base/strings.h"
#include "engine/core/clock.h"

namespace bongsu {
namespace {

struct ExplainArguments {
  std::string config, alert, user, event, file, source, at, language = "en";
  std::vector<std::string> inputs;
  bool json = false;
};

// A file can be explained without a configuration; then features go by their names.
Result<std::optional<EngineConfig>> LoadFor(const ExplainArguments& arguments) {
  Problems problems;
  Result<EngineConfig> config =
      LoadEngineConfig(FindConfig(arguments.config), ProcessEnvironment(), &problems);
  if (config.ok() && problems.empty()) return std::optional(*std::move(config));
  if (!arguments.file.empty() && arguments.config.empty()) return std::optional<EngineConfig>();
  return Status::Invalid(problems.empty() ? config.status().message() : problems.Format());
}

Result<std::vector<FeatureInfo>> FeaturesOf(const std::optional<EngineConfig>& config) {
  if (!config) return std::vector<FeatureInfo>();
  PipelineSchema schema;
  std::vector<std::unique_ptr<Operator>> operators;
  BONGSU_RETURN_IF_ERROR(BuildPipeline(*config, &schema, &operators));
  return schema.features();
}

Result<std::string> ExplainStored(const ExplainArguments& arguments) {
  std::optional<Timestamp> at;
  if (!arguments.at.empty()) {
    const Result<Timestamp> time = ParseRfc3339(arguments.at);
    if (!time.ok()) return Status::Invalid(StrCat("--at: ", time.status().message()));
    at = *time;
  }
  BONGSU_ASSIGN_OR_RETURN(const std::optional<EngineConfig> config, LoadFor(arguments));
  BONGSU_ASSIGN_OR_RETURN(std::vector<FeatureInfo> features, FeaturesOf(config));
  const bool alert = !arguments.alert.empty();
  const StoredRecords where{alert ? StoredRecords::Kind::kAlerts : StoredRecords::Kind::kUserRisks,
                            arguments.file, config ? &*config : nullptr};
  BONGSU_ASSIGN_OR_RETURN(const std::string record, alert
                                                        ? FindAlert(where, arguments.alert)
                                                        : FindUserRisk(where, arguments.user, at));
  if (arguments.json) return Printable(record) + "\n";
  JsonReader reader(JsonLimits{.bytes = size_t{16} << 20});
  const auto json = reader.Parse(record);
  if (!json) return Status::Invalid("explain: the record is no JSON");
  const ExplainText text(std::move(features), arguments.language == "ko");
  return alert ? text.Alert(*json) : text.User(*json, at.value_or(SystemClock().Now()));
}

Result<std::string> ExplainOneEvent(const ExplainArguments& arguments) {
  Problems problems;
  const Result<ConfigNode> root =
      LoadConfig(FindConfig(arguments.config), ProcessEnvironment(), &problems);
  if (!root.ok())
    return Status::Invalid(problems.empty() ? root.status().message() : problems.Format());
  Result<EngineConfig> config = MakeEngineConfig(*root, &problems);
  if (!problems.empty()) return Status::Invalid(problems.Format());
  BONGSU_RETURN_IF_ERROR(config.status());
  BONGSU_RETURN_IF_ERROR(ReadFrom(arguments.inputs, arguments.source, &*config));
  const Progress progress;
  const Result<ExplainedEvent> event =
      ExplainEvent(*config, arguments.event, AlertThreshold(*root),
                   [&](int64_t records) { progress.Show(records, " records"); });
  BONGSU_RETURN_IF_ERROR(event.status());
  if (arguments.json) return Printable(ExplainedEventJson(*event)) + "\n";
  std::vector<FeatureInfo> features;
  for (const ExplainedEvent::Feature& feature : event->features) features.push_back(feature.info);
  return ExplainText(std::move(features), arguments.language == "ko").Event(*event);
}

int RunExplain(const ExplainArguments& arguments) {
  const bool event = !arguments.event.empty();
  if (event == arguments.inputs.empty()) {
    return Fail(Status::Invalid(
               "explain: --event and --input FILE… belong together: the file is replayed up to "
               "the event")),
           2;
  }
  if (event && !arguments.file.empty()) {
    return Fail(Status::Invalid(StrCat("explain: --event reads --input, got the file \"",
                                       arguments.file, "\" too; leave one out"))),
           2;
  }
  const Result<std::string> text = event ? ExplainOneEvent(arguments) : ExplainStored(arguments);
  if (!text.ok()) return Fail(text.status());
  std::cout << *text << std::flush;
  return std::cout.good() ? 0 : 1;
}

}  // namespace

void RegisterExplain(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand(
      "explain", "Why an alert, a person or one event has its risk, on one page");
  const auto arguments = std::make_shared<ExplainArguments>();
  const CLI::Validator not_empty(
      [](const std::string& text) { return std::string(text.empty() ? "expected a value" : ""); },
      "");
  CLI::Option_group* what = command->add_option_group("what");
  what->add_option("--alert", arguments->alert, "The uid of an alert, or how it begins")
      ->check(not_empty);
  what->add_option("--user", arguments->user, "A user_id: the person's risk as of now")
      ->check(not_empty);
  what->add_option("--event", arguments->event,
                   "An event_id or an origin (source:partition:offset:index), whether or not it "
                   "alerted")
      ->check(not_empty);
  what->require_option(1);
  command->add_option("FILE", arguments->file,
                      "Alerts or people's risks as JSON lines (.gz too; - for standard input; "
                      "default: the configured broker, else sinks.alerts_file, else data_dir)");
  command->add_option("-c,--config", arguments->config,
                      "Configuration (default: bongsu.yaml, else the shipped one)");
  command->add_option("--input", arguments->inputs,
                      "With --event: files to replay up to it, as replay takes them");
  command->add_option("--source", arguments->source, "The source whose format these files have");
  command->add_option(
      "--at", arguments->at,
      "With --user: as of this moment instead of now, such as 2026-03-02T09:00:00Z");
  command->add_option("--lang", arguments->language, "Of the text")
      ->check(CLI::IsMember({"en", "ko"}))
      ->capture_default_str();
  command->add_flag("--json", arguments->json,
                    "One JSON object: the record as it is stored, or all about the event");
  command->footer(
      "Times are UTC.\n\nExample:\n  bongsu explain --alert 3f2a alerts.jsonl\n"
      "  bongsu explain --user kim --lang ko\n"
      "  bongsu explain --event access:0:48213:0 --input access.jsonl");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunExplain(*arguments); }; });
}

}  // namespace bongsu
