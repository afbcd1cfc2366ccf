#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/support.h"
#include "engine/app/state_finalize.h"
#include "engine/app/state_inspect.h"
#include "engine/app/state_move.h"
#include "engine/app/state_reset.h"
#include "engine/base/strings.h"
#include "engine/core/clock.h"
#include "engine/telemetry/logging.h"

namespace bongsu {
namespace {

struct StateArguments {
  std::string config;
  bool json = false, accept_gap = false, yes = false;
  std::optional<int32_t> partition;
  std::string reason;
  InspectOptions inspect;
  MoveOptions move;
};

// What happens is logged as `run` logs it.
std::optional<EngineConfig> Load(const StateArguments& arguments) {
  std::optional<EngineConfig> config = LoadOrReport(arguments.config);
  if (!config) return std::nullopt;
  LogOptions log;
  log.level = config->log.level;
  log.format = config->log.format;
  if (const Status status = SetUpLogging(log, nullptr); !status.ok()) {
    Fail(status);
    return std::nullopt;
  }
  return config;
}

int RunInspect(const StateArguments& arguments) {
  const std::optional<EngineConfig> config = Load(arguments);
  if (!config) return 1;
  InspectOptions options = arguments.inspect;
  options.partition = arguments.partition;
  const Result<Inspection> inspection = Inspect(*config, options, SystemClock());
  if (!inspection.ok()) return Fail(inspection.status());
  if (arguments.json) {
    std::cout << InspectionJson(*inspection, options) << std::endl;
  } else {
    std::cout << InspectionText(*inspection, options) << std::flush;
  }
  return 0;
}

int RunFinalize(const StateArguments& arguments) {
  const std::optional<EngineConfig> config = Load(arguments);
  if (!config) return 1;
  const Result<Finalized> result = FinalizeState(*config, SystemClock());
  if (!result.ok()) return Fail(result.status());
  std::cout << result->raised << " partition(s) raised to format " << static_cast<int>(kMetaFormat)
            << "; " << result->already << " had it, " << result->empty << " hold no state yet"
            << std::endl;
  return 0;
}

// Nothing is changed without a word: on a terminal by a question, else by --yes.
bool Agreed(bool yes) {
  if (yes) return true;
  if (isatty(STDIN_FILENO) == 0) {
    std::cerr << "bongsu: nothing was changed; add --yes to do it\n";
    return false;
  }
  std::cout << "Do it? Type yes: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "yes") return true;
  std::cerr << "bongsu: nothing was changed\n";
  return false;
}

Result<std::vector<ResetStep>> PlanAll(StateSite& site, const StateArguments& arguments) {
  BONGSU_RETURN_IF_ERROR(site.AwaitNobody(site.group()));
  BONGSU_ASSIGN_OR_RETURN(const std::vector<int32_t> chosen, site.Choose(arguments.partition));
  BONGSU_RETURN_IF_ERROR(site.CheckNothingOpen(chosen));
  BONGSU_ASSIGN_OR_RETURN(const std::vector<PartitionFacts> all, site.Read(chosen, true));
  std::vector<ResetStep> steps;
  std::vector<std::string> refused;
  for (const PartitionFacts& facts : all) {
    Result<ResetStep> step =
        PlanReset(facts, arguments.accept_gap, site.cluster(), site.clock().Now());
    if (step.ok()) {
      steps.push_back(*std::move(step));
    } else {
      refused.push_back(step.status().message());
    }
  }
  if (refused.empty()) return steps;
  return Status::Invalid("state reset: nothing was changed\n" + Join(refused, "\n"));
}

int RunReset(const StateArguments& arguments) {
  const std::optional<EngineConfig> config = Load(arguments);
  if (!config) return 1;
  const SystemClock clock;
  const Result<std::unique_ptr<StateSite>> site = StateSite::Open(*config, clock);
  if (!site.ok()) return Fail(site.status());
  const Result<std::vector<ResetStep>> steps = PlanAll(**site, arguments);
  if (!steps.ok()) return Fail(steps.status());
  bool empty = true;
  for (const ResetStep& step : *steps) {
    std::cout << step.Words() << "\n";
    empty &= step.empty();
  }
  std::cout << std::flush;
  if (empty) return 0;
  if (!Agreed(arguments.yes)) return arguments.yes || isatty(STDIN_FILENO) != 0 ? 1 : 2;
  const Status done = ApplyReset(**site, *steps, RequestBy(arguments.reason));
  if (!done.ok()) return Fail(done);
  std::cout << "done, and recorded in " << (*site)->topics().decisions << std::endl;
  return 0;
}

int RunReshard(const StateArguments& arguments) {
  const std::optional<EngineConfig> config = Load(arguments);
  if (!config) return 1;
  const Progress progress;
  MoveOptions options = arguments.move;
  options.progress = [&](int64_t records) { progress.Show(records, " records"); };
  const Result<Resharded> result = MoveState(*config, options, SystemClock());
  progress.Clear();
  if (!result.ok()) return Fail(result.status());
  std::cout << result->records << " entries of people and " << result->risks << " risks are in "
            << options.partitions << " partitions under " << options.prefix << "\n";
  for (const std::string& model : result->cold_models) {
    std::cout << "model " << model
              << " starts cold: it learned from a partition's people together\n";
  }
  std::cout << "now start with kafka: {prefix: " << options.prefix
            << ", partitions: " << options.partitions << "}" << std::endl;
  return 0;
}

using Work = int (*)(const StateArguments&);

// `bongsu state NAME`; what all of them take.
CLI::App* Add(CLI::App* command, const std::shared_ptr<StateArguments>& arguments,
              std::function<int()>* action, const std::string& name, const std::string& help,
              const std::string& example, Work work) {
  CLI::App* sub = command->add_subcommand(name, help);
  sub->add_option("-c,--config", arguments->config,
                  "Configuration (default: bongsu.yaml, else the shipped one)");
  sub->footer("Example:\n  bongsu state " + name + example);
  sub->final_callback(
      [action, arguments, work] { *action = [arguments, work] { return work(*arguments); }; });
  return sub;
}

}  // namespace

void RegisterState(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand("state", "Look at the state of scoring, and repair it");
  command->require_subcommand(1);
  command->footer("Example:\n  bongsu state inspect -c bongsu.yaml");
  const auto arguments = std::make_shared<StateArguments>();
  const auto add = [&](const std::string& name, const std::string& help, const std::string& example,
                       Work work) {
    return Add(command, arguments, action, name, help, example, work);
  };
  const auto add_partition = [&](CLI::App* sub) {
    sub->add_option("--partition", arguments->partition, "Only this one (default: all)");
  };
  CLI::App* inspect =
      add("inspect", "What is there, and what opening it would do", " --user kim", RunInspect);
  add_partition(inspect);
  inspect->add_option("--user", arguments->inspect.user, "Also the entries of this person");
  inspect->add_flag("--raw", arguments->inspect.raw, "With their contents, in hexadecimal")
      ->needs("--user");
  inspect->add_flag("--from-changelog", arguments->inspect.from_changelog,
                    "From the broker alone; the stores in data_dir are left aside");
  inspect->add_flag("--json", arguments->json, "JSON");
  add("finalize", "Raise state to the format of this release: none before it can take over then",
      " -c bongsu.yaml", RunFinalize);
  CLI::App* reset = add("reset", "Give the group the changelog's position, on the record",
                        " --accept-gap --reason \"retention was too short, CHG-1042\"", RunReset);
  add_partition(reset);
  reset->add_option("--reason", arguments->reason, "Why; it is recorded with who and when")
      ->required()
      ->check([](const std::string& text) {
        return text.find_first_not_of(" \t") == std::string::npos ? "say why" : std::string();
      });
  reset->add_flag("--accept-gap", arguments->accept_gap,
                  "Go over events that retention deleted before they were scored");
  reset->add_flag("--yes", arguments->yes, "Do not ask; needed without a terminal");
  CLI::App* reshard = add("reshard", "Move people's state to topics with another partition count",
                          " --partitions 8 --to-prefix bongsu8", RunReshard);
  reshard->add_option("--partitions", arguments->move.partitions, "Of the new topics")
      ->required()
      ->check(CLI::Range(1, 10000));
  reshard->add_option("--to-prefix", arguments->move.prefix, "kafka.prefix of the new topics")
      ->required();
  reshard->add_option("--to-input", arguments->move.input,
                      "What score.input will be (default: the events under the new prefix)");
}

}  // namespace bongsu
