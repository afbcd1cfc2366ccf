// bench_quality: who is caught, why, and who is suspected wrongly, over several seeds.
#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <memory>

#include "benchmarks/quality/report.h"
#include "benchmarks/quality/runs.h"
#include "benchmarks/quality/uba.h"
#include "benchmarks/support/scratch_dir.h"
#include "engine/base/strings.h"

namespace bongsu::benchmarks {
namespace {

// "7" or "1-10".
bool ReadSeeds(const std::string& text, QualityOptions* options) {
  const char* const end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, options->first_seed);
  if (read.ec != std::errc()) return false;
  options->last_seed = options->first_seed;
  if (read.ptr != end && *read.ptr == '-')
    read = std::from_chars(read.ptr + 1, end, options->last_seed);
  return read.ec == std::errc() && read.ptr == end && options->first_seed <= options->last_seed &&
         options->last_seed - options->first_seed < 1000;
}

void AddOptions(CLI::App& app, QualityOptions* options) {
  BankOptions& bank = options->bank;
  app.add_option("--people", bank.people, "Of the bank")->capture_default_str();
  app.add_option("--days", bank.days, "Of the bank")->capture_default_str();
  app.add_option("--insiders", bank.insiders_of_a_kind, "Of each kind")->capture_default_str();
  app.add_option("--effects", bank.effects,
                 "How many times their own normal insiders do, taken in turn")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--budget", options->budget, "Alerts that people can look at")
      ->capture_default_str();
  app.add_option("-c,--config", options->config, "Configuration under test")->capture_default_str();
  app.add_option("--inject", options->inject,
                 "Plant in these files of canonical events instead of a bank");
  app.add_option("--tables", options->tables, "Directory with the tables of that log");
  app.add_option("--jobs", options->jobs, "Seeds at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

// Makes the converted logs what is injected in; they live in the directory that is returned.
Result<std::unique_ptr<ScratchDir>> UseUba(const std::string& uba, QualityOptions* options) {
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<ScratchDir> dir, ScratchDir::Make());
  BONGSU_ASSIGN_OR_RETURN(options->of_log, ConvertUba(uba, dir->path()));
  options->inject = {dir->path() + "/events.jsonl"};
  options->tables = dir->path();
  return dir;
}

int Fail(const Status& status) {
  std::cerr << "bench_quality: " << status.message() << "\n";
  return 1;
}

int Main(int argc, char** argv) {
  CLI::App app("Who is caught, why, and who is suspected wrongly, over several seeds");
  QualityOptions options;
  options.config = BONGSU_SOURCE_DIR "/deploy/config/bongsu.yaml";
  std::string seeds = "1-10", uba;
  bool json = false;
  app.add_option("--seeds", seeds, "One, or the first and the last: 1-10")->capture_default_str();
  AddOptions(app, &options);
  app.add_option("--uba", uba, "Plant in the CERT-style logs of this directory (uba.h)")
      ->excludes("--inject")
      ->excludes("--tables");
  app.add_flag("--json", json, "One JSON object");
  app.footer(
      "The same seed is the same bank as that of bongsu demo.\n\nExample:\n"
      "  bench_quality --seeds 1-10 --insiders 5 --effects 1.2,2,3,5,10");
  CLI11_PARSE(app, argc, argv);
  if (!ReadSeeds(seeds, &options)) {
    std::cerr << "--seeds: expected one seed or a range such as 1-10, got \"" << seeds << "\"\n";
    return 2;
  }
  std::unique_ptr<ScratchDir> converted;
  if (!uba.empty()) {
    Result<std::unique_ptr<ScratchDir>> dir = UseUba(uba, &options);
    if (!dir.ok()) return Fail(dir.status());
    converted = *std::move(dir);
  }
  const Result<std::vector<Run>> runs = RunSeeds(options);
  if (!runs.ok()) return Fail(runs.status());
  std::cout << (json ? AsJson(*runs, options) + "\n" : AsText(*runs, options)) << std::flush;
  return std::cout.good() ? 0 : 1;
}

}  // namespace
}  // namespace bongsu::benchmarks

int main(int argc, char** argv) {
  return bongsu::benchmarks::Main(argc, argv);
}
