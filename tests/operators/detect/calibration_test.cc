#include "operators/detect/calibration.h"

#include <catch2/catch.hpp>
#include <memory>

#include "tests/support/operator_harness.h"
#include "tests/support/planted.h"

namespace bongsu {
namespace {

using std::chrono::minutes;

// What a Calibration told a detector that is nothing but one: the raw score stands in `rows`, and
// it is ready when `bytes` is not 0.
struct Told {
  std::vector<Calibration::Lesson> lessons;
};

struct BareOptions : CalibrationOptions {
  static const FieldTable<BareOptions>& Fields() {
    static const auto table = [] {
      FieldTable<BareOptions> fields;
      AddCalibration(&fields);
      return fields;
    }();
    return table;
  }
};

class Bare final : public Operator {
 public:
  Bare(const BareOptions& options, std::shared_ptr<Told> told)
      : calibration_(options, 100), told_(std::move(told)) {}
  bool Register(BuildContext& context) { return calibration_.Register("bare", "raw", context); }
  Result<Flow> Process(Event& event, Context& context) override {
    const bool ready = event.fields[kBytes].number != 0;
    context.verdict().findings.push_back(
        calibration_.Judge(event.fields[kRows].number, ready, 0.9));
    return Flow::kNext;
  }
  void Learn(const Event& event, const Verdict& verdict, Context& context) noexcept override {
    told_->lessons.push_back(calibration_.Learn(event, verdict, context));
  }

 private:
  Calibration calibration_;
  const std::shared_ptr<Told> told_;
};

struct Bench {
  std::shared_ptr<Told> told = std::make_shared<Told>();
  PipelineHarness run;
  explicit Bench(const std::string& options)
      : run({PlantedSpec(), BareSpec(told), JudgeSpec()},
            "- planted: {name: rule, field: sensitivity}\n- bare: {" + options +
                "}\n- judge: {}\n") {}

