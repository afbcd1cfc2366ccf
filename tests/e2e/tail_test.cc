// `bongsu tail` at a real broker: what is committed, as it comes.
#include <csignal>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

std::string Alert(std::string_view user, int risk) {
  return StrCat(R"({"activity_id":1,"time":1772456400000,"risk_score":)", risk,
                R"(,"message":"because","actor":{"user":{"uid":")", user, R"("}}})");
}

std::string Sample(std::string_view user, std::string_view why) {
  return StrCat(R"({"version":1,"user_id":")", user, R"(","why":")", why,
                R"(","time":1772456400000,"risk":72,"threshold":81,"detectors":{"access":72}})");
}

std::unique_ptr<Program> Tail(Bench& bench, const Setup& setup, const std::string& out,
                              std::vector<std::string> more) {
  std::vector<std::string> words = {BONGSU_PROGRAM, "tail", "-c", bench.Configure(setup)};
  words.insert(words.end(), more.begin(), more.end());
  return std::make_unique<Program>(ProgramOptions{.words = words,
                                                  .output = bench.File(out),
                                                  .directory = "",
                                                  .bare = false,
                                                  .user = std::nullopt});
}

bool Shows(Program& program, const std::string& text) {
  INFO(program.Output());
  REQUIRE(program.Running());
  return Eventually(kPatience, [&] { return program.Output().find(text) != std::string::npos; });
}

TEST_CASE("tail follows the alerts of all partitions, and what the budget kept back") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "tail");
  const Setup setup = bench.NewSetup("engine");
  bench.CreateTopics(setup);
  const std::string alerts = bench.Topic("alerts"), samples = bench.Topic("samples");
  for (const int partition : {0, 3})
    REQUIRE(broker->Produce(alerts, partition, "k", Alert(StrCat("old", partition), 85)).ok());
  REQUIRE(broker->Produce(samples, 1, "k", Sample("kept", "below_budget")).ok());
  REQUIRE(broker->Produce(samples, 1, "k", Sample("chosen", "random")).ok());

  const auto all = Tail(bench, setup, "all.txt", {"--from-beginning"});
  const auto high = Tail(bench, setup, "high.txt", {"--min-severity", "critical"});
  const auto kept = Tail(bench, setup, "kept.txt", {"--from-beginning", "--below-budget"});
  CHECK(Shows(*all, "high           85   old0"));
  CHECK(Shows(*all, "high           85   old3"));
  CHECK(
      Shows(*kept, "medium         72   kept          below the budget's threshold of 81, access"));
  // Until it has passed what was there before, a new one counts as old.
  REQUIRE(high->Running());
  CHECK(Eventually(kPatience, [&] {
    REQUIRE(broker->Produce(alerts, 2, "k", Alert("new", 97)).ok());
    return high->Output().find("critical       97   new") != std::string::npos;
  }));
  CHECK(Shows(*all, "critical       97   new"));
  for (const auto& program : {all.get(), high.get(), kept.get()}) {
    CHECK(program->Signal(SIGINT));
    CHECK(program->Wait(kPatience) == 0);
  }
  CHECK(high->Output().find("old") == std::string::npos);
  CHECK(kept->Output().find("chosen") == std::string::npos);
}

}  // namespace
}  // namespace bongsu::e2e
