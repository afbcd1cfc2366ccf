#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/trial.h"
#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct DemoArguments {
  std::string config, out = "bongsu-demo", budget = "3/day";
  BankOptions bank{.people = 1000, .days = 60, .effects = {3, 5, 10}};
  bool json = false;
};

// The bank's tables, labels and events as files in `dir`.
Status WriteBank(const Bank& bank, const std::string& dir) {
  BONGSU_RETURN_IF_ERROR(WriteTables(bank, dir));
  BONGSU_RETURN_IF_ERROR(WriteLabelsFile(bank.labels(), dir + "/labels.csv"));
  return WriteEvents(bank, dir + "/events.jsonl");
}

void PrintJson(const ReplayResult& replay, const Judgement& judgement) {
  std::string line;
  JsonWriter json(&line);
  json.BeginObject().Key("events").Int(replay.events).Key("alerts").Int(judgement.alerts);
  WriteJudgement(judgement, &json);
  json.Key("events_per_second")
      .Double(static_cast<double>(replay.events) / std::max(replay.seconds, 1e-9));
  replay.state.Write(&json);
  json.EndObject();
  std::cout << line << std::endl;
}

std::string Percent(double share) {
  return StrCat(static_cast<int>(share * 100 + 0.5), " %");
}

void PrintText(const ReplayResult& replay, const Judgement& judgement,
               const DemoArguments& arguments) {
  TallyTable effects;
  AddTo(judgement, &effects);
  std::map<std::string, Tally> harmless;
  AddHarmlessTo(judgement, &harmless);
  const std::string& out = arguments.out;
  std::cout << "\n"
            << InsiderTable(judgement) << "\nCaught by kind and by how many times the person's own "
            << "normal it was:\n"
            << EffectTable(effects) << "\nHarmless oddities that alerted:\n"
            << HarmlessTable(harmless) << "\n"
            << StrCat(replay.events, " events of ", arguments.bank.people, " people in ",
                      arguments.bank.days, " days; ", judgement.alerts, " alerts about ",
                      judgement.people, " people, budget ", arguments.budget, "\ncaught ",
                      judgement.caught(), " of ", judgement.insiders.size(), " insiders (",
                      judgement.KindsCaught().size(), " of ", judgement.KindsPlanted().size(),
                      " kinds); precision ", Percent(judgement.precision()), ", recall ",
                      Percent(judgement.recall()), "\n",
                      static_cast<int64_t>(static_cast<double>(replay.events) /
                                           std::max(replay.seconds, 1e-9)),
                      " events/s, from a file to alerts, one thread\nstate: ", replay.state.Words(),
                      "\n\nWhere to look next:\n  ", out,
                      "/alerts.jsonl     every alert; bongsu tail ", out,
                      "/alerts.jsonl reads it to you\n  ", out,
                      "/user-risk.jsonl  every change of a person's risk\n  ", out,
                      "/labels.csv       what was planted\n  ", out,
                      "/events.jsonl     the events; bongsu replay --input scores them again, byte "
                      "for byte\n")
            << std::flush;
}

int RunDemo(const DemoArguments& arguments) {
  if (!arguments.json) {
    std::cout << "Bongsu demo: a bank with insiders planted in it, on the embedded log"
              << std::endl;
  }
  const Result<Bank> bank = Bank::Make(arguments.bank);
  if (!bank.ok()) return Fail(bank.status()), 2;
  for (const std::string& missing : bank->missing()) {
    std::cerr << "not planted: " << missing << "\n";
  }
  if (const Status status = WriteBank(*bank, arguments.out); !status.ok()) return Fail(status);
  const std::optional<EngineConfig> config =
      LoadOrReport(arguments.config, TrialEnvironment(arguments.out, arguments.budget));
  if (!config) return 1;
  ReplayOptions options;
  options.alerts_path = arguments.out + "/alerts.jsonl";
  options.user_risk_path = arguments.out + "/user-risk.jsonl";
  options.dead_letters_path = arguments.out + "/dead-letters.jsonl";
  const Progress progress;
  options.progress = [&](int64_t records) { progress.Show(records, " events"); };
  const Result<Trial> trial =
      RunTrial(*config, arguments.out + "/events.jsonl", bank->labels(), options);
  progress.Clear();
  if (!trial.ok()) return Fail(trial.status());
  arguments.json ? PrintJson(trial->replay, trial->judgement)
                 : PrintText(trial->replay, trial->judgement, arguments);
  return std::cout.good() ? 0 : 1;
}

}  // namespace

void RegisterDemo(CLI::App& app, std::function<int()>* action) {
  CLI::App* command =
      app.add_subcommand("demo", "A generated bank with planted insiders, from a file to alerts");
  const auto arguments = std::make_shared<DemoArguments>();
  command->add_option("-c,--config", arguments->config,
                      "Configuration (default: bongsu.yaml, else the shipped one)");
  command->add_option("--out", arguments->out, "Directory for events and alerts")
      ->capture_default_str();
  command->add_option("--people", arguments->bank.people)->capture_default_str();
  command->add_option("--days", arguments->bank.days)->capture_default_str();
  command->add_option("--seed", arguments->bank.seed)->capture_default_str();
  CLI::Option* insiders =
      command->add_option("--insiders", arguments->bank.insiders_of_a_kind,
                          "Of each kind; unless given, fewer where people are too few");
  insiders->capture_default_str();
  command
      ->add_option("--effects", arguments->bank.effects,
                   "How many times their own normal insiders do, taken in turn")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--budget", arguments->budget, "Alerts that people can look at")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "One JSON object");
  command->footer("Example:\n  bongsu demo --people 1000 --seed 7");
  command->final_callback([action, arguments, insiders] {
    arguments->bank.fewer_insiders = insiders->count() == 0;
    *action = [arguments] { return RunDemo(*arguments); };
  });
}

}  // namespace bongsu
