// Operators for tests of the later stages: `observe` makes a feature of a number in the event,
// `planted` is a detector that finds the risk that the event itself names, and `judge` takes the
// highest finding for the risk of event and person. All are built from YAML:
//
//   - {name: volume, observe: rows, unit: events}
//   - planted: {name: first, field: rows, maturity: 0.5}
//   - judge: {}
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "engine/core/spec.h"

namespace bongsu {

struct ObserveOptions {
  std::string name;
  Located<std::string> field;
  std::string unit = "ratio";
  static const FieldTable<ObserveOptions>& Fields() {
    static const auto table = FieldTable<ObserveOptions>()
                                  .Field("name", &ObserveOptions::name, "Of the feature.")
                                  .Required()
                                  .Field("observe", &ObserveOptions::field, "The field.")
                                  .Required()
                                  .Field("unit", &ObserveOptions::unit, "Of the feature.");
    return table;
  }
};

class Observe final : public Operator {
 public:
  Observe(size_t field, size_t feature) : field_(field), feature_(feature) {}
  Result<Flow> Process(Event& event, Context&) override {
    event.features[feature_] = event.fields[field_].number;
    return Flow::kNext;
  }

 private:
  size_t field_, feature_;
};

inline OperatorSpec ObserveSpec() {
  return Spec<ObserveOptions>("observe", Stage::kProfile)
      .Build([](const ObserveOptions& options, BuildContext& context) -> std::unique_ptr<Operator> {
        const auto field = context.Field(options.field);
        const auto feature = context.schema.AddFeature({options.name, options.unit, "For tests."});
        if (!field || !feature.ok()) return nullptr;
        return std::make_unique<Observe>(*field, *feature);
      });
}

struct PlantedOptions {
  std::string name = "planted";
  Located<std::string> field;
  double maturity = 1;
  static const FieldTable<PlantedOptions>& Fields() {
    static const auto table = FieldTable<PlantedOptions>()
                                  .Field("name", &PlantedOptions::name, "Of the detector.")
                                  .Field("field", &PlantedOptions::field, "Holds the risk.")
                                  .Required()
                                  .Field("maturity", &PlantedOptions::maturity, "Of the finding.");
    return table;
  }
};

class Planted final : public Operator {
 public:
  Planted(size_t detector, size_t field, double maturity)
      : detector_(detector), field_(field), maturity_(maturity) {}
  Result<Flow> Process(Event& event, Context& context) override {
    const double risk = event.fields[field_].number;
    if (!std::isnan(risk))
      context.verdict().findings.push_back(
          {detector_, risk / 100, std::pow(10, -risk / 20), risk, maturity_});
    return Flow::kNext;
  }

 private:
  size_t detector_, field_;
  double maturity_;
};

inline OperatorSpec PlantedSpec() {
  return Spec<PlantedOptions>("planted", Stage::kDetect)
      .Build([](const PlantedOptions& options, BuildContext& context) -> std::unique_ptr<Operator> {
        const auto field = context.Field(options.field);
        const auto detector = context.schema.AddDetector(options.name);
        if (!field || !detector.ok()) return nullptr;
        return std::make_unique<Planted>(*detector, *field, options.maturity);
      });
}

struct JudgeOptions {
  static const FieldTable<JudgeOptions>& Fields() {
    static const FieldTable<JudgeOptions> table;
    return table;
  }
};

class Judge final : public Operator {
 public:
  Result<Flow> Process(Event&, Context& context) override {
    Verdict& verdict = context.verdict();
    for (const Finding& finding : verdict.findings)
      verdict.risk = std::max(verdict.risk, finding.risk);
    verdict.user_risk = verdict.risk;
    return Flow::kNext;
  }
};

inline OperatorSpec JudgeSpec() {
  return Spec<JudgeOptions>("judge", Stage::kScore)
      .Build([](const JudgeOptions&, BuildContext&) -> std::unique_ptr<Operator> {
        return std::make_unique<Judge>();
      });
}

}  // namespace bongsu