  static OperatorSpec BareSpec(const std::shared_ptr<Told>& told) {
    return Spec<BareOptions>("bare", Stage::kDetect)
        .Build(
            [told](const BareOptions& options, BuildContext& context) -> std::unique_ptr<Operator> {
              auto bare = std::make_unique<Bare>(options, told);
              if (!bare->Register(context)) return nullptr;
              return bare;
            });
  }
  Finding Send(double raw, EventBuilder event = EventBuilder("ann", "VIEW")) {
    return run.Send(event.With("rows", raw)).verdict.findings.back();
  }
  uint64_t learned() const {
    return dynamic_cast<const TailCalibrator&>(*run.schema().models()[0].model).learned();
  }
};

EventBuilder Planted(double risk) {
  return EventBuilder("ann", "VIEW").With("sensitivity", risk);
}

TEST_CASE("calibration: a raw score becomes its rank, and the rank a risk") {
  Bench bench("extrapolate: 1");
  for (int i = 0; i < 999; ++i) bench.Send(0.1);
  const Finding finding = bench.Send(0.9);
  CHECK(finding.raw == 0.9);
  CHECK(finding.tail == Approx(1e-3));
  CHECK(finding.risk == Approx(60));
  CHECK(finding.maturity == Approx(0.0999).margin(1e-4));
}

TEST_CASE("calibration: until the model can tell nothing is strange, and no score is learned") {
  Bench bench("");
  for (int i = 0; i < 20; ++i) {
    const Finding finding = bench.Send(0.9, EventBuilder("ann", "VIEW").With("bytes", 0.0));
    CHECK(finding.tail == 1);
    CHECK(finding.risk == 0);
  }
  CHECK(bench.learned() == 0);
  CHECK(bench.told->lessons.back().taught);  // The model learns from it all the same.
}

TEST_CASE("calibration: in its first month of event time a detector learns and says nothing") {
  Bench bench("learning: 30d");
  const Timestamp start = EventBuilder("", "").time();
  const auto on = [&](double day) {
    return EventBuilder("ann", "VIEW").At(start + minutes(static_cast<int>(day * 1440)));
  };
  bench.Send(0.1, on(0).With("bytes", 0.0));  // Not ready, and yet the month begins.
  for (int day = 1; day < 30; ++day) {
    const Finding finding = bench.Send(0.1 + day * 1e-3, on(day));
    CHECK(finding.tail == 1);
    CHECK(finding.risk == 0);
    CHECK(finding.raw == 0.1 + day * 1e-3);
  }
  CHECK(bench.Send(0.9, on(30)).risk == 0);  // A month has gone by only now.
  CHECK(bench.Send(0.9, on(30)).risk > 20);
}

TEST_CASE("calibration: one clock that is decades behind does not end the month of learning") {
  Bench bench("learning: 30d");
  const Timestamp start = EventBuilder("", "").time();
  bench.Send(0.1, EventBuilder("ann", "VIEW").At(Timestamp()));
  for (int day = 0; day < 22; ++day) {
    bench.Send(0.1, EventBuilder("ann", "VIEW").At(start + minutes(1440 * day)));
    CHECK(bench.Send(0.9, EventBuilder("ann", "VIEW").At(start + minutes(1440 * day))).risk == 0);
  }
}

TEST_CASE("calibration: what would be risky while it learns is no better a lesson for that") {
  Bench bench("learning: 30d, learn_below: 40, learn_cap: 0");
  for (int i = 0; i < 300; ++i) bench.Send(0.1);
  CHECK(bench.Send(0.9).risk == 0);
  CHECK(bench.told->lessons.back().risky);
}

TEST_CASE("calibration: of a person's events one in `every` teaches, by event time") {
  Bench bench("every: 10m");
  const Timestamp start = EventBuilder("", "").time();
  for (int i = 0; i < 30; ++i) {
    bench.Send(0.1, EventBuilder("ann", "VIEW").At(start + minutes(i)));
    CHECK(bench.told->lessons.back().taught == (i % 10 == 0));
  }
  CHECK(bench.learned() == 3);
  bench.Send(0.1, EventBuilder("bob", "VIEW").At(start + minutes(30)));
  CHECK(bench.told->lessons.back().taught);
}

TEST_CASE("calibration: an event called risky by any detector is a risky lesson") {
  Bench bench("learn_below: 70");
  bench.Send(0.1, Planted(69.9));
  CHECK_FALSE(bench.told->lessons.back().risky);
  bench.Send(0.1, Planted(70));
  CHECK(bench.told->lessons.back().risky);
}

TEST_CASE("calibration: risky scores are learned in turn only, and counted always") {
  Bench bench("learn_cap: 20");  // Of a window of 100: every fifth.
  for (int i = 0; i < 100; ++i) bench.Send(0.5, Planted(90));
  CHECK(bench.learned() == 100);
  CHECK(bench.Send(0.6).tail == Approx(1.0 / 21));
  Bench never("learn_cap: 0");
  for (int i = 0; i < 100; ++i) never.Send(0.5, Planted(90));
  CHECK(never.Send(0.6).tail == 1);
  Bench all("learn: all");
  for (int i = 0; i < 100; ++i) all.Send(0.5, Planted(100));
  CHECK_FALSE(all.told->lessons.back().risky);
  CHECK(all.Send(0.6).tail == Approx(1.0 / 101));
}

TEST_CASE("calibration: with a memory the scores of last year are gone") {
  Bench bench("memory: 7d");
  const Timestamp start = EventBuilder("", "").time();
  for (int i = 0; i < 500; ++i) bench.Send(0.1, EventBuilder("ann", "VIEW").At(start));
  CHECK(bench.Send(0.9, EventBuilder("ann", "VIEW").At(start)).tail < 0.01);
  bench.Send(0.1, EventBuilder("ann", "VIEW").At(start + std::chrono::hours(24 * 365)));
  CHECK(
      bench.Send(0.9, EventBuilder("ann", "VIEW").At(start + std::chrono::hours(24 * 365))).tail ==
      Approx(0.5));
}

TEST_CASE("calibration: a detector of a name that is taken is a problem") {
  const auto told = std::make_shared<Told>();
  const std::string problems =
      PipelineHarness::ProblemsOf({Bench::BareSpec(told)}, "- bare: {}\n- bare: {}\n");
  CHECK(problems.find("test.yaml:2:") != std::string::npos);
  CHECK(problems.find("declared twice") != std::string::npos);
}

}  // namespace
}  // namespace bongsu
