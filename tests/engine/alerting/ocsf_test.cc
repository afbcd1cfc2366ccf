#include "engine/alerting/ocsf.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <locale>

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
  options.features = {{"failed_logins", "events", "Failed logins in an hour."}};
  return options;
}

Alert Sample() {
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

Alert Update() {
  Alert alert = Sample();
  alert.activity = AlertActivity::kUpdate;
  alert.revision = 2;
  alert.count = 17;
  alert.end = FromMillis(1772409660000);
  alert.risk = 96;
  alert.evidence = {"vpn", 3, 1300, 2};
  return alert;
}

Alert WithoutResources() {
  Alert alert = Sample();
  alert.detector = "scenario.exfiltration";
  alert.event_json = R"({"event_id":"e","time":1,"user_id":"kim","action":"LOGIN"})";
  return alert;
}

Alert Hostile() {
  Alert alert = Sample();
  alert.user = "\"},\n{\\ <script>\x01\xff 김";
  alert.cause.source = "a\":\t";
  alert.contributions[0].feature = "\"f\\\x1f";
  alert.contributions[1].detector = std::string("\xc3\x28\0", 3);
  alert.event_json =
      R"({"event_id":"\"","time":1,"user_id":"\u0000","action":"X","src_ip":"not an ip\n",)"
      R"("resource_id":"\"]}","device_id":"\\","country":"\u2028"})";
  return alert;
}

Alert Unreadable() {
  Alert alert = Sample();
  alert.event_json = "{\"broken\": \"\xff";
  alert.risk = alert.user_risk = alert.confidence = 0;
  alert.contributions.clear();
  return alert;
}

Alert Long() {
  Alert alert = Sample();
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
  return risk;
}

std::string WriteLines(const TempDir& dir, const std::vector<std::string>& lines) {
  const std::string path = dir.File("lines.jsonl");
  std::ofstream file(path);
  for (const std::string& line : lines) file << line << '\n';
  return path;
}

std::vector<std::string> Variety() {
  return {Encode(Sample()),  Encode(Update()),     Encode(WithoutResources()),
          Encode(Hostile()), Encode(Unreadable()), Encode(Long())};
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
  CHECK(Encode(Sample()).find(R"("uid":"4d88ce7139dc4ccdafc882b40aaa0388.s1")") !=
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
  used.EncodeAlert(Sample(), &again);
  CHECK(again == Encode(Sample()));
}

TEST_CASE("the finding of a known alert, byte for byte") {
  // Refresh with BONGSU_REFRESH_GOLDEN=1, and review the difference like code.
  const std::string path = StrCat(BONGSU_SOURCE_DIR, "/tests/engine/alerting/finding.golden.json");
  if (std::getenv("BONGSU_REFRESH_GOLDEN") != nullptr)
    std::ofstream(path) << Encode(Sample()) << '\n';
  std::ifstream file(path);
  std::string expected;
  std::getline(file, expected);
  CHECK(Encode(Sample()) == expected);
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
  std::string json;
  OcsfEncoder(Options()).EncodeUserRisk(SampleRisk(), &json);
  CHECK(
      json ==
      R"({"version":1,"user_id":"kim \"x\"\n","score":80,"severity":"high","as_of":1772409600123,)"
      R"("half_life_s":86400,"contributions":[{"detector":"hst","feature":"failed_logins",)"
      R"("points":50.25,"observed":12,"unit":"events"}],"features":{"failed_logins":12,)"
      R"("off_hours":null},"origin":{"source":"vpn","partition":3,"offset":1234,"index":0}})");
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
  std::string json;
  OcsfEncoder(Options()).EncodeUserRisk(SampleRisk(), &json);
  CheckWithPython(Schema("user-risk") + WriteLines(dir, {json}));
}

TEST_CASE("the evidence of the samples is what access-event.schema.json says") {
  const TempDir dir;
  CheckWithPython(Schema("access-event") + WriteLines(dir, {Sample().event_json}));
}

TEST_CASE("the schema checks can fail") {
  const std::string python = TestPython();
  if (python.empty()) return;
  const TempDir dir;
  std::string bad = Encode(Sample());
  bad.replace(bad.find("200401"), 6, "200409");
  const std::string lines = WriteLines(dir, {bad});
  const std::string tools = StrCat(python, ' ', BONGSU_SOURCE_DIR, "/tests/tools/");
  CHECK(RunTool(tools + Schema("alert") + lines).exit_code == 1);
  CHECK(RunTool(tools + "check_findings.py " + lines).exit_code == 1);
}
