#include "engine/loadtest/result.h"

#include <catch2/catch.hpp>

#include "engine/json/reader.h"
#include "engine/loadtest/chart.h"

namespace bongsu::loadtest {
namespace {

constexpr int64_t kSecond = 1'000'000;

LoadResult Example(bool met) {
  Profile profile;
  profile.target = 1000;
  profile.measured = std::chrono::seconds(4);
  Run run(*Schedule::Make(profile, 1e6));
  for (int64_t i = 0; i < run.record.schedule().total(); ++i) {
    const int64_t due = run.record.schedule().DueOf(i);
    run.record.Sent(due, due + 200);
    run.record.Done(due, due + 20'000 + i, false);
  }
  Measurements& m = run.measured;
  m.target = 1000;
  m.achieved = 990;
  m.goal_ms = 100;
  m.p99_ms = 24;
  m.met = met;
  WorkerShare worker;
  worker.name = "score-0";
  worker.process = 0.95;
  worker.idle = 0.05;
  m.workers = {worker};
  m.stages = {{"profile", 700}};
  m.scored = 900;
  m.event_seconds = 0.001;
  m.arrivals = {250, 250, 250, 250};
  m.cores = 8;
  m.machine_busy = 0.4;
  Snapshot snapshot;
  snapshot.lag = {{0, 5}, {1, 9}};
  run.samples = {snapshot, snapshot};
  run.samples[1].at = kSecond;
  LoadResult result(std::move(run));
  result.plan = {{"broker", "a<b & \"c\":9092"}};
  result.started = "2026-03-02T00:00:00.000Z";
  result.headroom_percent = 125;
  result.probes = {{1500, 1300, 900, false}, {1250, 1249, 30, true}};
  return result;
}

// Every tag that is opened is closed, in order.
void CheckMarkup(const std::string& html) {
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const size_t end = html.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = html.substr(at + 1, end - at - 1);
    if (tag[0] == '!' || tag.back() == '/') continue;
    if (tag[0] == '/') {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == tag.substr(1));
      open.pop_back();
    } else {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  CHECK(open.empty());
}

}  // namespace

TEST_CASE("the JSON is one object with what programs rely on") {
  const std::string text = ResultJson(Example(true));
  CHECK(text.find('\n') == std::string::npos);
  JsonReader reader;
  const auto json = reader.Parse(text);
  REQUIRE(json);
  CHECK(json->Find("target")->AsDouble() == 1000);
  CHECK(json->Find("sent")->AsInt() == 4000);
  CHECK(json->Find("achieved")->AsDouble() == 990);
  CHECK(json->Find("p50_ms")->AsDouble() == Approx(22).epsilon(0.01));
  CHECK(json->Find("p99_ms")->AsDouble() == Approx(23.96).epsilon(0.01));
  CHECK(json->Find("p999_ms")->AsDouble() >= json->Find("p99_ms")->AsDouble());
  CHECK(json->Find("passed")->AsBool());
  CHECK(json->Find("headroom_percent")->AsDouble() == 125);
  CHECK(json->Find("bottleneck")->AsString() == "none");
}

TEST_CASE("what was missed is named in text and JSON alike") {
  const LoadResult result = Example(false);
  JsonReader reader;
  CHECK(reader.Parse(ResultJson(result))->Find("bottleneck")->AsString() == "threads");
  const std::string text = ResultText(result);
  CHECK(text.find("NOT PASSED") != std::string::npos);
  CHECK(text.find("bottleneck  threads") != std::string::npos);
  CHECK(text.find("headroom    125 %") != std::string::npos);
}

TEST_CASE("a result that the load test limited is not valid, whatever was met") {
  LoadResult result = Example(true);
  result.run.measured.loader_limited = result.decisive.loader_limited = true;
  CHECK_FALSE(result.passed());
  CHECK(ResultText(result).find("NOT VALID") != std::string::npos);
}

TEST_CASE("a run that ended early did not pass") {
  LoadResult result = Example(true);
  result.run.stopped = "interrupted";
  CHECK_FALSE(result.passed());
}

TEST_CASE("the page is whole, needs no other file and escapes what it was given") {
  const Language language = GENERATE(Language::kEnglish, Language::kKorean);
  const std::string html = ResultHtml(Example(false), language);
  CheckMarkup(html);
  CHECK(html.find("http") == std::string::npos);
  CHECK(html.find("src=") == std::string::npos);
  CHECK(html.find("a&lt;b &amp; &quot;c&quot;:9092") != std::string::npos);
  CHECK(html.find("nan") == std::string::npos);
  CHECK(html.find(language == Language::kKorean ? "병목" : "Bottleneck") != std::string::npos);
}

TEST_CASE("a run without a single result still makes a page") {
  Profile profile;
  profile.target = 10;
  profile.measured = std::chrono::seconds(1);
  const std::string html =
      ResultHtml(LoadResult(Run(*Schedule::Make(profile, 100))), Language::kEnglish);
  CheckMarkup(html);
  CHECK(html.find("nan") == std::string::npos);
}

TEST_CASE("charts keep their points inside the frame") {
  const std::string svg = Draw(LineChart{"t", "s", "ms", {{"a", {{0, 0}, {1, 7}, {2, 1e6}}}}, {}});
  CheckMarkup(svg);
  const size_t at = svg.find("points=\"") + 8;
  CHECK(svg.substr(at, svg.find('"', at) - at) == "76,220 480,220 884,34 ");
}

}  // namespace bongsu::loadtest
