#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "engine/app/commands/commands.h"
#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/json/reader.h"
#include "tests/support/command.h"
#include "tests/support/temp_dir.h"

namespace bongsu {
namespace {

Ran Eval(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "eval");
  return RunCommand(RegisterEval, std::move(arguments));
}

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string Read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

double Member(const std::string& json, std::string_view key) {
  JsonReader reader;
  const auto value = reader.Parse(std::string_view(json).substr(0, json.size() - 1));
  REQUIRE(value);
  const auto member = value->Find(key);
  REQUIRE(member);
  REQUIRE(member->is_number());
  return member->AsDouble();
}

const std::string kConfig =
    "features: [{name: actions, count: {}, window: 1h}]\n"
    "detect: [{half_space_trees: {strange: both, features: [actions]}}]\n"
    "decide: {threshold: 60}\n"
    "sources: [{name: access, stdin: true}]\n";

// Rows of a crowd and, now and then, of a cluster far from it.
std::string Rows(int rows, bool with_label_column_first = false) {
  SplitMix64 random(11);
  std::string text = with_label_column_first ? "label,a,b\n" : "a,b,label\n";
  for (int i = 0; i < rows; ++i) {
    const bool anomaly = i % 40 == 39;
    const std::string a = StrCat(random.Unit() + (anomaly ? 4 : 0)),
                      b = StrCat(random.Unit() - (anomaly ? 4 : 0));
    text += with_label_column_first ? StrCat(int{anomaly}, ",", a, ",", b, "\n")
                                    : StrCat(a, ",", b, ",", int{anomaly}, "\n");
  }
  return text;
}

struct Files {
  TempDir dir;
  std::string config = dir.File("bongsu.yaml"), csv = dir.File("rows.csv");
  Files() {
    Write(config, kConfig);
    Write(csv, Rows(2000));
  }
};

TEST_CASE("eval finds what is planted in a table") {
  const Files files;
  const Ran ran = Eval({files.csv, "-c", files.config, "--seeds", "2", "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(ran.out.find('\n') == ran.out.size() - 1);
  CHECK(Member(ran.out, "rows") == 2000);
  CHECK(Member(ran.out, "auc_mean") > 0.97);
  CHECK(Member(ran.out, "ap_mean") > 0.5);
  CHECK(Member(ran.out, "recall_at_budget_mean") > 0.5);
  CHECK(Member(ran.out, "budget") == Member(ran.out, "anomalies"));
  for (const char* key : {"auc_sd", "ap_sd", "recall_at_budget_sd"})
    CHECK(Member(ran.out, key) >= 0);
  CHECK(Member(ran.out, "events_per_second") > 0);
  CHECK(Member(ran.out, "seeds") == 2);
}

TEST_CASE("without -c a table is measured with the shipped trees, whatever bongsu.yaml is here") {
  const Files files;
  const Ran ran = Eval({files.csv, "--json"}),
            shipped =
                Eval({files.csv, "-c", BONGSU_SOURCE_DIR "/deploy/config/eval.yaml", "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(Member(ran.out, "auc_mean") > 0.97);
  CHECK(Member(ran.out, "auc_mean") == Member(shipped.out, "auc_mean"));
  CHECK(ran.out.find(R"("detectors":["trees"])") != std::string::npos);
}

TEST_CASE("a month of learning is no reason to be silent over a table, which has no months") {
  const Files files;
  const auto auc = [&](const std::string& learning) {
    const std::string path = files.dir.File("two.yaml");
    Write(path,
          "features: [{name: x, count: {}, window: 1h}]\ndetect:\n"
          "  - half_space_trees: {features: [x]" +
              learning +
              "}\n"
              "  - ecod: {features: [x]" +
              learning + "}\n");
    const Ran ran = Eval({files.csv, "-c", path, "--json"});
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return Member(ran.out, "auc_mean");
  };
  CHECK(auc(", learning: 30d") == auc(""));
  CHECK(auc("") > 0.9);
}

TEST_CASE("where the label stands, and how the stream is cut into files, changes nothing") {
  const Files files;
  const std::string first = files.dir.File("first.csv"), second = files.dir.File("second.csv"),
                    turned = files.dir.File("turned.csv"), text = Rows(2000);
  const size_t half = text.find('\n', text.size() / 2) + 1;
  Write(first, text.substr(0, half));
  Write(second, "a,b,label\n" + text.substr(half));
  Write(turned, Rows(2000, true));
  const auto auc = [&](std::vector<std::string> arguments) {
    for (const char* more : {"-c", files.config.c_str(), "--json"}) arguments.emplace_back(more);
    const Ran ran = Eval(arguments);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return Member(ran.out, "auc_mean");
  };
  CHECK(auc({first, second}) == auc({files.csv}));
  CHECK(auc({turned}) == auc({files.csv}));
}

TEST_CASE("eval for people: a line a seed, the mean, a picture") {
  const Files files;
  const std::string plot = files.dir.File("scores.svg");
  const Ran ran = Eval({files.csv, "-c", files.config, "--seeds", "2", "--plot", plot});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(ran.out.find("2000 rows of 2 features; after 250 to warm up, 44 anomalies") == 0);
  CHECK(ran.out.find("\nseed  AUC") != std::string::npos);
  CHECK(ran.out.find("\nmean  ") != std::string::npos);
  CHECK(ran.out.find("recall at 44") != std::string::npos);
  CHECK(Read(plot).starts_with("<svg xmlns="));
  CHECK(Read(plot).find("<title>rows.csv: behaviour</title>") != std::string::npos);
}

TEST_CASE("rows to warm up are not counted") {
  const Files files;
  const Ran ran =
      Eval({files.csv, "-c", files.config, "--warmup", "1000", "--budget", "7", "--json"});
  CHECK(Member(ran.out, "anomalies") == 25);
  CHECK(Member(ran.out, "budget") == 7);
  CHECK(Member(ran.out, "recall_at_budget_mean") <= 7.0 / 25);
  const Ran all = Eval({files.csv, "-c", files.config, "--warmup", "5000"});
  CHECK(all.code == 1);
  CHECK(all.err.find("after the 5000 rows of --warmup, 0 rows are left") != std::string::npos);
}

TEST_CASE("eval says what is wrong, with file and line") {
  const Files files;
  const auto error = [&](const std::string& text) {
    Write(files.csv, text);
    const Ran ran = Eval({files.csv, "-c", files.config});
    CHECK(ran.code == 1);
    CHECK(ran.out == "");
    return ran.err;
  };
  CHECK(error("a,label\n1,0\nx,1\n") ==
        StrCat("bongsu: ", files.csv, ":3: column a: expected a number or nothing, got \"x\"\n"));
  CHECK(error("a,b\n1,0\n").find(":1: no column is called \"label\"") != std::string::npos);
  CHECK(error("a,label\n1,0\n").find("all 1 rows are 0") != std::string::npos);
  CHECK(error(std::string(1000, '\0')) != "");
  std::string wide = "label";
  for (int i = 0; i < 65; ++i) wide += StrCat(",c", i);
  std::string row;
  for (int i = 0; i < 65; ++i) row += ",1";
  CHECK(error(wide + "\n0" + row + "\n1" + row + "\n").find("65 columns besides the label") !=
        std::string::npos);
  CHECK(Eval({"/nowhere.csv", "-c", files.config}).code == 1);
}

TEST_CASE("wrong usage is exit code 2") {
  const Files files;
  CHECK(Eval({}).code == 2);
  CHECK(Eval({files.csv, "--seeds", "0"}).code == 2);
  CHECK(Eval({files.csv, "--labels", "x.csv"}).code == 2);
  CHECK(Eval({"--events", "x.jsonl"}).code == 2);
  CHECK(Eval({files.csv, "--events", "x.jsonl", "--labels", "x.csv"}).code == 2);
  // A picture that would not be what its name says, or that is drawn over what is read.
  CHECK(Eval({files.csv, "--plot", files.csv}).code == 2);
  CHECK(Read(files.csv) == Rows(2000));
  const Ran png = Eval({files.csv, "-c", files.config, "--plot", files.dir.File("x.png")});
  CHECK(png.code == 2);
  CHECK_THAT(png.err, Catch::Contains("name the file .svg"));
  const Ran help = Eval({"--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("Example:\n  bongsu eval ") != std::string::npos);
}

// ---- Labelled events ---------------------------------------------------------------------------

// Twenty people at work, a view a minute each; ann does two hundred within a minute on the last
// day.
void WriteDays(const std::string& path) {
  std::ofstream out(path);
  int id = 0;
  const auto event = [&](const std::string& user, int day, int minute, int second) {
    char time[64];
    std::snprintf(time, sizeof(time), "2026-03-%02dT%02d:%02d:%02dZ", day, 9 + minute / 60,
                  minute % 60, second);
    out << StrCat(R"({"event_id":")", ++id, R"(","time":")", time, R"(","user_id":")", user,
                  R"(","action":"VIEW"})")
        << '\n';
  };
  for (int day = 2; day <= 6; ++day) {
    for (int minute = 0; minute < 60; ++minute) {
      for (int person = 0; person < 20; ++person) event(StrCat("p", person), day, minute, person);
      for (int i = 0; day == 6 && minute == 30 && i < 200; ++i) event("ann", day, minute, 20);
    }
  }
}

const std::string kLabels =
    "user_id,label,kind,from,to,effect\n"
    "ann,insider,snooping,2026-03-06T09:30:00Z,2026-03-06T09:30:59Z,10\n"
    "p3,insider,mass_download,2026-03-05T09:00:00Z,2026-03-05T10:00:00Z,2\n"
    "p4,harmless,new_laptop,2026-03-05T09:00:00Z,2026-03-05T10:00:00Z,\n";

const std::string kDaysConfig =
    "features: [{name: actions, count: {}, window: 1h}]\n"
    "detect: [{ecod: {features: [actions], learn: all}}]\n"
    "decide: {threshold: 40}\n"
    "sources: [{name: access, stdin: true}]\n";

struct Days : Files {
  std::string events = dir.File("events.jsonl"), labels = dir.File("labels.csv");
  Days() {
    Write(config, kDaysConfig);
    WriteDays(events);
    Write(labels, kLabels);
  }
};

TEST_CASE("eval of labelled events: who was caught, by kind and effect") {
  const Days days;
  const Ran json = Eval({"--events", days.events, "--labels", days.labels, "-c", days.config,
                         "--seeds", "2", "--json"});
  INFO(json.err);
  REQUIRE(json.code == 0);
  INFO(json.out);
  CHECK(Member(json.out, "events") == 6200);
  CHECK(Member(json.out, "planted") == 2);
  CHECK(Member(json.out, "recall_mean") == 0.5);
  CHECK(Member(json.out, "precision_mean") > 0);
  CHECK(json.out.find(R"({"kind":"snooping","effect":10,"planted":2,"caught":2})") !=
        std::string::npos);
  CHECK(json.out.find(R"({"kind":"new_laptop","people":2,"alerted":0})") != std::string::npos);
  const Ran text = Eval({"--events", days.events, "--labels", days.labels, "-c", days.config});
  CHECK(text.out.find("caught of planted  2x   10x  all\n"
                      "mass_download      0/1  -    0/1\n"
                      "snooping           -    1/1  1/1\n") != std::string::npos);
  CHECK(text.out.find("new_laptop  0/1\n") != std::string::npos);
}

// Of 101 person-days, ann's is above all others and p3's, who did as everybody does, is one of
// them.
TEST_CASE("eval of labelled events ranks person-days, whatever the threshold is") {
  const Days days;
  const auto json = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"--events", days.events, "--labels", days.labels,
                                          "-c",       days.config, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = Eval(arguments);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return ran.out;
  };
  const std::string both = json({"--budget", "1"});
  INFO(both);
  CHECK(Member(both, "person_days") == 101);
  CHECK(Member(both, "anomalies") == 2);
  CHECK(Member(both, "budget") == 1);
  CHECK(Member(both, "recall_at_budget_mean") == 0.5);
  CHECK(Member(json({}), "budget") == 2);
  Write(days.labels, kLabels.substr(0, kLabels.find("p3")) + kLabels.substr(kLabels.find("p4")));
  const std::string ann = json({"--seeds", "2"});
  for (const char* key : {"auc_mean", "ap_mean", "recall_at_budget_mean"})
    CHECK(Member(ann, key) == 1);  // A harmless laptop is one of the others.
  for (const char* key : {"auc_sd", "ap_sd", "recall_at_budget_sd"}) CHECK(Member(ann, key) == 0);
  std::string quiet = kDaysConfig;
  quiet.replace(quiet.find("threshold: 40"), 13, "threshold: 100");
  Write(days.config, quiet);
  const std::string silent = json({});
  CHECK(Member(silent, "recall_mean") < 1);
  CHECK(Member(silent, "auc_mean") == 1);
}

TEST_CASE("eval of labelled events for people: what is ranked, and a picture that marks it") {
  const Days days;
  const std::string plot = days.dir.File("risks.svg");
  const auto text = [&] {
    const Ran ran =
        Eval({"--events", days.events, "--labels", days.labels, "-c", days.config, "--plot", plot});
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return ran.out;
  };
  CHECK_THAT(text(), Catch::Contains("ranked: person-days by their highest risk; 101 of them, 2 of "
                                     "insiders at it\nseed  AUC") &&
                         Catch::Contains("recall at 2\n"));
  CHECK(Read(plot).starts_with("<svg xmlns="));
  CHECK_THAT(Read(plot),
             Catch::Contains("<title>events.jsonl: risk of each person's day</title>") &&
                 Catch::Contains(">anomaly (2)<") && Catch::Contains("stroke-linecap=\"round\"") &&
                 Catch::Contains(">person-days, by day (UTC) and name<"));
  Write(days.labels, kLabels.substr(0, kLabels.find("ann")) + kLabels.substr(kLabels.find("p4")));
  CHECK_THAT(text(), Catch::Contains("101 of them, 0 of insiders at it\nno AUC, AP and recall"));
  CHECK_THAT(Read(plot), !Catch::Contains("stroke-linecap=\"round\""));
  Write(days.events, "");
  const Ran none =
      Eval({"--events", days.events, "--labels", days.labels, "-c", days.config, "--plot", plot});
  CHECK(none.code == 1);
  CHECK_THAT(none.err, Catch::Contains("there is no event to draw"));
}

TEST_CASE("eval refuses labels it cannot read") {
  const Days days;
  Write(days.labels, "who\nann\n");
  const Ran ran = Eval({"--events", days.events, "--labels", days.labels, "-c", days.config});
  CHECK(ran.code == 1);
  CHECK(ran.err.find(days.labels + ": line 1: expected the header") != std::string::npos);
}

TEST_CASE("replay judges its alerts by labels, and writes samples") {
  const Days days;
  const std::string samples = days.dir.File("samples.jsonl");
  const auto replay = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"replay", "--input", days.events, "-c", days.config};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = RunCommand(RegisterReplay, arguments);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return ran.out;
  };
  const std::string json = replay({"--labels", days.labels, "--samples", samples, "--json"});
  CHECK(json.find('\n') == json.size() - 1);
  CHECK(Member(json, "events") == 6200);
  CHECK(Member(json, "planted") == 2);
  CHECK(Member(json, "caught") == 1);
  CHECK(Member(json, "kinds_planted") == 2);
  CHECK(Member(json, "kinds_caught") == 1);
  CHECK(Member(json, "recall") == 0.5);
  for (const char* key : {"alerts", "precision", "events_per_second"}) CHECK(Member(json, key) > 0);
  CHECK(Read(samples).find(R"("why":"alert")") != std::string::npos);
  const std::string text = replay({"--labels", days.labels});
  CHECK(text.find("ann      snooping       10x     yes") != std::string::npos);
  CHECK(text.find("caught 1 of 2 planted (1 of 2 kinds)") != std::string::npos);
  CHECK(replay({"--json"}).find("planted") == std::string::npos);
}

}  // namespace
}  // namespace bongsu
