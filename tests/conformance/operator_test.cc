// What every operator in the list has to keep, whatever it does. A new operator is covered as soon
// as operators/all.cc names it.
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "operators/all.h"
#include "operators/reference.h"
#include "tests/support/operator_harness.h"

using namespace std::chrono_literals;

namespace bongsu {
namespace {

// The tables that examples name.
constexpr char kFiles[] = BONGSU_SOURCE_DIR "/tests/conformance/files";

// The examples of all operators up to `last`, in the order of the list: what stands before it gives
// it the fields and features it names.
std::string PipelineUpTo(const OperatorSpec& last, bool with_detectors = true) {
  std::string yaml;
  for (const OperatorSpec& spec : AllOperators()) {
    if (with_detectors || spec.stage != Stage::kDetect || &spec == &last) {
      yaml += "- " + spec.example + "\n";
    }
    if (&spec == &last) break;
  }
  return yaml;
}

// A working life with odd moments. `people` take turns; some events come late, some fields lack.
// Once the models have seen enough, user0 goes through many resources and passwords in a minute.
constexpr size_t kLong = 1600, kSpree = 1400, kSpreeEnd = 1440;

std::vector<EventBuilder> Stream(uint64_t seed, size_t size, size_t people) {
  SplitMix64 random(seed);
  std::vector<EventBuilder> events;
  Timestamp now = FromMillis(1772409600000);
  while (events.size() < size) {
    now += Duration(static_cast<int64_t>(random.Below(600'000'000)));
    const std::string user = StrCat("user", random.Below(people));
    const std::string resource = StrCat("r", random.Below(random.Below(50) == 0 ? 500 : 8));
    EventBuilder event = random.Below(3) == 0   ? Login(user)
                         : random.Below(4) == 0 ? LoginFailed(user)
                         : random.Below(3) == 0
                             ? Export(user, resource, static_cast<double>(random.Below(5000)))
                             : View(user, resource);
    event.At(random.Below(10) == 0 ? now - 30min : now);
    if (random.Below(3) == 0) event.With("sensitivity", static_cast<double>(random.Below(11)));
    if (random.Below(3) == 0) event.With("country", "KR");
    if (events.size() >= kSpree && events.size() < kSpreeEnd) {
      event = events.size() % 2 == 0 ? LoginFailed("user0")
                                     : View("user0", StrCat("vault", events.size()));
      event.At(events.back().time() + 1s);
    }
    events.push_back(event.Offset(static_cast<int64_t>(events.size())));
  }
  return events;
}

std::string Bits(double value) {
  return std::isnan(value) ? "nan," : StrCat(std::bit_cast<uint64_t>(value), ",");
}

// Everything that an outcome says, so that equal text means equal bytes.
std::string Print(const Outcome& outcome) {
  std::string out = StrCat(outcome.status.message(), outcome.dropped ? " dropped " : " ");
  for (const auto& [name, value] : outcome.features) out += name + "=" + Bits(value);
  for (const auto& [name, text] : outcome.texts) out += name + "=" + text + ",";
  for (const auto& [name, normal] : outcome.normals) {
    if (!std::isnan(normal.usual)) out += name + "~" + Bits(normal.usual) + Bits(normal.high);
  }
  for (const Finding& finding : outcome.verdict.findings) {
    out += StrCat(finding.detector, ":") + Bits(finding.raw) + Bits(finding.tail) +
           Bits(finding.risk) + Bits(finding.maturity);
  }
  for (const auto& [name, share] : outcome.shares) out += name + ":" + Bits(share);
  return out + Bits(outcome.verdict.risk) + Bits(outcome.verdict.user_risk) +
         (outcome.verdict.alerted ? "alert\n" : "\n");
}

std::string PrintOutputs(const PipelineHarness& run) {
  std::string out;
  for (const Alert& alert : run.alerts()) {
    out += StrCat(static_cast<int>(alert.activity), " ", alert.revision, " ", alert.user, " ",
                  alert.detector, " ", FormatOrigin(alert.cause.origin()), " ",
                  alert.time.time_since_epoch().count(), " ", alert.count, " ", alert.event_json) +
           Bits(alert.risk) + Bits(alert.user_risk) + Bits(alert.confidence);
    for (const Contribution& part : alert.contributions) {
      out += part.detector + part.feature + Bits(part.points) + Bits(part.observed) +
             Bits(part.normal.usual) + Bits(part.normal.high) + Bits(part.tail) + part.value;
    }
    out += "\n";
  }
  for (const UserRisk& risk : run.risks()) {
    out += StrCat(risk.user, " ", risk.as_of.time_since_epoch().count(), " ",
                  risk.tombstone ? "gone " : "") +
           Bits(risk.score);
    for (const RiskyEvent& event : risk.recent) {
      out += FormatOrigin(event.cause.origin()) + Bits(event.risk);
    }
    out += "\n";
  }
  for (const Sample& sample : run.samples()) {
    out += StrCat(SampleWhyName(sample.why), " ", sample.user, " ",
                  FormatOrigin(sample.cause.origin()), " ") +
           Bits(sample.threshold);
    for (const double v : sample.features) out += Bits(v);
    out += "\n";
  }
  return out;
}

std::string RunAll(const std::string& yaml, const std::vector<EventBuilder>& events) {
  PipelineHarness run(AllOperators(), yaml, kFiles);
  std::string out;
  for (const EventBuilder& event : events) out += Print(run.Send(event));
  run.AdvanceTo(events.back().time() + 48h);
  return out + PrintOutputs(run);
}

TEST_CASE("every operator has its own name, a summary and an example of itself") {
  std::set<std::string> names;
  Stage stage = Stage::kNormalize;
  for (const OperatorSpec& spec : AllOperators()) {
    CAPTURE(spec.name);
    CHECK(names.insert(spec.name).second);
    CHECK_FALSE(spec.summary.empty());
    CHECK_FALSE(spec.details.empty());
    CHECK(spec.example.find(spec.name + ":") != std::string::npos);
    CHECK(spec.stage >= stage);
    stage = spec.stage;
    for (const FieldInfo& field : spec.fields) {
      CAPTURE(field.name);
      CHECK_FALSE(field.help.empty());
    }
  }
}

TEST_CASE("every example builds, and declares what it fills") {
  for (const OperatorSpec& spec : AllOperators()) {
    CAPTURE(spec.name);
    CHECK(PipelineHarness::ProblemsOf(AllOperators(), PipelineUpTo(spec), kFiles) == "");
  }
}

TEST_CASE("a misspelt option of any operator is a problem on its line") {
  for (const OperatorSpec& spec : AllOperators()) {
    CAPTURE(spec.name);
    std::string yaml = "- " + spec.example;
    yaml.insert(yaml.rfind('}'), ", no_such_option: 1");
    const std::string problems = PipelineHarness::ProblemsOf(AllOperators(), yaml, kFiles);
    CHECK_THAT(problems, Catch::StartsWith("test.yaml:1:"));
    CHECK_THAT(problems, Catch::Contains("no_such_option: unknown key"));
  }
}

TEST_CASE("the stream of these tests makes the whole pipeline speak") {
  PipelineHarness run(AllOperators(), PipelineUpTo(AllOperators().back()), kFiles);
  for (const EventBuilder& event : Stream(1, kLong, 5)) run.Send(event);
  CHECK(run.alerts().size() > 0);
  CHECK(run.risks().size() > 0);
}

TEST_CASE("the points of every alert add up to its risk") {
  PipelineHarness run(AllOperators(), PipelineUpTo(AllOperators().back()), kFiles);
  for (const EventBuilder& event : Stream(1, kLong, 5)) run.Send(event);
  REQUIRE(run.alerts().size() > 0);
  for (const Alert& alert : run.alerts()) {
    double points = 0;
    for (const Contribution& part : alert.contributions) points += part.points;
    CHECK(points == Approx(alert.risk).margin(1e-6));
  }
}

TEST_CASE("the same input twice gives the same bytes") {
  const auto events = Stream(1, kLong, 5);
  for (const OperatorSpec& spec : AllOperators()) {
    CAPTURE(spec.name);
    const std::string yaml = PipelineUpTo(spec);
    CHECK(RunAll(yaml, events) == RunAll(yaml, events));
  }
}

TEST_CASE("what other people do changes nothing, but through a model") {
  const auto events = Stream(2, 900, 5);
  for (const OperatorSpec& spec : AllOperators()) {
    if (spec.stage == Stage::kDetect) continue;  // A model learns from everybody.
    CAPTURE(spec.name);
    const std::string yaml = PipelineUpTo(spec, false);
    PipelineHarness alone(AllOperators(), yaml, kFiles), among(AllOperators(), yaml, kFiles);
    for (const EventBuilder& event : events) {
      const std::string outcome = Print(among.Send(event));
      if (event.user() == "user0") REQUIRE(Print(alone.Send(event)) == outcome);
    }
    CHECK(alone.MemoryOf("user0") == among.MemoryOf("user0"));
  }
}

TEST_CASE("missing, odd and extra fields are survived") {
  const std::vector<std::string> odd = {"",      "nan",      "-1",
                                        "1e308", "\xFF\xFE", std::string(256, 'x')};
  for (const OperatorSpec& spec : AllOperators()) {
    CAPTURE(spec.name);
    PipelineHarness run(AllOperators(), PipelineUpTo(spec), kFiles);
    SplitMix64 random(3);
    for (EventBuilder event : Stream(3, 600, 3)) {
      const std::string_view field = kFieldNames[2 + random.Below(kCanonicalFields - 2)];
      if (random.Below(2) == 0) event.Without(field);
      if (random.Below(3) == 0) event.With(field, odd[random.Below(odd.size())]);
      event.With("attributes.unheard_of", "x");
      const Outcome outcome = run.Send(event);
      REQUIRE(outcome.status.ok());
      REQUIRE(outcome.verdict.risk >= 0);
      REQUIRE(outcome.verdict.risk <= 100);
      for (const auto& [name, value] : outcome.features) {
        CAPTURE(name, value);
        REQUIRE_FALSE(std::isinf(value));
      }
    }
  }
}

TEST_CASE("what was observed stays as it was") {
  for (const OperatorSpec& spec : AllOperators()) {
    CAPTURE(spec.name);
    PipelineHarness run(AllOperators(), PipelineUpTo(spec), kFiles);
    for (const EventBuilder& event : Stream(4, 300, 3)) {
      const Outcome outcome = run.Send(event);
      for (const std::string_view field : kFieldNames) {
        const std::string observed = event.field(field);
        if (!observed.empty()) REQUIRE(outcome.text(field) == observed);
      }
    }
  }
}

TEST_CASE("memory saved and restored anywhere changes nothing") {
  const auto events = Stream(5, kLong, 4);
  const size_t stop = GENERATE(299, 1425);
  for (const OperatorSpec& spec : AllOperators()) {
    CAPTURE(spec.name, stop);
    const std::string yaml = PipelineUpTo(spec);
    PipelineHarness first(AllOperators(), yaml, kFiles);
    std::string out;
    for (size_t i = 0; i < stop; ++i) out += Print(first.Send(events[i]));
    PipelineHarness second(AllOperators(), yaml, kFiles);
    second.Load(*first.Save());
    for (size_t i = stop; i < events.size(); ++i) out += Print(second.Send(events[i]));
    second.AdvanceTo(events.back().time() + 48h);
    CHECK(out + PrintOutputs(second) == RunAll(yaml, events));
  }
}

TEST_CASE("the memory of a person is as large after long use as it was declared") {
  for (const OperatorSpec& spec : AllOperators()) {
    if (spec.stage > Stage::kProfile) continue;
    CAPTURE(spec.name);
    PipelineHarness run(AllOperators(), PipelineUpTo(spec), kFiles);
    for (const EventBuilder& event : Stream(6, 500, 1)) run.Send(event);
    CHECK(run.MemoryOf("user0").size() == run.StateBytes());
  }
}

TEST_CASE("operator reference: the committed page is what the specs say") {
  const std::string path = BONGSU_SOURCE_DIR "/operators/README.md";
  if (std::getenv("BONGSU_REFRESH") != nullptr) std::ofstream(path) << OperatorReference();
  std::ifstream in(path);
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  INFO("run this test with BONGSU_REFRESH=1 and commit operators/README.md");
  CHECK(page == OperatorReference());
}

}  // namespace
}  // namespace bongsu
