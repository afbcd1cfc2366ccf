// As a user works: replay a few weeks of ten people, then ask why.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "engine/app/commands/commands.h"
#include "engine/base/strings.h"
#include "engine/core/time.h"
#include "engine/json/reader.h"
#include "tests/support/command.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

constexpr std::string_view kPipeline = R"(
features:
  - name: exported_vs_self
    zscore: {sum: rows, where: {action: EXPORT}, half_life: 8h}
    scale: 10
    label: rows exported
    label_ko: 내보낸 행 수
    description: What leaves the house.
  - {name: new_country, first_seen: country, within: 90d, label: new country, label_ko: 처음 접속한 국가}
detect:
  - ecod: {name: extremes, every: 1s, extrapolate: 1, features: [exported_vs_self, new_country]}
)";

std::string EventLine(std::string_view id, int64_t time, std::string_view user, int rows,
                      std::string_view country) {
  return StrCat(R"({"event_id":")", id, R"(","time":)", time, R"(,"user_id":")", user,
                R"(","action":"EXPORT","result":"SUCCESS","source":"db","rows":)", rows,
                R"(,"country":")", country, "\"}\n");
}

constexpr int64_t kDay = 86'400'000, kStart = 1'772'409'600'000;  // 2026-03-02.

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string Read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Ten people export a little every day for a month; on the last evening kim takes a lot, abroad,
// twice, and an hour later lee rather a lot.
struct World {
  TempDir dir;
  std::string events = dir.File("events.jsonl"), config = dir.File("bongsu.yaml"),
              alerts = dir.File("alerts.jsonl"), risks = dir.File("risks.jsonl");
  size_t theft_at = 0;  // The byte where kim's line begins.

