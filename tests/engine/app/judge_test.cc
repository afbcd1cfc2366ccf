#include "engine/app/judge.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "engine/config/load.h"
#include "engine/generate/plant.h"

namespace bongsu {
namespace {

constexpr int64_t kHour = 3'600'000;

// An alert of `user` from hour to hour; its reasons name `feature` first.
std::string Alert(std::string_view uid, std::string_view user, int64_t from, int64_t to,
                  double risk, std::string_view feature = "exported_rows") {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("finding_info").BeginObject().Key("uid").String(uid).EndObject();
  json.Key("actor").BeginObject().Key("user").BeginObject().Key("uid").String(user);
  json.EndObject().EndObject().Key("start_time").Int(from * kHour).Key("end_time").Int(to * kHour);
  json.Key("risk_score").Int(static_cast<int64_t>(risk)).Key("message").String("why");
  json.Key("unmapped").BeginObject().Key("bongsu").BeginObject().Key("risk").Double(risk);
  json.Key("explanation").BeginArray().BeginObject().Key("detector").String("data");
  json.Key("feature").String(feature).EndObject().EndArray();
  json.EndObject().EndObject().EndObject();
  return out;
}

Label Insider(std::string user, std::string kind, int64_t from, int64_t to, double effect = 0) {
  return {std::move(user),          std::string(kInsider),  std::move(kind),
          FromMillis(from * kHour), FromMillis(to * kHour), effect};
}

Label Harmless(std::string user, std::string kind, int64_t from, int64_t to) {
  Label label = Insider(std::move(user), std::move(kind), from, to);
  label.label = kHarmless;
  return label;
}

Judgement Good(const std::vector<std::string>& alerts, const std::vector<Label>& labels) {
  Result<Judgement> judgement = Judge(alerts, labels);
  REQUIRE(judgement.ok());
  return *std::move(judgement);
}

TEST_CASE("an insider with an alert at the time of the deed is caught") {
  const Judgement judgement = Good({Alert("a", "ann", 12, 13, 81.5), Alert("b", "bob", 20, 20, 95)},
                                   {Insider("ann", "snooping", 10, 14, 2)});
  REQUIRE(judgement.insiders.size() == 1);
  const Judged& ann = judgement.insiders[0];
  CHECK(ann.alerted);
  CHECK(ann.rank == 2);  // Bob's risk is higher.
  CHECK(ann.delay == std::chrono::hours(2));
  CHECK(ann.risk == 81.5);
  CHECK(ann.reason == "exported_rows");
  CHECK(ann.sentence == "why");
  CHECK(judgement.alerts == 2);
  CHECK(judgement.people == 2);
  CHECK(judgement.precision() == 0.5);
  CHECK(judgement.recall() == 1);
  CHECK(judgement.KindsCaught() == std::set<std::string>{"snooping"});
}

TEST_CASE("an alert is right from the deed until a day after it") {
  const auto [from, to, right] = GENERATE(table<int, int, bool>(
      {{90, 99, false}, {90, 100, true}, {105, 105, true}, {134, 140, true}, {135, 140, false}}));
  const Judgement judgement =
      Good({Alert("a", "ann", from, to, 80)}, {Insider("ann", "snooping", 100, 110)});
  INFO(from << " to " << to);
  CHECK((judgement.caught() == 1) == right);
  CHECK((judgement.right == 1) == right);
  CHECK(judgement.insiders[0].rank == 1);  // Who alerted has a rank, whatever the reason.
}

TEST_CASE("revisions are one alert, the last one counts") {
  const Judgement judgement =
      Good({Alert("a", "ann", 12, 12, 81, "logins"), Alert("a", "ann", 12, 40, 96, "deletions")},
           {Insider("ann", "snooping", 30, 31)});
  CHECK(judgement.alerts == 1);
  CHECK(judgement.right == 1);
  CHECK(judgement.insiders[0].risk == 96);
  CHECK(judgement.insiders[0].reason == "deletions");
  CHECK(judgement.insiders[0].delay == Duration::zero());  // It was open before.
  CHECK(judgement.wrong.empty());
}

TEST_CASE("of several right alerts the first gives the delay, the strongest the reason") {
  const Judgement judgement =
      Good({Alert("b", "ann", 16, 16, 97, "deletions"), Alert("a", "ann", 12, 12, 81, "logins")},
           {Insider("ann", "snooping", 10, 20)});
  CHECK(judgement.insiders[0].delay == std::chrono::hours(2));
  CHECK(judgement.insiders[0].reason == "deletions");
  CHECK(judgement.right == 2);
}

TEST_CASE("alerts about others and about harmless people are wrong") {
  const Judgement judgement =
      Good({Alert("a", "cho", 12, 12, 90), Alert("b", "dan", 12, 12, 90)},
           {Insider("ann", "snooping", 10, 20), Harmless("cho", "new_laptop", 10, 20),
            Harmless("eve", "new_laptop", 10, 20)});
  CHECK(judgement.right == 0);
  REQUIRE(judgement.wrong.size() == 2);
  CHECK(judgement.wrong[0].user == "cho");
  CHECK(judgement.wrong[0].reason == "exported_rows");
  CHECK(judgement.wrong[0].start == FromMillis(12 * kHour));
  CHECK(judgement.caught() == 0);
  CHECK(judgement.insiders[0].rank == 0);
  REQUIRE(judgement.harmless.size() == 2);
  CHECK(judgement.harmless[0].alerted);
  CHECK_FALSE(judgement.harmless[1].alerted);
  std::map<std::string, Tally> table;
  AddHarmlessTo(judgement, &table);
  CHECK(HarmlessTable(table) == "harmless    alerted of all\nnew_laptop  1/2\n");
}

TEST_CASE("the top reason is the planted one when its feature measures the deed") {
  const auto [kind, feature, planted] = GENERATE(table<const char*, const char*, bool>(
      {{"off_hours_export", "off_hours_rows_vs_self", true},
       {"off_hours_export", "exported_rows_vs_self", true},
       {"off_hours_export", "new_device", false},
       {"slow_collection", "collected_resources_vs_self", true},
       {"slow_collection", "exports_vs_self", false},
       {"stolen_credentials", "new_country", true},
       {"stolen_credentials", "exports_vs_self", false},
       {"snooping", "foreign_actions_vs_self", true},
       {"snooping", "activity_vs_self", false},
       {"privilege_abuse", "grants_vs_self", true},
       {"privilege_abuse", "sensitivity_vs_self", true},
       {"privilege_abuse", "viewed_rows_vs_self", false},
       {"mass_download", "exports_vs_self", true},
       {"mass_download", "rows_vs_self", false},
       {"something_else", "exports_vs_self", false}}));
  const Judgement judgement =
      Good({Alert("a", "ann", 12, 12, 90, feature)}, {Insider("ann", kind, 10, 20)});
  INFO(kind << " " << feature);
  CHECK(judgement.insiders[0].explained == planted);
  CHECK(judgement.explained() == (planted ? 1 : 0));
  CHECK(judgement.caught() == 1);
}

TEST_CASE("who was not caught is not explained") {
  const Judgement judgement = Good({Alert("a", "ann", 90, 91, 90, "grants_vs_self")},
                                   {Insider("ann", "privilege_abuse", 10, 20)});
  CHECK(judgement.explained() == 0);
}

TEST_CASE("each of the six kinds has reasons among the features of the shipped configuration") {
  Problems problems;
  const Result<ConfigNode> root = LoadConfig(BONGSU_SOURCE_DIR "/deploy/config/behaviour.yaml",
                                             ProcessEnvironment(), &problems);
  REQUIRE(root.ok());
  const ConfigNode* const features = root->Find("features");
  REQUIRE(features != nullptr);
  for (const std::string_view kind : kInsiderKinds) {
    INFO(kind);
    CHECK(HasPlantedReasons(kind));
    size_t planted = 0;
    for (const ConfigNode& feature : features->items) {
      planted += IsPlantedReason(kind, feature.Find("name")->scalar);
    }
    CHECK(planted >= 2);
    CHECK(planted < features->items.size() / 2);  // Else anything would do.
  }
  CHECK_FALSE(HasPlantedReasons("new_laptop"));
}

TEST_CASE("no alerts, no labels: nothing is divided by zero") {
  const Judgement judgement = Good({}, {});
  CHECK(judgement.precision() == 0);
  CHECK(judgement.recall() == 0);
  CHECK(judgement.MedianDelay() == Duration::zero());
}

TEST_CASE("the tables show who was caught, and what share by kind and effect") {
  const Judgement judgement =
      Good({Alert("a", "ann", 12, 12, 90)},
           {Insider("ann", "snooping", 10, 20, 5), Insider("bob", "snooping", 10, 20, 1.2),
            Insider("cho", "mass_download", 10, 20, 5), Insider("dan", "other", 10, 20)});
  CHECK(InsiderTable(judgement) ==
        "insider  kind           effect  caught  rank  after  risk  why\n"
        "ann      snooping       5x      yes     1     2h0m   90    exported_rows\n"
        "bob      snooping       1.2x    no\n"
        "cho      mass_download  5x      no\n"
        "dan      other                  no\n");
  TallyTable table;
  AddTo(judgement, &table);
  AddTo(judgement, &table);
  CHECK(EffectTable(table) ==
        "caught of planted  no effect  1.2x  5x   all\n"
        "mass_download      -          -     0/2  0/2\n"
        "other              0/2        -     -    0/2\n"
        "snooping           -          0/2   2/2  2/4\n"
        "all                0/2        0/2   2/4  2/8\n");
  std::string json;
  JsonWriter writer(&json);
  WriteJudgement(judgement, &writer.BeginObject());
  writer.EndObject();
  CHECK(
      json ==
      R"({"planted":4,"caught":1,"kinds_planted":3,"kinds_caught":1,"precision":1,"recall":0.25})");
}

TEST_CASE("a name that steers the terminal does not") {
  const Judgement judgement = Good({}, {Insider("a\x1b[2J", "snooping", 10, 20)});
  CHECK(InsiderTable(judgement).find('\x1b') == std::string::npos);
}

TEST_CASE("what is no finding is refused with its line") {
  const std::string good = Alert("a", "ann", 1, 2, 80);
  for (const std::string& bad :
       {std::string("{"), std::string("[]"), std::string("{\"finding_info\":{\"uid\":\"a\"}}"),
        good.substr(0, good.size() - 1)}) {
    const std::vector<std::string> alerts = {good, bad};
    const Result<Judgement> judgement = Judge(alerts, {});
    REQUIRE_FALSE(judgement.ok());
    CHECK(judgement.status().message().starts_with("alerts: line 2 is no finding of Bongsu"));
  }
}

}  // namespace
}  // namespace bongsu
