// Everything that can break, broken once within a minute, and every promise kept. The long runs are
// in tests/faults.
#include "tests/faults/campaign.h"

#include <iostream>
#include <random>
#include <sstream>

#include "tests/e2e/fixture.h"
#include "tests/faults/faults.h"

namespace bongsu::e2e {

TEST_CASE("crash points, lost disks, zombies, a dying broker: alerts and state are as without") {
  if (KafkaBroker::Shared() == nullptr) return;  // Says what is missing.
  faults::CampaignOptions options;
  options.program = BONGSU_FAULTS_PROGRAM;
  options.faults = {"crash",       "wipe/state",  "freeze/zombie", "corrupt/sst",
                    "corrupt/wal", "broker/kill", "broker/stop"};
  options.once = options.brief = true;
  options.seed = std::random_device()();
  std::ostringstream progress;
  const Result<faults::Report> report = faults::RunCampaign(options, progress);
  INFO("seed " << options.seed << "\n" << progress.str() << report.status().message());
  REQUIRE(report.ok());
  INFO(faults::FormatText(*report));
  CHECK(report->broken.empty());
  for (const std::string_view point : faults::kCrashPoints) {
    CHECK(report->facts.hits.contains(std::string(point)));
  }
  CHECK(report->verdict.stores >= options.partitions);
}

}  // namespace bongsu::e2e
