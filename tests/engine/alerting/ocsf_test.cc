#include "engine/alerting/ocsf.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <locale>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/json/reader.h"
#include "tests/support/temp_dir.h"
#include "tests/tools/external_tool.h"

using namespace bongsu;

namespace {

OcsfOptions Options() {
  OcsfOptions options;
  options.tenant = "bank";
  options.product_version = "0.1.0";
  options.config_digest = "00ff";
  options.detectors = {{"scenario.exfiltration",
                        "3",
                        AnalyticKind::kRule,
                        {{"T1048", "Exfiltration Over Alternative Protocol"}}}};
  options.models = {{"hst", "1", "abcd"}};
  options.features = {
      {"failed_logins", "events", "Failed logins in an hour."},
      {"rows_vs_self", "deviations", "Rows.", "rows exported in a day", "하루 동안 내보낸 행 수"},
      {"new_country", "new", "A new country.", "new country", "처음 접속한 국가"}};
  return options;
}

Alert SampleAlert() {
  Alert alert;
  alert.user = "kim";
  alert.detector = "hst";
  alert.cause = {"vpn", 3, 1234, 0};
  alert.time = alert.start = alert.end = FromMillis(1772409600123);
  alert.risk = 87.25;
  alert.user_risk = 90.5;
  alert.confidence = 71;
  alert.contributions = {{"hst", "failed_logins", 50.25, 12, ""},
                         {"hst", "off_hours", 37, 0.5, "ratio"}};
  alert.event_json =
      R"({"event_id":"e1","time":"2026-03-02T00:00:00.123Z","user_id":"kim","action":"EXPORT",)"
      R"("result":"SUCCESS","resource_id":"cust/1","resource_type":"table","src_ip":"10.1.2.3",)"
      R"("device_id":"pc-7","session_id":"s-1","country":"KR"})";
  alert.evidence = alert.cause;
  return alert;
}

// With all that a reader may be told of a reason.
Alert Compared() {
  Alert alert = SampleAlert();
  alert.contributions = {{"hst", "rows_vs_self", 60.25, 1735360, "rows", {12000, 60000}, 1e-4, ""},
                         {"hst", "new_country", 27, 1, "new", {}, 0.0005, "RO"}};
  return alert;
}

Alert Update() {
  Alert alert = SampleAlert();
  alert.activity = AlertActivity::kUpdate;
  alert.revision = 2;
  alert.count = 17;
  alert.end = FromMillis(1772409660000);
  alert.risk = 96;
  alert.evidence = {"vpn", 3, 1300, 2};
  return alert;
}

Alert WithoutResources() {
  Alert alert = SampleAlert();
  alert.detector = "scenario.exfiltration";
  alert.event_json = R"({"event_id":"e","time":1,"user_id":"kim","action":"LOGIN"})";
  return alert;
}

Alert Hostile() {
  Alert alert = SampleAlert();
  alert.user = "\"},\n{\\ <script>\x01\xff 김";
  alert.cause.source = "a\":\t";
  alert.contributions[0].feature = "\"f\\\x1f";
  alert.contributions[0].value = "\x1b\"\xff";
  alert.contributions[1].detector = std::string("\xc3\x28\0", 3);
  alert.event_json =
      R"({"event_id":"\"","time":1,"user_id":"\u0000","action":"X","src_ip":"not an ip\n",)"
      R"("resource_id":"\"]}","device_id":"\\","country":"\u2028"})";
  return alert;
}

Alert Unreadable() {
  Alert alert = SampleAlert();
  alert.event_json = "{\"broken\": \"\xff";
  alert.risk = alert.user_risk = alert.confidence = 0;
  alert.contributions.clear();
  return alert;
}

Alert Long() {
  Alert alert = SampleAlert();
  alert.contributions.clear();
  for (int i = 0; i < 200; ++i) {
    const double observed = i % 7 == 0 ? std::nan("") : 1.0 / (i + 1);
    alert.contributions.push_back({"hst", StrCat("feature_", i), 99.9 / 200, observed, "ratio"});
  }
  alert.risk = 99.9;
  return alert;
}

std::string Encode(const Alert& alert) {
  std::string json;
  OcsfEncoder(Options()).EncodeAlert(alert, &json);
  return json;
}

