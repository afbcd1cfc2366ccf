#include "operators/score/risk.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/math.h"
#include "engine/base/random.h"
#include "operators/models/tail.h"
#include "tests/support/operator_harness.h"
#include "tests/support/planted.h"

namespace bongsu {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<OperatorSpec> Specs() {
  return {ObserveSpec(), PlantedSpec(), RiskSpec()};
}

constexpr std::string_view kOneDetector =
    "- {name: volume, observe: bytes, unit: bytes}\n"
    "- planted: {name: first, field: rows}\n"
    "- risk: {half_life: 24h}\n";

Timestamp Start() {
  return EventBuilder("", "").At("2026-03-02T09:00:00Z").time();
}

EventBuilder Risky(double risk, Timestamp at, std::string_view user = "ann") {
  return EventBuilder(user, "VIEW").With("rows", risk).With("bytes", 12.0).At(at);
}

double Decayed(double risk, Duration age) {
  return risk * std::exp2(-ToSeconds(age) / 86400);
}

TEST_CASE("one detector: its risk is the event's") {
  PipelineHarness run(Specs(), kOneDetector);
  CHECK(run.Send(Risky(73, Start())).verdict.risk == Approx(73));
  CHECK(run.Send(Risky(0, Start())).verdict.risk == 0);
  CHECK(run.Send(EventBuilder("ann", "VIEW").At(Start())).verdict.risk == 0);
}

PipelineHarness Two(double second_maturity) {
  return PipelineHarness(Specs(),
                         "- planted: {name: first, field: rows}\n"
                         "- planted: {name: second, field: bytes, maturity: " +
                             std::to_string(second_maturity) + "}\n- risk: {}\n");
}

double Together(double a, double b, double second_maturity = 1) {
  PipelineHarness run = Two(second_maturity);
  return run.Send(EventBuilder("ann", "VIEW").With("rows", a).With("bytes", b)).verdict.risk;
}

TEST_CASE("detectors that agree say what each says") {
  CHECK(Together(60, 60) == Approx(60));
  CHECK(Together(0, 0) == Approx(0).margin(1e-9));
  CHECK(Together(100, 100) == Approx(100));
}

TEST_CASE("one of two that shouts alone loses what having two chances costs") {
  CHECK(Together(80, 0) == Approx(80 - 20 * std::log10(2.0)).margin(0.01));
  CHECK(Together(80, 40) > Together(80, 0));
}

TEST_CASE("a detector that has learned nothing has no say") {
  CHECK(Together(80, 0, 0) == Approx(80));
  CHECK(Together(80, 100, 0) == Approx(80));
}

TEST_CASE("two independent detectors stay calibrated: a risk of 40 is one event in a hundred") {
  PipelineHarness run = Two(1);
  SplitMix64 random(1);
  int over_40 = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto risk = [&] { return RiskOfTail(1 - random.Unit()); };
    over_40 += run.Send(EventBuilder("ann", "VIEW").With("rows", risk()).With("bytes", risk()))
                   .verdict.risk >= 40;
  }
  CHECK(over_40 > 140);
  CHECK(over_40 < 280);
}

TEST_CASE("the person's risk rises with a risky event and falls by half a day") {
  PipelineHarness run(Specs(), kOneDetector);
  CHECK(run.Send(Risky(80, Start())).verdict.user_risk == Approx(80));
  CHECK(run.Send(Risky(0, Start() + hours(24))).verdict.user_risk == Approx(40));
  CHECK(run.Send(Risky(0, Start() + hours(48))).verdict.user_risk == Approx(20));
}

TEST_CASE("risky events add up: two alike are three points more, ten are ten") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(60, Start()));
  CHECK(run.Send(Risky(60, Start())).verdict.user_risk == Approx(63).margin(0.05));
  for (int i = 0; i < 7; ++i) run.Send(Risky(60, Start()));
  CHECK(run.Send(Risky(60, Start())).verdict.user_risk == Approx(70).margin(0.05));
}