  explicit World(const std::string& decide = "{threshold: 35, cooldown: 4h}") {
    std::string text;
    int number = 0;
    for (int day = 0; day < 30; ++day) {
      for (int hour = 0; hour < 8; ++hour) {
        for (int person = 0; person < 10; ++person, ++number) {
          const std::string user = person == 0 ? "kim" : person == 1 ? "lee" : StrCat("u", person);
          text += EventLine(StrCat("e", number), kStart + day * kDay + hour * 3'600'000 + person,
                            user, 10 + (number * 7919) % 13, "KR");
        }
      }
    }
    const int64_t evening = kStart + 29 * kDay + 12 * 3'600'000;
    theft_at = text.size();
    text += EventLine("theft", evening, "kim", 90'000, "RO");
    text += EventLine("again", evening + 60'000, "kim", 10, "RO");
    text += EventLine("copy", evening + 3'600'000, "lee", 40'000, "RO");
    std::ofstream(events) << text;
    std::ofstream(config) << kPipeline << "decide: " << decide
                          << "\nsources: [{name: access, stdin: true}]\n";
  }

  void Replay() const {
    const Ran ran = RunCommand(RegisterReplay, {"replay", "-c", config, "--input", events,
                                                "--alerts", alerts, "--user-risk", risks});
    INFO(ran.err);
    REQUIRE(ran.code == 0);
  }
  // The alert that the theft made, as it was written.
  std::string TheftAlert() const {
    for (const std::string& line : Lines(Read(alerts))) {
      if (line.find(R"("event_id":"theft")") != std::string::npos) return line;
    }
    FAIL("the theft made no alert");
    return "";
  }
  Ran Explain(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"explain", "-c", config});
    return RunCommand(RegisterExplain, std::move(arguments));
  }
  Ran ExplainEvent(std::string_view id, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--event", std::string(id), "--input", events});
    return Explain(std::move(more));
  }
};

bool Holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string Uid(std::string_view alert) {
  JsonReader reader;
  return std::string(reader.Parse(alert)->Find("finding_info")->Find("uid")->AsString());
}

// The points of the table as a reader would add them up: the parts, and the line that sums them.
struct Table {
  double parts = 0, sum = -1;
};
Table AddedUp(const std::string& page, std::string_view heading, std::string_view in_all) {
  Table table;
  bool inside = false;
  for (const std::string& line : Lines(page)) {
    const size_t digits = line.find_first_not_of(' ');
    double points = 0;
    if (digits == std::string::npos) {
      inside = false;
    } else if (line.find(heading) == digits) {
      inside = true;
    } else if (inside && std::from_chars(&line[digits], line.data() + line.size(), points).ec ==
                             std::errc()) {
      (Holds(line, in_all) ? table.sum = points : table.parts += points);
    }
  }
  return table;
}

TEST_CASE("an alert is explained by the beginning of its uid") {
  const World world;
  world.Replay();
  const std::string first = world.TheftAlert(), uid = Uid(first);
  const Ran ran = world.Explain({"--alert", uid.substr(0, 8), world.alerts});
  INFO(ran.out << ran.err);
  REQUIRE(ran.code == 0);
  CHECK(Holds(ran.out, "Alert " + uid));
  CHECK(Holds(ran.out, "kim"));
  CHECK(Holds(ran.out, "2026-03-31 12:00:00 UTC"));
  CHECK(Holds(ran.out, "rows exported"));
  CHECK(Holds(ran.out, "RO, for the first time"));
  CHECK(Holds(ran.out, "90,0"));
  CHECK(Holds(ran.out, "rarely above"));
  CHECK(Holds(ran.out, StrCat("access:0:", world.theft_at, ":0")));
  const Table table = AddedUp(ran.out, "POINTS", "in all");
  CHECK(table.sum >= 35);
  CHECK(table.parts == Approx(table.sum).margin(1e-9));
  JsonReader reader;
  CHECK(table.sum == reader.Parse(first)->Find("risk_score")->AsDouble());

  SECTION("as it is stored") {
    const Ran json = world.Explain({"--alert", uid, world.alerts, "--json"});
    CHECK(json.code == 0);
    CHECK(Holds(Read(world.alerts), json.out));
  }
  SECTION("in Korean, headings and all") {
    const Ran korean = world.Explain({"--alert", uid, world.alerts, "--lang", "ko"});
    CHECK(korean.code == 0);
    CHECK(Holds(korean.out, "내보낸 행 수"));
    CHECK(Holds(korean.out, "RO (처음)"));
    CHECK(AddedUp(korean.out, "점수", "합계").sum == table.sum);
    CHECK(AddedUp(korean.out, "점수", "합계").parts == Approx(table.sum).margin(1e-9));
    for (const char* english : {"Risk", "Who", "When", "Why", "POINTS", "SEEN", "usual", "event id",
                                "time", "Models", "Confidence"}) {
      INFO(english << " in " << korean.out);
      CHECK_FALSE(Holds(korean.out, english));
    }
  }
}

TEST_CASE("a quiet event is explained as well, with the reason why it is no alert") {
  const World world;
  const Ran text = world.ExplainEvent("e1500");
  INFO(text.out << text.err);
  REQUIRE(text.code == 0);
  CHECK(Holds(text.out, "no: its risk is below the threshold of 35"));
  CHECK(Holds(text.out, "exported_vs_self"));
  CHECK(Holds(text.out, "extremes"));
  const Ran ran = world.ExplainEvent("e1500", {"--json"});
  JsonReader reader;
  const auto json = reader.Parse(ran.out);
  REQUIRE(json);
  CHECK(json->Find("event")->Find("event_id")->AsString() == "e1500");
  CHECK(json->Find("outcome")->AsString() == "below_threshold");
  CHECK(json->Find("alert")->is_null());
  double sum = 0;
  for (const JsonValue part : json->Find("contributions")->items())
    sum += part.Find("points")->AsDouble();
  CHECK(sum == Approx(json->Find("risk")->AsDouble()).margin(1e-9));
  const auto exported = json->Find("features")->Find("exported_vs_self");
  CHECK(exported->Find("observed")->AsDouble() > 10);
  CHECK(json->Find("features")->Find("new_country")->Find("value")->AsDouble() == 0);
  int detectors = 0;
  for (const JsonValue detector : json->Find("detectors")->items()) {
    CHECK(detector.Find("tail")->AsDouble() > 0);
    ++detectors;
  }
  CHECK(detectors == 1);
}

TEST_CASE("an event that alerted is found by its origin, and tells the alert that was sent") {
  const World world;
  world.Replay();
  const std::string first = world.TheftAlert();
  const std::string origin = StrCat("access:0:", world.theft_at, ":0");
  const Ran ran = world.ExplainEvent(origin, {"--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(Holds(ran.out, R"("outcome":"alert")"));
  CHECK(Holds(ran.out, first));  // To the byte, though only part of the file was replayed.
  const Ran text = world.ExplainEvent("theft", {"--lang", "ko"});
  CHECK(Holds(text.out, "예: 알림 " + Uid(first)));
  CHECK(Holds(text.out, origin));
}

TEST_CASE("an event within a cool-down names the alert that it belongs to") {
  const World world;
  world.Replay();
  const Ran ran = world.ExplainEvent("again");
  INFO(ran.out << ran.err);
  CHECK(Holds(ran.out,
              "none of its own: it falls into the cool-down of alert " + Uid(world.TheftAlert())));
}

TEST_CASE("an event that the budget kept back says so") {
  const World world("{threshold: 35, cooldown: 4h, budget: 1/week}");
  const Ran ran = world.ExplainEvent("copy");
  INFO(ran.out << ran.err);
  CHECK(ran.code == 0);
  CHECK(Holds(ran.out, "no: the alert budget"));
  CHECK(Holds(world.ExplainEvent("copy", {"--json"}).out, R"("outcome":"below_budget")"));
}

TEST_CASE("a person's risk is that of the moment, and falls by half in a half-life") {
  const World world;
  world.Replay();
  const auto score = [&](const char* at) {
    const Ran ran = world.Explain({"--user", "kim", world.risks, "--at", at});
    INFO(ran.out << ran.err);
    REQUIRE(ran.code == 0);
    const std::string now = Lines(ran.out).at(2);
    REQUIRE(now.starts_with("Risk"));
    int number = -1;
    const size_t digits = now.find_first_of("0123456789");
    std::from_chars(&now[digits], now.data() + now.size(), number);
    return number;
  };
  const int then = score("2026-03-31T12:01:00Z"), next_day = score("2026-04-01T12:01:00Z");
  CHECK(then >= 35);
  CHECK(std::abs(2 * next_day - then) <= 2);
  CHECK(score("2026-03-31T10:00:00Z") < 35);  // Before the theft.
  const Ran page = world.Explain({"--user", "kim", world.risks});
  CHECK(Holds(page.out, "0 of 100"));  // Long ago.
  CHECK(Holds(page.out, StrCat("access:0:", world.theft_at, ":0")));
  CHECK(Holds(page.out, "exported_vs_self"));
  const Ran korean = world.Explain({"--user", "kim", world.risks, "--lang", "ko"});
  CHECK(Holds(korean.out, "사용자 kim의 위험"));
  CHECK(Holds(korean.out, "반감기"));
  CHECK_FALSE(Holds(korean.out, "Risk"));
  const Ran bad = world.Explain({"--user", "kim", world.risks, "--at", "yesterday"});
  CHECK(bad.code == 1);
  CHECK(Holds(bad.err, "--at: expected a time"));
  CHECK(Holds(bad.err, "yesterday"));
}

TEST_CASE("what is not there is answered with what was searched") {
  const World world;
  world.Replay();
  const Ran alert = world.Explain({"--alert", "zzz", world.alerts});
  CHECK(alert.code == 1);
  CHECK(Holds(alert.err, "zzz"));
  CHECK(Holds(alert.err, world.alerts));
  const Ran user = world.Explain({"--user", "nobody", world.risks});
  CHECK(user.code == 1);
  CHECK(Holds(user.err, world.risks));
  const Ran event = world.ExplainEvent("e99999");
  CHECK(event.code == 1);
  CHECK(Holds(event.err, "2403 events"));
  CHECK(world.Explain({"--alert", "a", world.dir.File("none.jsonl")}).code == 1);
  CHECK(world.Explain({"--alert", "a", "--user", "b"}).code == 2);
  CHECK(world.Explain({}).code == 2);
  CHECK(world.Explain({"--alert", "", world.alerts}).code == 2);
  CHECK(world.Explain({"--user", "", world.risks}).code == 2);
  CHECK(world.Explain({"--event", "e1"}).code == 2);
  CHECK(world.Explain({"--user", "kim", "--input", world.events}).code == 2);
}

TEST_CASE("without a broker what a run left under data_dir is explained, unless it still runs") {
  const World world;
  world.Replay();
  const std::string data = world.dir.File("data");
  std::ofstream(world.config) << kPipeline << "decide: {threshold: 35, cooldown: 4h}\n"
                              << "sources: [{name: access, files: [" << world.events << "]}]\n"
                              << "data_dir: " << data << "\nhttp: {ops: {listen: \"\"}}\n";
  const Ran before = world.Explain({"--user", "kim"});
  CHECK(before.code == 1);
  CHECK(Holds(before.err, data));
  const ProgramResult run =
      RunProgram({.words = {BONGSU_PROGRAM, "run", "-c", world.config, "--exit-at-end"},
                  .output = world.dir.File("run.txt"),
                  .directory = world.dir.path(),
                  .bare = false,
                  .user = std::nullopt});
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
  const std::string uid = Uid(world.TheftAlert());
  const Ran stored = world.Explain({"--alert", uid});
  CHECK(Holds(stored.out, "Alert " + uid));
  CHECK(Holds(world.Explain({"--user", "kim"}).out, "Risk of kim"));

  const int lock = open((data + "/lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(lock >= 0);
  REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0);
  const Ran held = world.Explain({"--alert", uid});
  close(lock);
  CHECK(held.code == 1);
  CHECK(Holds(held.err, "held by another process"));
  CHECK(Holds(held.err, "name a file"));
}

}  // namespace
}  // namespace bongsu
