#include "benchmarks/quality/runs.h"

#include <atomic>
#include <thread>

#include "benchmarks/support/scratch_dir.h"
#include "engine/base/strings.h"
#include "engine/generate/inject.h"

namespace bongsu::benchmarks {
namespace {

// Events as a file, what is planted in them, and where their tables are.
struct Prepared {
  std::string events, tables;
  std::vector<Label> labels;
  std::vector<std::string> missing;
};

Result<Prepared> PrepareBank(const QualityOptions& options, uint64_t seed, const std::string& dir) {
  BankOptions bank_options = options.bank;
  bank_options.seed = seed;
  BONGSU_ASSIGN_OR_RETURN(const Bank bank, Bank::Make(bank_options));
  Prepared prepared = {dir + "/events.jsonl", dir, bank.labels(), {}};
  BONGSU_RETURN_IF_ERROR(WriteTables(bank, dir));
  BONGSU_RETURN_IF_ERROR(WriteEvents(bank, prepared.events));
  return prepared;
}

Result<Prepared> PrepareInjection(const QualityOptions& options, uint64_t seed,
                                  const std::string& dir) {
  const PlantOptions plant = {options.bank.insiders_of_a_kind, options.bank.effects, seed};
  BONGSU_ASSIGN_OR_RETURN(const Injection injection,
                          Injection::Make(plant, LineFiles(options.inject)));
  Prepared prepared = {dir + "/events.jsonl", options.tables, injection.labels(),
                       injection.missing()};
  prepared.labels.insert(prepared.labels.end(), options.of_log.begin(), options.of_log.end());
  BONGSU_RETURN_IF_ERROR(WriteEvents(injection, prepared.events));
  return prepared;
}

Status RunSeed(const QualityOptions& options, Run* run) {
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchDir> dir, ScratchDir::Make());
  const auto prepare = options.inject.empty() ? PrepareBank : PrepareInjection;
  BONGSU_ASSIGN_OR_RETURN(Prepared prepared, prepare(options, run->seed, dir->path()));
  Problems problems;
  Result<EngineConfig> config = LoadEngineConfig(
      options.config, TrialEnvironment(prepared.tables, options.budget), &problems);
  if (!problems.empty()) return Status::Invalid(problems.Format());
  if (!config.ok()) return config.status();
  BONGSU_ASSIGN_OR_RETURN(run->trial,
                          RunTrial(*std::move(config), prepared.events, prepared.labels, {}));
  if (run->trial.replay.dead_letters > 0) {
    return Status::Invalid(StrCat(run->trial.replay.dead_letters, " of ", run->trial.replay.records,
                                  " events were refused; bongsu replay --dead-letters says why"));
  }
  run->trial.replay.alert_json.clear();
  run->missing = std::move(prepared.missing);
  return Status::Ok();
}

}  // namespace

Result<std::vector<Run>> RunSeeds(const QualityOptions& options) {
  std::vector<Run> runs(options.last_seed - options.first_seed + 1);
  std::vector<Status> ended(runs.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < runs.size(); i = next++) {
      runs[i].seed = options.first_seed + i;
      ended[i] = RunSeed(options, &runs[i]);
      if (!ended[i].ok()) next = runs.size();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i < options.jobs; ++i) threads.emplace_back(work);
    work();
  }
  for (const Status& status : ended) BONGSU_RETURN_IF_ERROR(status);
  return runs;
}

}  // namespace bongsu::benchmarks
