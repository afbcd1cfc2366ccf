#include "engine/app/reproduce.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/config/load.h"
#include "engine/io/kafka/kafka_log.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct ReproduceArguments {
  std::string alert, archive, config;
  bool json = false;
};

// A file with the alert, or its name.
Result<AlertName> ReadName(const std::string& argument) {
  std::error_code error;
  if (!std::filesystem::exists(argument, error)) return ParseAlertName(argument);
  BONGSU_ASSIGN_OR_RETURN(const std::string text, ReadConfigFile(argument));
  return ParseAlertName(text);
}

// Receipts and models lie in one topic, versions in another.
FetchArtifacts FromBroker(const EngineConfig& config, KafkaLog& log) {
  return [&config, &log](const std::vector<std::string>& names) -> Result<Artifacts> {
    const Topics topics(config.kafka.prefix);
    BONGSU_ASSIGN_OR_RETURN(Artifacts found, ReadArtifactTopic(log, topics.artifacts, names));
    BONGSU_ASSIGN_OR_RETURN(Artifacts more, ReadArtifactTopic(log, topics.receipts, names));
    found.merge(more);
    return found;
  };
}

std::string AsJson(const std::vector<Reproduced>& all) {
  std::string line;
  JsonWriter json(&line);
  const bool equal =
      std::all_of(all.begin(), all.end(), [](const Reproduced& one) { return one.equal; });
  json.BeginObject().Key("equal").Bool(equal).Key("alert").String(all.front().uid);
  json.Key("revisions").BeginArray();
  for (const Reproduced& one : all) {
    json.BeginObject().Key("revision").Int(one.revision).Key("equal").Bool(one.equal);
    json.Key("cause").String(one.cause).Key("config_digest").String(one.config_digest);
    json.Key("release").String(one.release).Key("differences").BeginArray();
    for (const std::string& difference : one.differences) json.String(difference);
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return line + "\n";
}

std::string AsText(const std::vector<Reproduced>& all) {
  std::string text;
  for (const Reproduced& one : all) {
    text += StrCat("alert ", one.uid, " revision ", one.revision, ", by the ", one.cause,
                   " with configuration ", one.config_digest.substr(0, 16), ": ",
                   one.equal ? "reproduced, byte for byte" : "NOT reproduced", "\n");
    if (one.release != BONGSU_VERSION) {
      text += StrCat("  made by release ", one.release, ", made again by ", BONGSU_VERSION, "\n");
    }
    for (const std::string& difference : one.differences) text += StrCat("  ", difference, "\n");
  }
  return text;
}

int RunReproduce(const ReproduceArguments& arguments) {
  const Result<AlertName> name = ReadName(arguments.alert);
  if (!name.ok()) return Fail(name.status()), 2;
  Result<std::vector<Reproduced>> all = std::vector<Reproduced>();
  if (!arguments.archive.empty()) {
    all = Reproduce(*name, [&](const std::vector<std::string>& names) {
      return ReadArchive(arguments.archive, names);
    });
  } else {
    const std::optional<EngineConfig> config = LoadOrReport(arguments.config);
    if (!config) return 1;
    if (config->kafka.brokers.empty()) {
      return Fail(Status::Invalid("reproduce: expected --archive DIR, or a configuration that "
                                  "names kafka.brokers")),
             2;
    }
    const Result<std::unique_ptr<KafkaLog>> log = KafkaLog::Make(config->kafka);
    if (!log.ok()) return Fail(log.status());
    all = Reproduce(*name, FromBroker(*config, **log));
  }
  if (!all.ok()) return Fail(all.status());
  std::cout << (arguments.json ? AsJson : AsText)(*all) << std::flush;
  const bool equal =
      std::all_of(all->begin(), all->end(), [](const Reproduced& one) { return one.equal; });
  return std::cout.good() && equal ? 0 : 1;
}

}  // namespace

void RegisterReproduce(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand(
      "reproduce", "Make an alert again from its receipt, and compare it byte for byte");
  const auto arguments = std::make_shared<ReproduceArguments>();
  command
      ->add_option("alert", arguments->alert,
                   "A file with the alert's JSON, or its uid: of all revisions, or with .s2 of one")
      ->required();
  command->add_option("--archive", arguments->archive,
                      "The directory of sinks.archive; no broker is needed then");
  command->add_option("-c,--config", arguments->config,
                      "Names the broker that has the receipts (default: bongsu.yaml)");
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer(
      "Exit codes: 0 reproduced, 1 not, 2 usage.\nExample:\n"
      "  bongsu reproduce alert.json --archive bongsu-archive");
  command->final_callback(
      [action, arguments] { *action = [arguments] { return RunReproduce(*arguments); }; });
}

}  // namespace bongsu