UserRisk SampleRisk() {
  UserRisk risk;
  risk.user = "kim \"x\"\n";
  risk.score = 79.99999;
  risk.as_of = FromMillis(1772409600123);
  risk.half_life = std::chrono::hours(24);
  risk.contributions = {{"hst", "failed_logins", 50.25, 12, "events"}};
  risk.features = {{"failed_logins", 12}, {"off_hours", std::nan("")}};
  risk.cause = {"vpn", 3, 1234, 0};
  risk.recent = {{FromMillis(1772409600123), 71.5, {"vpn", 3, 1234, 0}},
                 {FromMillis(1772400000000), 44, {"db", 0, 17, 2}}};
  return risk;
}

Sample SampleSample() {
  Sample sample;
  sample.why = Sample::Why::kBelowBudget;
  sample.user = "kim \"x\"\n";
  sample.time = FromMillis(1772409600123);
  sample.cause = {"vpn", 3, 1234, 0};
  sample.risk = 81.5;
  sample.user_risk = 84;
  sample.threshold = 86.25;
  sample.features = {12, std::nan(""), 1};
  sample.risks = {81.5};
  return sample;
}

std::string Encode(const UserRisk& risk) {
  std::string json;
  OcsfEncoder(Options()).EncodeUserRisk(risk, &json);
  return json;
}

std::string Encode(const Sample& sample) {
  std::string json;
  OcsfEncoder(Options()).EncodeSample(sample, &json);
  return json;
}

std::string WriteLines(const TempDir& dir, const std::vector<std::string>& lines) {
  const std::string path = dir.File("lines.jsonl");
  std::ofstream file(path);
  for (const std::string& line : lines) file << line << '\n';
  return path;
}

std::vector<std::string> Variety() {
  return {Encode(SampleAlert()), Encode(Update()),     Encode(WithoutResources()),
          Encode(Hostile()),     Encode(Unreadable()), Encode(Compared()),
          Encode(Long())};
}

void CheckWithPython(const std::string& script_and_arguments) {
  const std::string python = TestPython();
  if (python.empty()) return;
  const ToolRun run =
      RunTool(StrCat(python, ' ', BONGSU_SOURCE_DIR, "/tests/tools/", script_and_arguments));
  INFO(run.output);
  CHECK(run.exit_code == 0);
}

std::string Schema(std::string_view name) {
  return StrCat("check_schema.py ", BONGSU_SOURCE_DIR, "/deploy/schemas/", name, ".schema.json ");
}

}  // namespace

TEST_CASE("the uid of a finding never changes") {
  CHECK(FindingUid("bank", "hst", "kim", {"vpn", 3, 1234, 0}) ==
        "4d88ce7139dc4ccdafc882b40aaa0388");
  CHECK(Encode(SampleAlert()).find(R"("uid":"4d88ce7139dc4ccdafc882b40aaa0388.s1")") !=
        std::string::npos);
}

TEST_CASE("the uid tells apart what differs, wherever the text is cut") {
  const std::string uid = FindingUid("a", "b", "c", {"d", 1, 2, 3});
  CHECK(uid != FindingUid("ab", "", "c", {"d", 1, 2, 3}));
  CHECK(uid != FindingUid("a", "b1:c", "", {"d", 1, 2, 3}));
  CHECK(uid != FindingUid("a", "b", "c", {"d", 12, 0, 3}));
  CHECK(uid != FindingUid("a", "b", "c", {"d", 1, 2, 4}));
}

