// bongsu-campaign: faults against real brokers, by hand or by night. README.md says how.
#define CATCH_CONFIG_RUNNER  // For what tests/support takes from the test framework.
#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "engine/base/strings.h"
#include "tests/faults/campaign.h"
#include "tests/faults/damage.h"
#include "tests/faults/faults.h"

namespace bongsu::faults {
namespace {

int List() {
  for (const Fault& fault : FaultTable()) std::cout << fault.name << ": " << fault.what << "\n";
  return 0;
}

int Run(CampaignOptions options, const std::string& path) {
  // Where it may not be had, disk/full is skipped and the report says so.
  (void)PrepareMounts();
  const bool keep = !options.keep.empty();
  if (!keep) {
    options.keep =
        std::filesystem::temp_directory_path() / StrCat("bongsu-campaign-", options.seed);
  }
  const Result<Report> report = RunCampaign(options, std::cerr);
  std::error_code ignored;
  if (!keep && report.ok() && report->broken.empty()) {
    std::filesystem::remove_all(options.keep, ignored);
  } else {
    std::cerr << "logs and stores are in " << options.keep << "\n";
  }
  if (!report.ok()) {
    std::cerr << "bongsu-campaign: " << report.status().message() << "\n";
    return 2;
  }
  std::cout << FormatText(*report) << std::flush;
  if (!path.empty() && !(std::ofstream(path) << FormatJson(*report) << std::flush)) {
    std::cerr << "bongsu-campaign: " << path << " cannot be written\n";
    return 2;
  }
  return report->broken.empty() ? 0 : 1;
}

}  // namespace
}  // namespace bongsu::faults

int main(int argc, char** argv) {
  using namespace bongsu::faults;
  CLI::App app("Breaks Bongsu and its brokers in every way of a table, and compares the outcome");
  CampaignOptions options;
  options.program = BONGSU_FAULTS_PROGRAM;
  options.clock_library = BONGSU_CLOCK_LIBRARY;
  options.seed = std::random_device()();
  std::string report;
  bool list = false;
  app.add_option("--faults", options.faults, "Names or groups of faults (default: all)")
      ->delimiter(',');
  app.add_option("--cycles", options.cycles, "How many faults");
  app.add_option("--minutes", options.minutes, "How long; the first of both ends it (default: 5)");
  app.add_flag("--once", options.once, "Each fault once, crash points until they are hit");
  app.add_flag("--brief", options.brief, "The shortest of every span");
  app.add_option("--seed", options.seed, "Of input and schedule (default: at random)");
  app.add_option("--brokers", options.brokers, "1 or 3")->check(CLI::IsMember({1, 3}));
  app.add_option("--partitions", options.partitions, "Of every topic")->check(CLI::Range(1, 64));
  app.add_option("--members", options.members, "Processes")->check(CLI::Range(1, 8));
  app.add_option("--history", options.history, "Events that are there before the processes start")
      ->check(CLI::Range(0, 100'000'000));
  app.add_option("--rate", options.rate, "Events a second from then on; 0: none")
      ->check(CLI::Range(0, 100'000));
  app.add_option("--kafka", options.kafka)->check(CLI::IsMember({"3.9.1", "4.1.1"}));
  app.add_option("--roles", options.roles)->check(CLI::IsMember({"ingest,score", "score"}));
  app.add_option("--program", options.program, "The engine, built with crash points")
      ->check(CLI::ExistingFile);
  app.add_option("--keep", options.keep,
                 "Work in this folder and leave it behind, even when all is well");
  app.add_option("--report", report, "Also write the report as JSON to this file");
  app.add_flag("--list", list, "The table of faults");
  app.footer(
      "Exit code 0: every promise held, 1: one was broken, 2: it could not be run.\n"
      "Example:\n  bongsu-campaign --minutes 10 --faults kill,crash,wipe --report campaign.json");
  CLI11_PARSE(app, argc, argv);
  options.program = std::filesystem::absolute(options.program).string();  // Members run elsewhere.
  if (list) return List();
  if (options.cycles == 0 && options.minutes <= 0) options.minutes = 5;
  return Run(options, report);
}
