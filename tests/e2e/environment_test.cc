// Environments that are not as they should be: a clear word and exit code 1, at once.
#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"
#include "tests/support/http_get.h"

namespace bongsu::e2e {
namespace {

bool Says(const std::string& output, const std::string& words) {
  return output.find(words) != std::string::npos;
}

ProgramResult RunEngine(Bench& bench, const Setup& setup) {
  return bench.Do({"run", "--roles", "score"}, setup);
}

}  // namespace

TEST_CASE("topics check without a broker names the address and the remedy") {
  Bench bench(nullptr, "away");
  Setup setup = bench.NewSetup("nobody");
  setup.more = "kafka: {brokers: \"127.0.0.1:1\"}\n";  // Nothing listens there.
  const ProgramResult check = bench.Do({"topics", "check"}, setup);
  INFO(check.output);
  CHECK(check.exit_code == 1);
  CHECK(Says(check.output, "127.0.0.1:1"));
  CHECK(Says(check.output, "kafka.brokers"));
}

TEST_CASE("missing topics: run says how to make them, and ends") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "missing");
  const ProgramResult run = RunEngine(bench, bench.NewSetup("score"));
  INFO(run.output);
  CHECK(run.exit_code == 1);
  CHECK(Says(run.output, "missing.events"));
  CHECK(Says(run.output, "bongsu topics create"));
  const ProgramResult check = bench.Do({"topics", "check"}, bench.NewSetup("score"));
  INFO(check.output);
  CHECK(check.exit_code == 1);
  CHECK(Says(check.output, "missing.changelog"));
}

TEST_CASE("a changelog with another number of partitions: run refuses to start") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "uneven");
  REQUIRE(broker->CreateTopic("uneven.changelog", 3).ok());
  const Setup setup = bench.NewSetup("score");
  const ProgramResult create = bench.Do({"topics", "create"}, setup);
  INFO(create.output);
  CHECK(create.exit_code == 1);  // It says that one differs, and makes the rest.
  const ProgramResult run = RunEngine(bench, setup);
  INFO(run.output);
  CHECK(run.exit_code == 1);
  CHECK(Says(run.output, "uneven.changelog has 3 partitions"));
  CHECK(Says(run.output, "uneven.events has 4"));
}

TEST_CASE("a data_dir that another process holds: the second ends, the first goes on") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "held");
  const Setup setup = bench.NewSetup("score");
  bench.CreateTopics(setup);
  const auto first = bench.Run(setup, "score");
  const uint16_t port = OpsPort(*first);
  const bool ready = Eventually(
      kPatience, [&] { return HttpGet(port, "/readyz").code == 200 || !first->Running(); });
  INFO(first->Output());
  REQUIRE(ready);
  REQUIRE(first->Running());
  const ProgramResult second = RunEngine(bench, setup);
  INFO(second.output << "\nthe first:\n" << first->Output());
  CHECK(second.exit_code == 1);
  CHECK(Says(second.output, bench.DataDir("score")));
  CHECK(Says(second.output, "held by another process"));
  CHECK(HttpGet(port, "/readyz").code == 200);
  EndInOrder(*first);
}

TEST_CASE("a data_dir that cannot be written: run names it and ends") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "readonly");
  WriteFile(bench.DataDir("score"), "a file where the directory should be");
  const ProgramResult run = RunEngine(bench, bench.NewSetup("score"));
  INFO(run.output);
  CHECK(run.exit_code == 1);
  CHECK(Says(run.output, bench.DataDir("score")));
}

}  // namespace bongsu::e2e
