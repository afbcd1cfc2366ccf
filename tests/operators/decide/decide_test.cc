#include "operators/decide/decide.h"

#include <catch2/catch.hpp>

#include "tests/support/operator_harness.h"
#include "tests/support/planted.h"

namespace bongsu {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::vector<OperatorSpec> Specs() {
  return {PlantedSpec(), JudgeSpec(), DecideSpec()};
}

constexpr std::string_view kPipeline =
    "- planted: {name: first, field: rows, maturity: 0.5}\n"
    "- planted: {name: second, field: bytes}\n"
    "- judge: {}\n"
    "- decide: {threshold: 60, cooldown: 1h}\n";

Timestamp Start() {
  return EventBuilder("", "").At("2026-03-02T09:00:00Z").time();
}

EventBuilder Risky(double risk, Timestamp at) {
  return EventBuilder("ann", "VIEW").With("rows", risk).At(at);
}

int Suppressed(const PipelineHarness& run, const std::string& reason) {
  const auto found = run.suppressed().find(reason);
  return found == run.suppressed().end() ? 0 : found->second;
}

TEST_CASE("an event alerts from the threshold on") {
  const auto [risk, alerts] =
      GENERATE(table<double, size_t>({{59.99, 0}, {60, 1}, {100, 1}, {0, 0}}));
  PipelineHarness run(Specs(), kPipeline);
  CHECK(run.Send(Risky(risk, Start())).verdict.alerted == (alerts == 1));
  CHECK(run.alerts().size() == alerts);
}

TEST_CASE("the first alert tells the whole story") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(75, Start()).With("bytes", 25.0).Offset(41));
  REQUIRE(run.alerts().size() == 1);
  const Alert& alert = run.alerts()[0];
  CHECK(alert.activity == AlertActivity::kCreate);
  CHECK(alert.revision == 1);
  CHECK(alert.user == "ann");
  CHECK(alert.detector == "first");
  CHECK(alert.cause.source == "test");
  CHECK(alert.cause.offset == 41);
  CHECK(alert.evidence.offset == 41);
  CHECK(alert.log_offset == 41);
  CHECK((alert.time == Start() && alert.start == Start() && alert.end == Start()));
  CHECK(alert.count == 1);
  CHECK(alert.risk == 75);
  CHECK(alert.user_risk == 75);
  CHECK(alert.confidence == Approx(100 * (75 * 0.5 + 25 * 1) / 100));
  CHECK(alert.event_json == "{\"event_id\":\"e41\"}");
  double points = 0;
  for (const Contribution& c : alert.contributions) points += c.points;
  CHECK(points == Approx(75).margin(1e-6));
}

TEST_CASE("the detector that contributed most gives its name") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(10, Start()).With("bytes", 90.0));
  REQUIRE(run.alerts().size() == 1);
  CHECK(run.alerts()[0].detector == "second");
}

TEST_CASE("further ones are folded, and one update tells of them when the cool-down ends") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(65, Start()).Offset(1));
  run.Send(Risky(70, Start() + minutes(10)).Offset(2));
  CHECK(run.Send(Risky(62, Start() + minutes(20)).Offset(3)).verdict.alerted);
  run.Send(Risky(30, Start() + minutes(30)).Offset(4));
  CHECK(run.alerts().size() == 1);
  CHECK(Suppressed(run, "cooldown") == 2);
  run.AdvanceTo(Start() + hours(1));
  REQUIRE(run.alerts().size() == 2);
  const Alert& update = run.alerts()[1];
  CHECK(update.activity == AlertActivity::kUpdate);
  CHECK(update.revision == 2);
  CHECK(update.user == "ann");
  CHECK(update.cause.offset == 1);
  CHECK(update.time == Start() + hours(1));
  CHECK(update.start == Start());
  CHECK(update.end == Start() + minutes(20));
  CHECK(update.count == 3);
  CHECK(update.risk == 70);
  CHECK(update.user_risk == 62);
  CHECK(update.evidence.offset == 2);
  CHECK(update.event_json == "{\"event_id\":\"e2\"}");
  CHECK(update.contributions[0].points == Approx(70));
  run.AdvanceTo(Start() + hours(100));
  CHECK(run.alerts().size() == 2);
  CHECK(run.timers() == 0);
}

TEST_CASE("when nothing was folded there is no update") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(65, Start()));
  run.AdvanceTo(Start() + hours(2));
  CHECK(run.alerts().size() == 1);
}