TEST_CASE("it never leaves 0 to 100, and comes down from the top") {
  PipelineHarness run(Specs(), kOneDetector);
  for (int i = 0; i < 40; ++i) {
    const double risk = run.Send(Risky(100, Start())).verdict.user_risk;
    REQUIRE(risk <= 100);
    REQUIRE(risk >= 99);
  }
  CHECK(run.Send(Risky(0, Start() + hours(72))).verdict.user_risk < 13);
}

TEST_CASE("ordinary behaviour does not saturate, however busy the person") {
  const int a_day = GENERATE(20, 200, 2000, 20000);
  PipelineHarness run(Specs(), "- planted: {name: first, field: rows}\n- risk: {half_life: 24h}\n");
  SplitMix64 random(17);
  const Duration step = Duration(hours(24)) / a_day;
  const int days = a_day > 2000 ? 2 : 10;
  double sum = 0;
  int over_60 = 0;
  for (int i = 0; i < days * a_day; ++i) {
    const double risk = RiskOfTail(1 - random.Unit());
    const double person = run.Send(Risky(risk, Start() + i * step)).verdict.user_risk;
    sum += person;
    over_60 += person >= 60;
  }
  INFO(a_day << " a day: mean " << sum / (days * a_day));
  CHECK(sum / (days * a_day) < 50);
  CHECK(over_60 < 0.15 * days * a_day);
}

TEST_CASE("a late event counts with what decay has left of it") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(20, Start()));
  const double person = run.Send(Risky(80, Start() - hours(24)).Late()).verdict.user_risk;
  CHECK(person == Approx(10 * std::log10(std::pow(10, 2.0) + std::pow(10, 4.0) - 1)).margin(0.01));
}

TEST_CASE("a person's risk is sent when it moves by a point, with what moved it") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(0.5, Start()));
  CHECK(run.risks().empty());
  run.Send(Risky(50, Start()).Offset(77));
  REQUIRE(run.risks().size() == 1);
  const UserRisk& risk = run.risks()[0];
  CHECK(risk.user == "ann");
  CHECK(risk.score == Approx(50).margin(0.01));
  CHECK(risk.as_of == Start());
  CHECK(risk.half_life == hours(24));
  CHECK(risk.cause.offset == 77);
  REQUIRE(risk.contributions.size() == 1);
  CHECK(risk.contributions[0].detector == "first");
  CHECK(risk.contributions[0].points == Approx(50));
  REQUIRE(risk.features.size() == 1);
  CHECK(risk.features[0] == std::pair<std::string, double>("volume", 12));
  // What readers compute by themselves is not sent again.
  run.Send(Risky(1, Start() + hours(5)));
  CHECK(run.risks().size() == 1);
}

TEST_CASE("a change of band is sent though it is less than a point") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(59.5, Start()));
  run.Send(Risky(50, Start() + seconds(2)));  // 59.97
  CHECK(run.risks().size() == 1);
  run.Send(Risky(42, Start() + seconds(4)));  // 60.03
  REQUIRE(run.risks().size() == 2);
  CHECK(run.risks()[1].score >= 60);
  CHECK(run.risks()[1].score < 60.4);
}

TEST_CASE("at most one a second; what is held back goes out by the timer, with its own cause") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(30, Start()));
  run.Send(Risky(50, Start() + milliseconds(200)).Offset(50));
  run.Send(Risky(70, Start() + milliseconds(400)).Offset(70));
  run.Send(Risky(0, Start() + milliseconds(600)).Offset(90));
  CHECK(run.risks().size() == 1);
  run.AdvanceTo(Start() + milliseconds(999));
  CHECK(run.risks().size() == 1);
  run.AdvanceTo(Start() + seconds(1));
  REQUIRE(run.risks().size() == 2);
  CHECK(run.risks()[1].as_of == Start() + seconds(1));
  CHECK(run.risks()[1].score == Approx(70).margin(0.1));
  CHECK_FALSE(run.risks()[1].contributions.empty());
  CHECK(run.risks()[1].features.size() == 1);
  CHECK_FALSE(run.risks()[1].tombstone);
  // The second after it is closed again.
  run.Send(Risky(90, Start() + milliseconds(1500)));
  CHECK(run.risks().size() == 2);
  run.AdvanceTo(Start() + seconds(2));
  CHECK(run.risks().size() == 3);
}

