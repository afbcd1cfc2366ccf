#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "engine/app/commands/commands.h"
#include "engine/app/commands/generate_sinks.h"
#include "engine/app/commands/support.h"
#include "engine/app/trial.h"
#include "engine/base/strings.h"
#include "engine/generate/bank.h"
#include "engine/generate/inject.h"

namespace bongsu {
namespace {

struct GenerateArguments {
  BankOptions bank;
  std::string start = "2026-03-02", config, out = "-", topic, tables, labels;
  std::vector<std::string> inject;
  bool no_oddities = false, to_topic = false;
};

// What is wrong with the arguments themselves, and `bank.start`.
Status Understand(GenerateArguments* arguments) {
  const Result<Timestamp> start = ParseRfc3339(arguments->start + "T00:00:00Z");
  if (!start.ok()) {
    return Status::Invalid(
        StrCat("--start: expected a date such as 2026-03-02, got \"", arguments->start, "\""));
  }
  arguments->bank.start = std::chrono::floor<std::chrono::days>(*start);
  arguments->bank.oddities = !arguments->no_oddities;
  const std::string_view out = arguments->to_topic ? std::string_view() : arguments->out;
  const std::array<NamedFile, 2> outputs = {{{"--out", out}, {"--labels", arguments->labels}}};
  BONGSU_RETURN_IF_ERROR(CheckOutputs(outputs, arguments->inject));
  if (arguments->inject.empty()) return Status::Ok();
  if (!arguments->tables.empty()) {
    return Status::Invalid("--tables: a log of yours has none; they belong to the generated bank");
  }
  for (const std::string& path : arguments->inject) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      return Status::Invalid(
          StrCat("--inject: ", path, " is no file; it is read three times, so name a file"));
    }
  }
  return Status::Ok();
}

// Passes on what comes and tells a terminal how far it is.
class Counted {
 public:
  explicit Counted(EventSink& sink) : sink_(sink) {}
  Status operator()(Timestamp time, std::string_view user, std::string_view json) {
    if (count_ % 100'000 == 0) progress_.Show(count_, " events, ", FormatRfc3339(time));
    ++count_;
    return sink_.Append(user, json);
  }
  int64_t count() const { return count_; }

 private:
  EventSink& sink_;
  const Progress progress_;
  int64_t count_ = 0;
};

// Bank and Injection alike.
template <typename Stream>
int WriteStream(const Stream& stream, const GenerateArguments& arguments) {
  for (const std::string& missing : stream.missing()) {
    std::cerr << "not planted: " << missing << "\n";
  }
  if (!arguments.labels.empty()) {
    const Status status = WriteLabelsFile(stream.labels(), arguments.labels);
    if (!status.ok()) return Fail(status);
  }
  Result<std::unique_ptr<EventSink>> sink = Status::Internal("no sink");
  if (arguments.to_topic) {
    const std::optional<EngineConfig> config = LoadOrReport(arguments.config);
    if (!config) return 1;
    sink = MakeTopicSink(*config, arguments.topic);
    if (!sink.ok() && sink.status().code() == Code::kInvalid) return Fail(sink.status()), 2;
  } else {
    sink = MakeFileSink(arguments.out);
  }
  if (!sink.ok()) return Fail(sink.status());
  const auto start = std::chrono::steady_clock::now();
  int64_t count = 0;
  Status status;
  {
    Counted counted(**sink);
    status = stream.ForEachEvent(std::ref(counted));
    count = counted.count();
  }
  if (status.ok()) status = (*sink)->Finish();
  if (!status.ok()) return Fail(status);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::cerr << StrCat(count, " events, ", stream.labels().size(), " labels, ",
                      static_cast<int64_t>(static_cast<double>(count) / std::max(seconds, 1e-3)),
                      " events/s\n");
  return 0;
}

template <typename Stream>
int FailToMake(const Result<Stream>& stream) {
  Fail(stream.status());
  return stream.status().code() == Code::kInvalid ? 2 : 1;
}

int RunInject(const GenerateArguments& arguments) {
  const BankOptions& bank = arguments.bank;
  const Result<Injection> injection = Injection::Make(
      {bank.insiders_of_a_kind, bank.effects, bank.seed}, LineFiles(arguments.inject));
  if (!injection.ok()) return FailToMake(injection);
  return WriteStream(*injection, arguments);
}

int RunGenerate(GenerateArguments& arguments) {
  if (const Status status = Understand(&arguments); !status.ok()) return Fail(status), 2;
  if (!arguments.inject.empty()) return RunInject(arguments);
  const Result<Bank> bank = Bank::Make(arguments.bank);
  if (!bank.ok()) return FailToMake(bank);
  if (!arguments.tables.empty()) {
    const Status status = WriteTables(*bank, arguments.tables);
    if (!status.ok()) return Fail(status);
  }
  return WriteStream(*bank, arguments);
}

// Returns the option --insiders.
CLI::Option* AddBankOptions(CLI::App* command, GenerateArguments* arguments) {
  BankOptions& bank = arguments->bank;
  command->add_option("--people", bank.people, "How many people work in the bank")
      ->capture_default_str();
  command->add_option("--days", bank.days, "How many days")->capture_default_str();
  command->add_option("--seed", bank.seed, "The same seed gives the same bytes")
      ->capture_default_str();
  command->add_option("--start", arguments->start, "The first day, in Asia/Seoul")
      ->capture_default_str();
  CLI::Option* insiders = command->add_option("--insiders", bank.insiders_of_a_kind,
                                              "Insiders of each of six kinds; unless given, fewer "
                                              "where people are too few");
  insiders->capture_default_str();
  command
      ->add_option("--effects", bank.effects,
                   "How many times their own normal the insiders do, one after the other")
      ->delimiter(',')
      ->capture_default_str();
  command->add_flag("--no-oddities", arguments->no_oddities,
                    "No harmless oddities: project crunch, new laptop, business trip, "
                    "reorganisation");
  return insiders;
}

}  // namespace

void RegisterGenerate(CLI::App& app, std::function<int()>* action) {
  CLI::App* command = app.add_subcommand(
      "generate",
      "Events of a synthetic bank with planted insiders, or insiders in a log of yours");
  const auto arguments = std::make_shared<GenerateArguments>();
  CLI::Option* insiders = AddBankOptions(command, arguments.get());
  CLI::Option* out = command->add_option("--out", arguments->out,
                                         "File of JSON lines (.gz too; - for standard output)");
  out->capture_default_str();
  CLI::Option* topic =
      command
          ->add_option("--to-topic", arguments->topic,
                       "To a topic of the configured broker (default: that of the first source)")
          ->expected(0, 1)
          ->excludes(out);
  command->add_option("-c,--config", arguments->config,
                      "Configuration that names the broker (default: bongsu.yaml, else the shipped "
                      "one)");
  command->add_option("--labels", arguments->labels, "Write what was planted here, as CSV");
  command->add_option("--tables", arguments->tables,
                      "Write people.csv, resources.csv and approvals.csv into this directory");
  command->add_option("--inject", arguments->inject,
                      "Plant in these files of canonical events (.gz too) instead");
  command->footer(
      "Example:\n  bongsu generate --people 2000 --days 60 --out bank.jsonl.gz --labels "
      "labels.csv\n"
      "  bongsu generate --inject access.jsonl --out mixed.jsonl --labels labels.csv");
  command->final_callback([action, arguments, topic, insiders] {
    arguments->bank.fewer_insiders = insiders->count() == 0;
    arguments->to_topic = topic->count() > 0;
    *action = [arguments] { return RunGenerate(*arguments); };
  });
}

}  // namespace bongsu
