// The alert budget of the decide stage.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/config/yaml.h"
#include "operators/decide/decide.h"
#include "operators/models/alert_budget.h"
#include "tests/support/operator_harness.h"
#include "tests/support/planted.h"

namespace bongsu {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::vector<OperatorSpec> Specs() {
  return {PlantedSpec(), JudgeSpec(), DecideSpec()};
}

std::string Pipeline(const std::string& decide) {
  return "- planted: {name: first, field: rows}\n- judge: {}\n- decide: {sampled: 0, " + decide +
         "}\n";
}

Timestamp Start() {
  return EventBuilder("", "").At("2026-03-02T09:00:00Z").time();
}

EventBuilder Risky(std::string_view user, double risk, Timestamp at) {
  return EventBuilder(user, "VIEW").With("rows", risk).At(at);
}

int Suppressed(const PipelineHarness& run, const std::string& reason) {
  const auto found = run.suppressed().find(reason);
  return found == run.suppressed().end() ? 0 : found->second;
}

std::vector<Sample> Below(const PipelineHarness& run) {
  std::vector<Sample> below = run.samples();
  std::erase_if(below, [](const Sample& s) { return s.why != Sample::Why::kBelowBudget; });
  return below;
}

TEST_CASE("while people can look at all of them, all are alerts") {
  PipelineHarness run(Specs(), Pipeline("budget: 5/day"));
  for (int i = 0; i < 5; ++i) run.Send(Risky(StrCat("u", i), 65, Start() + minutes(i)));
  CHECK(run.alerts().size() == 5);
  CHECK(Suppressed(run, "budget") == 0);
}

TEST_CASE("when the budget of the day is used up the next one waits, counted and listed") {
  PipelineHarness run(Specs(), Pipeline("budget: 3/day"));
  for (int i = 0; i < 3; ++i) run.Send(Risky(StrCat("u", i), 70, Start() + minutes(i)));
  const Outcome outcome = run.Send(Risky("late", 80, Start() + minutes(5)).Offset(77));
  CHECK_FALSE(outcome.verdict.alerted);
  CHECK(run.alerts().size() == 3);
  CHECK(Suppressed(run, "budget") == 1);
  REQUIRE(Below(run).size() == 1);
  const Sample sample = Below(run)[0];
  CHECK(sample.user == "late");
  CHECK(sample.risk == 80);
  CHECK(sample.time == Start() + minutes(5));
  CHECK(FormatOrigin(sample.cause.origin()) == "test:0:77:0");
  CHECK(sample.risks == std::vector<double>{80});
  CHECK(sample.threshold >= 60);
}

TEST_CASE("a critical one always is an alert") {
  PipelineHarness run(Specs(), Pipeline("budget: 1/day"));
  for (int i = 0; i < 20; ++i) {
    const double risk = i % 2 == 0 ? 95 : 94.9;
    const bool alerted =
        run.Send(Risky(StrCat("u", i), risk, Start() + minutes(i))).verdict.alerted;
    CHECK(alerted == (i % 2 == 0));
  }
  CHECK(run.alerts().size() == 10);
  CHECK(Suppressed(run, "budget") == 10);
}

TEST_CASE("of a person's candidates below the budget one a cool-down is listed, a clear rise too") {
  PipelineHarness run(Specs(), Pipeline("budget: 1/day, cooldown: 1h"));
  run.Send(Risky("first", 70, Start()));
  const auto send = [&](double risk, int minute) {
    run.Send(Risky("ann", risk, Start() + minutes(minute)));
  };
  send(62, 1);
  send(64, 2);
  send(66.9, 3);
  CHECK(Below(run).size() == 1);
  send(67, 4);  // Five points more.
  CHECK(Below(run).size() == 2);
  send(71, 5);
  CHECK(Below(run).size() == 2);
  send(62, 62);
  CHECK(Below(run).size() == 3);
  CHECK(Suppressed(run, "budget") == 6);
}

TEST_CASE("what happens below the threshold takes no part in the budget") {
  PipelineHarness run(Specs(), Pipeline("threshold: 70, budget: 1/day"));
  for (int i = 0; i < 100; ++i) run.Send(Risky(StrCat("u", i), 69.9, Start()));
  CHECK(Suppressed(run, "budget") == 0);
  CHECK(run.samples().empty());
  CHECK(run.Send(Risky("ann", 70, Start())).verdict.alerted);
}

TEST_CASE("events folded into an alert cost nothing") {
  PipelineHarness run(Specs(), Pipeline("budget: 2/day, cooldown: 12h"));
  for (int i = 0; i < 50; ++i) run.Send(Risky("ann", 70, Start() + minutes(i)));
  CHECK(run.Send(Risky("bob", 70, Start() + hours(2))).verdict.alerted);
  CHECK(Suppressed(run, "cooldown") == 49);
  CHECK(Suppressed(run, "budget") == 0);
}

TEST_CASE("every alert's event is a sample, with the threshold it was held against") {
  PipelineHarness run(Specs(), Pipeline("threshold: 65"));
  run.Send(Risky("ann", 66, Start()).Offset(3));
  run.Send(Risky("ann", 67, Start()).Offset(4));  // Folded.
  REQUIRE(run.samples().size() == 1);
  CHECK(run.samples()[0].why == Sample::Why::kAlert);
  CHECK(run.samples()[0].cause.offset == 3);
  CHECK(run.samples()[0].threshold == 65);
}

TEST_CASE("a share of all events is sampled, chosen by their id alone") {
  const auto sampled = [](const std::string& share, double risk) {
    PipelineHarness run(Specs(),
                        "- planted: {name: first, field: rows}\n- judge: {}\n"
                        "- decide: {sampled: " +
                            share + "}\n");
    std::vector<int64_t> offsets;
    for (int i = 0; i < 5000; ++i) run.Send(Risky(StrCat("u", i % 7), risk, Start()).Offset(i));
    for (const Sample& s : run.samples()) {
      CHECK(s.why == Sample::Why::kRandom);
      offsets.push_back(s.cause.offset);
    }
    return offsets;
  };
  CHECK(sampled("0", 1).empty());
  CHECK(sampled("1", 1).size() == 5000);
  CHECK(sampled("0.02", 1).size() == Approx(100).margin(35));
  CHECK(sampled("0.02", 1) == sampled("0.02", 55));
}

struct Candidate {
  std::string user;
  double risk;
  Timestamp at;
};

// A bank's days: many more candidates than the budget, risks that thin out, bursts.
std::vector<Candidate> LongStream(int days) {
  SplitMix64 random(21);
  std::vector<Candidate> out;
  Timestamp now = Start();
  while (now < Start() + hours(24) * days) {
    const bool burst = random.Below(50) == 0;
    now += burst ? Duration(0) : Duration(static_cast<int64_t>(random.Below(1'200'000'000)));
    for (int i = 0; i < (burst ? 10 : 1); ++i) {
      const double risk = std::min(94.0, 60 - 8 * std::log(1 - random.Unit()));
      out.push_back({StrCat("u", random.Below(500)), risk, now + minutes(i)});
    }
    now = out.back().at;
  }
  return out;
}

TEST_CASE("over a long stream the rate holds: in any day no more, over all hardly less") {
  PipelineHarness run(Specs(), Pipeline("budget: 10/day, cooldown: 1h"));
  for (const Candidate& c : LongStream(60)) run.Send(Risky(c.user, c.risk, c.at));
  std::vector<Timestamp> made;
  std::vector<double> risks;
  for (const Alert& alert : run.alerts()) {
    if (alert.activity != AlertActivity::kCreate) continue;
    made.push_back(alert.time);
    if (alert.time > Start() + hours(24 * 14)) risks.push_back(alert.risk);
  }
  for (size_t i = 10; i < made.size(); ++i) REQUIRE(made[i] - made[i - 10] >= hours(24));
  CHECK(made.size() > 60 * 6);
  // And it is the riskiest that it chose.
  std::sort(risks.begin(), risks.end());
  CHECK(risks[risks.size() / 10] > 75);
  CHECK(Suppressed(run, "budget") > 3000);
  CHECK(Below(run).size() > 1000);
}

std::string Print(const PipelineHarness& run) {
  std::string out;
  for (const Alert& alert : run.alerts()) {
    out += StrCat(alert.user, " ", alert.revision, " ", alert.risk, " ", alert.count, "\n");
  }
  for (const Sample& s : run.samples()) {
    out += StrCat(s.user, " ", SampleWhyName(s.why), " ", s.risk, " ", s.threshold, "\n");
  }
  return out + StrCat(Suppressed(run, "budget"));
}

TEST_CASE("stopped and restored in the middle, it makes the same alerts") {
  const std::string yaml = Pipeline("budget: 10/day, cooldown: 1h");
  const std::vector<Candidate> stream = LongStream(20);
  PipelineHarness straight(Specs(), yaml), before(Specs(), yaml), after(Specs(), yaml);
  for (const Candidate& c : stream) straight.Send(Risky(c.user, c.risk, c.at));
  const size_t half = stream.size() / 2 + 3;
  for (size_t i = 0; i < half; ++i) {
    before.Send(Risky(stream[i].user, stream[i].risk, stream[i].at));
  }
  after.Load(*before.Save());
  for (size_t i = half; i < stream.size(); ++i) {
    after.Send(Risky(stream[i].user, stream[i].risk, stream[i].at));
  }
  CHECK(Print(after) == Print(straight));
}

// The budget that a partition of so many gets.
AlertBudget& BudgetOf(const std::string& budget, int partitions, PipelineSchema* schema,
                      std::unique_ptr<Operator>* op) {
  Problems problems;
  const Result<ConfigNode> node = ParseYaml("budget: " + budget, "test.yaml", &problems);
  REQUIRE(node.ok());
  const OperatorSpec spec = DecideSpec();
  BuildContext context{*schema, problems, {}, "decide", ".", partitions};
  *op = spec.build(spec.parse(*node, "decide", &problems), context);
  INFO(problems.Format());
  REQUIRE(*op != nullptr);
  REQUIRE(schema->models().size() == 1);
  return dynamic_cast<AlertBudget&>(*schema->models()[0].model);
}

TEST_CASE("a partition has its share; days, weeks and hours are the same budget") {
  const auto [text, partitions, in_a_day] = GENERATE(table<std::string, int, int>(
      {{"8/day", 1, 8}, {"8/day", 4, 2}, {"56/week", 2, 4}, {"2/hour", 6, 8}, {"12/day", 16, 1}}));
  CAPTURE(text, partitions);
  PipelineSchema schema;
  std::unique_ptr<Operator> op;
  AlertBudget& budget = BudgetOf(text, partitions, &schema, &op);
  for (int i = 0; i < in_a_day; ++i) {
    REQUIRE(budget.HasRoom(1e9 + i));
    budget.Learn(std::vector{90.0, 1e9 + i, 1.0});
  }
  CHECK_FALSE(budget.HasRoom(1e9 + in_a_day));
}

TEST_CASE("less than one a day and partition is one in as long as that takes") {
  PipelineSchema schema;
  std::unique_ptr<Operator> op;
  AlertBudget& budget = BudgetOf("1/day", 4, &schema, &op);
  budget.Learn(std::vector{90.0, 1e9, 1.0});
  CHECK_FALSE(budget.HasRoom(1e9 + 3.9 * 86400));
  CHECK(budget.HasRoom(1e9 + 4.3 * 86400));
}

TEST_CASE("without a budget there is no model, and no memory for one") {
  const PipelineHarness with(Specs(), Pipeline("budget: 1/day")), without(Specs(), Pipeline(""));
  CHECK(with.schema().models().size() == 1);
  CHECK(without.schema().models().empty());
  CHECK(without.schema().slots().empty());
}

TEST_CASE("a budget that is none is refused with the way to write one") {
  for (const char* text : {"50", "day", "0/day", "-3/day", "5/month", "1.5/day", "5 /day", "5/",
                           "/day", "99999999999999999999/day", "+5/day"}) {
    CAPTURE(text);
    const std::string problems =
        PipelineHarness::ProblemsOf(Specs(), StrCat("- decide: {budget: \"", text, "\"}"));
    CHECK(problems.find("test.yaml:1:") != std::string::npos);
    CHECK(problems.find(StrCat("budget: expected a number of alerts a day, week or hour such as "
                               "50/day, got \"",
                               text, "\"")) != std::string::npos);
  }
  CHECK(PipelineHarness::ProblemsOf(Specs(), "- decide: {sampled: 1.5}") != "");
  CHECK(PipelineHarness::ProblemsOf(Specs(), "- decide: {budget: 7/week}") == "");
}

}  // namespace
}  // namespace bongsu