TEST_CASE("when the risk has fallen below one, a tombstone goes out by the timer, once") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(64, Start()));  // Six half-lives to 1.
  run.AdvanceTo(Start() + hours(6 * 24) - minutes(1));
  CHECK(run.risks().size() == 1);
  run.AdvanceTo(Start() + hours(6 * 24) + minutes(1));
  REQUIRE(run.risks().size() == 2);
  CHECK(run.risks()[1].tombstone);
  CHECK(run.risks()[1].user == "ann");
  CHECK(run.timers() == 0);
  run.AdvanceTo(Start() + hours(1000));
  CHECK(run.risks().size() == 2);
  run.Send(Risky(30, Start() + hours(1001)));
  CHECK(run.risks().size() == 3);
}

TEST_CASE("an event before the tombstone moves it") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(2, Start()));
  run.Send(Risky(64, Start() + hours(20)));
  run.AdvanceTo(Start() + hours(30));
  for (const UserRisk& risk : run.risks()) CHECK_FALSE(risk.tombstone);
  run.AdvanceTo(Start() + hours(20 + 6 * 24 + 2));
  CHECK(run.risks().back().tombstone);
}

TEST_CASE("what readers compute from what was sent is never a point away for more than a second") {
  PipelineHarness run(Specs(), kOneDetector);
  SplitMix64 random(23);
  Timestamp now = Start();
  for (int i = 0; i < 3000; ++i) {
    now += milliseconds(1200 + static_cast<int64_t>(random.Below(3'000'000)));
    const double person = run.Send(Risky(RiskOfTail(1 - random.Unit()), now)).verdict.user_risk;
    if (run.risks().empty() || run.risks().back().tombstone) {
      REQUIRE(person < 1);
      continue;
    }
    const UserRisk& sent = run.risks().back();
    REQUIRE(std::abs(Decayed(sent.score, now - sent.as_of) - person) < 1.0001);
  }
  CHECK(run.risks().size() > 20);
  CHECK(run.risks().size() < 2500);
}

TEST_CASE("other people's events change nothing") {
  PipelineHarness alone(Specs(), kOneDetector), mixed(Specs(), kOneDetector);
  SplitMix64 random(5);
  for (int i = 0; i < 300; ++i) {
    const Timestamp at = Start() + minutes(i);
    const double risk = 100 * random.Unit();
    mixed.Send(Risky(100 - risk, at, "bob"));
    CHECK(alone.Send(Risky(risk, at)).verdict.user_risk ==
          mixed.Send(Risky(risk, at)).verdict.user_risk);
  }
}

TEST_CASE("saved and loaded with a change held back, nothing is lost") {
  PipelineHarness original(Specs(), kOneDetector), restored(Specs(), kOneDetector);
  original.Send(Risky(30, Start()));
  original.Send(Risky(70, Start() + milliseconds(400)));
  restored.Load(*original.Save());
  for (PipelineHarness* run : {&original, &restored}) run->AdvanceTo(Start() + hours(1000));
  REQUIRE(restored.risks().size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(restored.risks()[i].score == original.risks()[i].score);
    CHECK(restored.risks()[i].as_of == original.risks()[i].as_of);
  }
  CHECK(restored.risks()[2].tombstone);
}

TEST_CASE("the probability behind the risk is not cut where the risk is") {
  PipelineHarness run(Specs(), kOneDetector);
  const Verdict far = run.Send(Risky(140, Start())).verdict;
  CHECK(far.risk == 100);
  CHECK(far.tail == Approx(1e-7));
  PipelineHarness two = Two(1);
  const Verdict both =
      two.Send(EventBuilder("ann", "VIEW").With("rows", 140.0).With("bytes", 0.0)).verdict;
  CHECK(both.tail == Approx(2e-7));  // Two chances.
  CHECK(both.risk == 100);
}

