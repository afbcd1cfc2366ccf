#include <catch2/catch.hpp>
#include <fstream>

#include "engine/app/commands/commands.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

using Catch::Matchers::Contains;

Ran Run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "state");
  return RunCommand(RegisterState, std::move(arguments));
}

TEST_CASE("state commands that lack what they need are usage errors") {
  CHECK(Run({}).code == 2);
  CHECK(Run({"reset"}).code == 2);
  CHECK(Run({"reset", "--reason", "  "}).code == 2);
  CHECK(Run({"reshard", "--partitions", "8"}).code == 2);
  CHECK(Run({"reshard", "--to-prefix", "x", "--partitions", "0"}).code == 2);
  CHECK(Run({"inspect", "--raw"}).code == 2);
}

TEST_CASE("without a broker, positions can't disagree") {
  const TempDir dir;
  const std::string config = dir.File("bongsu.yaml");
  std::ofstream(config) << "include: [\"" << BONGSU_SOURCE_DIR
                        << "/deploy/config/bongsu.yaml\"]\ndata_dir: " << dir.File("data") << "\n";
  const Ran reset = Run({"reset", "--reason", "why not", "-c", config});
  CHECK(reset.code == 1);
  CHECK_THAT(reset.err, Contains("names no kafka.brokers"));
  CHECK(Run({"reshard", "--to-prefix", "x", "--partitions", "8", "-c", config}).code == 1);
  const Ran inspect = Run({"inspect", "-c", config});
  CHECK(inspect.code == 1);
  CHECK_THAT(inspect.err, Contains("there is no store in"));
}

}  // namespace
}  // namespace bongsu