TEST_CASE("a rise of the severity band is told at once, and only once") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(65, Start()));
  run.Send(Risky(85, Start() + minutes(1)));
  REQUIRE(run.alerts().size() == 2);
  CHECK(run.alerts()[1].revision == 2);
  CHECK(run.alerts()[1].time == Start() + minutes(1));
  CHECK(run.alerts()[1].risk == 85);
  run.Send(Risky(90, Start() + minutes(2)));
  CHECK(run.alerts().size() == 2);
  run.Send(Risky(97, Start() + minutes(3)));
  REQUIRE(run.alerts().size() == 3);
  CHECK(run.alerts()[2].revision == 3);
  CHECK(run.alerts()[2].count == 4);
  run.AdvanceTo(Start() + hours(1));
  CHECK(run.alerts().size() == 3);  // Nothing was folded after the last revision.
  CHECK(Suppressed(run, "cooldown") == 1);
}

TEST_CASE("after the cool-down the next one is an alert of its own") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(65, Start()).Offset(1));
  run.Send(Risky(66, Start() + minutes(30)).Offset(2));
  run.Send(Risky(67, Start() + hours(1)).Offset(3));
  REQUIRE(run.alerts().size() == 3);
  CHECK(run.alerts()[1].activity == AlertActivity::kUpdate);
  CHECK(run.alerts()[1].cause.offset == 1);
  CHECK(run.alerts()[2].activity == AlertActivity::kCreate);
  CHECK(run.alerts()[2].cause.offset == 3);
  CHECK(run.alerts()[2].revision == 1);
  CHECK(run.alerts()[2].count == 1);
  run.Send(Risky(68, Start() + hours(1) + minutes(59)));
  CHECK(run.alerts().size() == 3);
  run.AdvanceTo(Start() + hours(2));
  CHECK(run.alerts().size() == 4);
}

TEST_CASE("a late event joins an open fold") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(65, Start()));
  run.Send(Risky(65, Start() - minutes(20)).Late());
  CHECK(run.alerts().size() == 1);
  run.AdvanceTo(Start() + hours(1));
  REQUIRE(run.alerts().size() == 2);
  CHECK(run.alerts()[1].start == Start() - minutes(20));
  CHECK(run.alerts()[1].end == Start());
}

TEST_CASE("a late event does not reopen a closed fold, and is counted") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(65, Start()));
  run.AdvanceTo(Start() + hours(3));
  CHECK(run.Send(Risky(70, Start() + minutes(5)).Late()).verdict.alerted);
  CHECK(run.alerts().size() == 1);
  CHECK(Suppressed(run, "late") == 1);
}

TEST_CASE("a late event that is worse than its closed fold is an alert of its own") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(65, Start()).Offset(1));
  run.AdvanceTo(Start() + hours(3));
  run.Send(Risky(96, Start() + minutes(5)).Late().Offset(2));
  REQUIRE(run.alerts().size() == 2);
  CHECK(run.alerts()[1].activity == AlertActivity::kCreate);
  CHECK(run.alerts()[1].cause.offset == 2);
}

TEST_CASE("a file of last night makes an alert an hour, not an alert an event") {
  PipelineHarness run(Specs(), kPipeline);
  run.AdvanceTo(Start() + hours(12));
  for (int i = 0; i < 120; ++i) run.Send(Risky(65, Start() + minutes(i)).Late());
  CHECK(run.alerts().size() == 2);
  CHECK(Suppressed(run, "late") == 118);
}

TEST_CASE("without a cool-down every event over the threshold is an alert") {
  PipelineHarness run(
      Specs(), "- planted: {name: first, field: rows}\n- judge: {}\n- decide: {cooldown: 0s}\n");
  for (int i = 0; i < 5; ++i) run.Send(Risky(65, Start()));
  CHECK(run.alerts().size() == 5);
  CHECK(run.timers() == 0);
}

TEST_CASE("another person's alerts are folded apart") {
  PipelineHarness run(Specs(), kPipeline);
  run.Send(Risky(65, Start()));
  run.Send(EventBuilder("bob", "VIEW").With("rows", 65.0).At(Start()));
  REQUIRE(run.alerts().size() == 2);
  CHECK(run.alerts()[1].user == "bob");
  CHECK(run.alerts()[1].activity == AlertActivity::kCreate);
}

TEST_CASE("saved and loaded in the middle of a fold, it goes on") {
  PipelineHarness original(Specs(), kPipeline), restored(Specs(), kPipeline);
  original.Send(Risky(65, Start()));
  original.Send(Risky(70, Start() + minutes(1)));
  restored.Load(*original.Save());
  restored.Send(Risky(71, Start() + minutes(2)));
  restored.AdvanceTo(Start() + hours(1));
  REQUIRE(restored.alerts().size() == 2);
  CHECK(restored.alerts()[1].count == 3);
  CHECK(restored.alerts()[1].risk == 71);
}

TEST_CASE("a threshold outside 0 to 100 is refused") {
  CHECK(PipelineHarness::ProblemsOf(Specs(), "- decide: {threshold: 101}") != "");
  CHECK(PipelineHarness::ProblemsOf(Specs(), "- decide: {cool_down: 1h}").find("cooldown") !=
        std::string::npos);
}

}  // namespace
}  // namespace bongsu