TEST_CASE("an update keeps the uid and counts its revision") {
  const std::string update = Encode(Update());
  CHECK(update.find(R"("finding_info":{"uid":"4d88ce7139dc4ccdafc882b40aaa0388")") !=
        std::string::npos);
  CHECK(update.find(R"(4d88ce7139dc4ccdafc882b40aaa0388.s2","sequence":2)") != std::string::npos);
  CHECK(update.find(R"("type_uid":200402)") != std::string::npos);
}

TEST_CASE("the same alert gives the same bytes, from a used encoder and a new one") {
  OcsfEncoder used(Options());
  std::string ignored, again;
  for (const Alert& other : {Long(), Hostile(), Unreadable()}) used.EncodeAlert(other, &ignored);
  used.EncodeAlert(SampleAlert(), &again);
  CHECK(again == Encode(SampleAlert()));
}

TEST_CASE("the finding of a known alert, byte for byte") {
  // Refresh with BONGSU_REFRESH_GOLDEN=1, and review the difference like code.
  const std::string path = StrCat(BONGSU_SOURCE_DIR, "/tests/engine/alerting/finding.golden.json");
  if (std::getenv("BONGSU_REFRESH_GOLDEN") != nullptr)
    std::ofstream(path) << Encode(SampleAlert()) << '\n';
  std::ifstream file(path);
  std::string expected;
  std::getline(file, expected);
  CHECK(Encode(SampleAlert()) == expected);
}

TEST_CASE("hostile text comes back as it was, with U+FFFD for what is no UTF-8") {
  const std::string json = Encode(Hostile());
  CHECK(json.find('\n') == std::string::npos);
  JsonReader reader;
  const auto finding = reader.Parse(json);
  INFO(reader.message());
  REQUIRE(finding);
  const auto user = finding->Find("actor")->Find("user")->Find("uid")->AsString();
  CHECK(user == "\"},\n{\\ <script>\x01\xEF\xBF\xBD 김");
}

TEST_CASE("a person's risk is written with two decimals and the band of what is written") {
  CHECK(
      Encode(SampleRisk()) ==
      R"({"version":1,"user_id":"kim \"x\"\n","score":80,"severity":"high","as_of":1772409600123,)"
      R"("half_life_s":86400,"contributions":[{"detector":"hst","feature":"failed_logins",)"
      R"("points":50.25,"observed":12,"unit":"events"}],"features":{"failed_logins":12,)"
      R"("off_hours":null},"recent_events":[{"time":1772409600123,"risk":71.5,)"
      R"("origin":{"source":"vpn","partition":3,"offset":1234,"index":0}},)"
      R"({"time":1772400000000,"risk":44,)"
      R"("origin":{"source":"db","partition":0,"offset":17,"index":2}}],)"
      R"("origin":{"source":"vpn","partition":3,"offset":1234,"index":0}})");
}

TEST_CASE("a reason says what is normal for the person, how rare it is, and what was new") {
  const std::string json = Encode(Compared());
  const auto has = [&](std::string_view part) { return json.find(part) != std::string::npos; };
  CHECK(has(R"("explanation":[{"detector":"hst","feature":"rows_vs_self","points":60.)"));
  CHECK(has(R"("observed":1735360,"unit":"rows","normal":{"usual":12000,"high":60000},)"
            R"("share_of_events":1e-04},)"));
  CHECK(has(R"("observed":1,"unit":"new","share_of_events":5e-04,"value":"RO"}])"));
  CHECK(has(R"("message":"Risk 87 of 100 (high) for \"kim\": rows exported in a day 1,735,360, )"
            R"(usually 12,000 and rarely above 60,000 ()"));
  CHECK(has("하루 동안 내보낸 행 수 1,735,360(평소 12,000, 많아도 대개 60,000 이하)"));
}

TEST_CASE("a reason whose normal is not known says nothing of it") {
  const std::string json = Encode(SampleAlert());
  for (const char* part : {"normal", "share_of_events", "\"value\":\"RO", "baselines"}) {
    CAPTURE(part);
    CHECK(json.find(part) == std::string::npos);
  }
}

TEST_CASE("what is normal for the person is the baseline of the anomaly, in the words of OCSF") {
  JsonReader reader;
  const auto finding = reader.Parse(Encode(Compared()));
  REQUIRE(finding);
  const JsonValue analysis = *finding->Find("anomaly_analyses")->items().begin();
  size_t baselines = 0, anomalies = 0;
  for (const JsonValue baseline : analysis.Find("baselines")->items()) {
    ++baselines;
    CHECK(baseline.Find("observation_parameter")->AsString() == "rows_vs_self");
    CHECK(baseline.Find("observation_type")->AsString() == "rows");
    const JsonValue observation = *baseline.Find("observations")->items().begin();
    CHECK(observation.Find("value")->AsString() == "12000");
    CHECK(baseline.Find("observed_pattern")->AsString() ==
          "own past: usually 12000, rarely above 60000");
  }
  for ([[maybe_unused]] const JsonValue anomaly : analysis.Find("anomalies")->items()) ++anomalies;
  CHECK(baselines == 1);
  CHECK(anomalies == 2);
}

