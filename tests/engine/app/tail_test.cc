#include "engine/app/tail.h"

#include <catch2/catch.hpp>

#include "engine/base/strings.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

struct Finding {
  std::string user = "kim";
  int risk = 87;
  std::string message = "Risk 87 of 100 (high) for \"kim\": rows exported in a day 1,735,360";
  int activity = 1;
};

std::string Json(const Finding& finding) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("activity_id").Int(finding.activity).Key("time").Int(1'772'456'400'000);
  json.Key("risk_score").Int(finding.risk).Key("message").String(finding.message);
  json.Key("count").Int(5).Key("actor").BeginObject().Key("user").BeginObject();
  json.Key("uid").String(finding.user).EndObject().EndObject().EndObject();
  return out;
}

std::string Sample(std::string_view why, double risk) {
  return StrCat(R"({"version":1,"user_id":"kim","why":")", why, R"(","time":1772456400000,"risk":)",
                risk,
                R"(,"threshold":81.25,"user_risk":90,"detectors":{"access":72.04,"data":40}})");
}

std::string Shown(const TailOptions& options, const std::string& record) {
  return TailFormat(options).Line(record).value_or("nothing");
}

TEST_CASE("an alert is one line: when, how severe, how high, who, why") {
  CHECK(Shown({}, Json({})) ==
        "2026-03-02T13:00:00.000Z  high           87   kim           rows exported in a day "
        "1,735,360\n");
  CHECK(
      Shown({}, Json({"kim", 96, "so it is", 2})) ==
      "2026-03-02T13:00:00.000Z  critical       96   kim           [update, 5 events] so it is\n");
}

TEST_CASE("filters: the person, the severity") {
  TailOptions options;
  options.person = "kim";
  options.min_severity = Severity::kHigh;
  CHECK(Shown(options, Json({})) != "nothing");
  CHECK(Shown(options, Json({"kimberley", 87})) == "nothing");
  CHECK(Shown(options, Json({"kim", 79})) == "nothing");
  CHECK(Shown(options, Json({"kim", 80})) != "nothing");
}

TEST_CASE("what the budget kept back is listed, other samples are not") {
  TailOptions options;
  options.below_budget = true;
  CHECK(
      Shown(options, Sample("below_budget", 72.04)) ==
      "2026-03-02T13:00:00.000Z  medium         72   kim           below the budget's threshold of "
      "81.3, access 72, data 40\n");
  CHECK(Shown(options, Sample("random", 10)) == "nothing");
  CHECK(Shown(options, Sample("alert", 99)) == "nothing");
  options.min_severity = Severity::kHigh;
  CHECK(Shown(options, Sample("below_budget", 72)) == "nothing");
}

TEST_CASE("nothing in a name or a sentence steers the terminal") {
  const Finding evil{"a\x1b]0;owned\x07", 87,
                     "b\x1b[2J\nc\xc2\x9b"
                     "1A",
                     1};
  for (const bool json : {false, true}) {
    TailOptions options;
    options.json = json;
    const std::string line = Shown(options, Json(evil));
    INFO(line);
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK(line.find("\xc2\x9b") == std::string::npos);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(line.find("owned") != std::string::npos);
  }
}

TEST_CASE("json is the record, and reads back equal") {
  TailOptions options;
  options.json = true;
  CHECK(Shown(options, Json({})) == Json({}) + "\n");
  options.colours = true;
  CHECK(Shown(options, Json({})) == Json({}) + "\n");
}

TEST_CASE("colours dress the severity alone") {
  TailOptions options;
  options.colours = true;
  const std::string line = Shown(options, Json({}));
  CHECK(line.find("  \033[31mhigh         \033[0m  87") != std::string::npos);
}

TEST_CASE("Korean names stay under each other") {
  CHECK(Shown({}, Json({"김철수", 87, "why"})).ends_with("87   김철수        why\n"));
}

TEST_CASE("what is no alert is counted and not shown") {
  TailFormat format({});
  for (const std::string line :
       {"", "{", "[]", "{}", R"({"time":1,"risk_score":5,"message":"m"})",
        R"({"time":9223372036854775807,"risk_score":5,"message":"m","actor":{"user":{"uid":"u"}}})",
        R"({"time":1,"risk_score":"5","message":"m","actor":{"user":{"uid":"u"}}})"}) {
    INFO(line);
    CHECK_FALSE(format.Line(line));
  }
  CHECK(format.strange() == 7);
  CHECK(format.Line(R"({"time":1,"risk_score":1e9,"message":"m","actor":{"user":{"uid":"u"}}})"));
  CHECK(format.strange() == 7);
}

TEST_CASE("severities by name") {
  CHECK(ParseSeverity("critical") == Severity::kCritical);
  CHECK(ParseSeverity("informational") == Severity::kInformational);
  CHECK_FALSE(ParseSeverity("High"));
}

}  // namespace
}  // namespace bongsu