// The risks and offsets of the events that the last report tells of.
std::vector<std::pair<int, int64_t>> RecentOf(const PipelineHarness& run) {
  std::vector<std::pair<int, int64_t>> out;
  for (const RiskyEvent& event : run.risks().back().recent) {
    out.emplace_back(static_cast<int>(std::lround(event.risk)), event.cause.offset);
  }
  return out;
}

using Events = std::vector<std::pair<int, int64_t>>;

TEST_CASE("a person's report lists the risky events of late, newest first") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(39, Start()).Offset(1));
  CHECK(run.risks().back().recent.empty());
  run.Send(Risky(45, Start() + minutes(1)).Offset(2));
  run.Send(Risky(20, Start() + minutes(2)).Offset(3));
  run.Send(Risky(70, Start() + minutes(3)).Offset(4));
  CHECK(RecentOf(run) == Events{{70, 4}, {45, 2}});
  const RiskyEvent& newest = run.risks().back().recent[0];
  CHECK(newest.time == Start() + minutes(3));
  CHECK(newest.cause.source == "test");
}

TEST_CASE("of more than five the least risky goes, of equals the oldest") {
  PipelineHarness run(Specs(), kOneDetector);
  const int risks[] = {60, 45, 80, 45, 70, 90};
  for (int i = 0; i < 6; ++i) run.Send(Risky(risks[i], Start() + minutes(i)).Offset(i));
  CHECK(RecentOf(run) == Events{{90, 5}, {70, 4}, {45, 3}, {80, 2}, {60, 0}});
  run.Send(Risky(98, Start() + minutes(6)).Offset(6));
  CHECK(RecentOf(run) == Events{{98, 6}, {90, 5}, {70, 4}, {80, 2}, {60, 0}});
}

TEST_CASE("a late event stands where its time says") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(50, Start()).Offset(1));
  run.Send(Risky(60, Start() + minutes(10)).Offset(2));
  run.Send(Risky(90, Start() + minutes(5)).Offset(3).Late());
  run.AdvanceTo(Start() + minutes(11));  // It was held back for a second.
  CHECK(RecentOf(run) == Events{{60, 2}, {90, 3}, {50, 1}});
}

TEST_CASE("a report that was held back lists what came until it went out") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(50, Start()).Offset(1));
  run.Send(Risky(60, Start() + milliseconds(200)).Offset(2));
  run.Send(Risky(70, Start() + milliseconds(400)).Offset(3));
  run.AdvanceTo(Start() + seconds(1));
  REQUIRE(run.risks().size() == 2);
  CHECK(RecentOf(run) == Events{{70, 3}, {60, 2}, {50, 1}});
}

TEST_CASE("with the tombstone the risky events are forgotten") {
  PipelineHarness run(Specs(), kOneDetector);
  run.Send(Risky(64, Start()).Offset(1));
  run.AdvanceTo(Start() + hours(200));
  REQUIRE(run.risks().back().tombstone);
  CHECK(run.risks().back().recent.empty());
  run.Send(Risky(50, Start() + hours(201)).Offset(2));
  CHECK(RecentOf(run) == Events{{50, 2}});
}

TEST_CASE("without people there is the risk of events, and nothing is kept of anybody") {
  PipelineHarness run(Specs(), "- planted: {name: first, field: rows}\n- risk: {people: false}\n");
  for (const double risk : {73.0, 20.0}) {
    const auto result = run.Send(Risky(risk, Start()));
    CHECK(result.verdict.risk == Approx(risk));
    CHECK(result.verdict.user_risk == Approx(risk));
    CHECK(run.risks().empty());
  }
}

TEST_CASE("a half-life of nothing is refused") {
  CHECK(PipelineHarness::ProblemsOf(Specs(), "- risk: {half_life: 0s}") != "");
  CHECK(PipelineHarness::ProblemsOf(Specs(), "- risk: {halflife: 1h}").find("half_life") !=
        std::string::npos);
}

}  // namespace
}  // namespace bongsu