// Of one finding: the points as written, and the whole risk.
std::pair<double, double> PointsAndRisk(const std::string& json) {
  JsonReader reader;
  const auto finding = reader.Parse(json);
  REQUIRE(finding);
  double points = 0;
  for (const JsonValue part :
       finding->Find("unmapped")->Find("bongsu")->Find("explanation")->items()) {
    points += part.Find("points")->AsDouble();
  }
  return {points, finding->Find("risk_score")->AsDouble()};
}

TEST_CASE("the points as written add up to the risk as written, exactly, whatever the findings") {
  SplitMix64 random(17);
  for (int round = 0; round < 300; ++round) {
    Alert alert = SampleAlert();
    alert.risk = 40 + 60 * random.Unit();
    alert.contributions.clear();
    std::vector<double> parts(1 + random.Below(40));
    double sum = 0;
    for (double& part : parts) sum += part = random.Unit() * random.Unit();
    for (size_t i = 0; i < parts.size(); ++i) {
      alert.contributions.push_back({i % 3 == 0 ? "hst" : "extremes", StrCat("f", i % 11),
                                     alert.risk * parts[i] / sum, 10 * random.Unit(), "events"});
    }
    const auto [points, risk] = PointsAndRisk(Encode(alert));
    REQUIRE(points == risk);
  }
}

TEST_CASE("a sample names its features and detectors, null for what had no value") {
  CHECK(Encode(SampleSample()) ==
        R"({"version":1,"user_id":"kim \"x\"\n","why":"below_budget","time":1772409600123,)"
        R"("risk":81.5,"threshold":86.25,"user_risk":84,)"
        R"("detectors":{"scenario.exfiltration":81.5},)"
        R"("features":{"failed_logins":12,"rows_vs_self":null,"new_country":1},)"
        R"("origin":{"source":"vpn","partition":3,"offset":1234,"index":0},)"
        R"("config_digest":"00ff"})");
}

TEST_CASE("findings are valid OCSF in every version from 1.1") {
  const TempDir dir;
  CheckWithPython("check_findings.py " + WriteLines(dir, Variety()));
}

TEST_CASE("findings are what alert.schema.json says") {
  const TempDir dir;
  CheckWithPython(Schema("alert") + WriteLines(dir, Variety()));
}

TEST_CASE("risks are what user-risk.schema.json says") {
  const TempDir dir;
  UserRisk compared = SampleRisk();
  compared.contributions = Compared().contributions;
  compared.recent.clear();
  CheckWithPython(Schema("user-risk") + WriteLines(dir, {Encode(SampleRisk()), Encode(compared)}));
}

TEST_CASE("samples are what sample.schema.json says") {
  const TempDir dir;
  std::vector<std::string> lines;
  for (const Sample::Why why :
       {Sample::Why::kAlert, Sample::Why::kBelowBudget, Sample::Why::kRandom}) {
    Sample sample = SampleSample();
    sample.why = why;
    lines.push_back(Encode(sample));
  }
  CheckWithPython(Schema("sample") + WriteLines(dir, lines));
}

TEST_CASE("the evidence of the samples is what access-event.schema.json says") {
  const TempDir dir;
  CheckWithPython(Schema("access-event") + WriteLines(dir, {SampleAlert().event_json}));
}

TEST_CASE("the schema checks can fail") {
  const std::string python = TestPython();
  if (python.empty()) return;
  const TempDir dir;
  std::string bad = Encode(SampleAlert());
  bad.replace(bad.find("200401"), 6, "200409");
  const std::string lines = WriteLines(dir, {bad});
  const std::string tools = StrCat(python, ' ', BONGSU_SOURCE_DIR, "/tests/tools/");
  CHECK(RunTool(tools + Schema("alert") + lines).exit_code == 1);
  CHECK(RunTool(tools + "check_findings.py " + lines).exit_code == 1);
  std::string sample = Encode(SampleSample());
  sample.replace(sample.find("below_budget"), 12, "whatever");
  CHECK(RunTool(tools + Schema("sample") + WriteLines(dir, {sample})).exit_code == 1);
}
