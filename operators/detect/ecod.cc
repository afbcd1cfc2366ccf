#include "operators/detect/ecod.h"

#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/strings.h"
#include "operators/detect/calibration.h"
#include "operators/detect/inputs.h"
#include "operators/models/ecod.h"

namespace bongsu {
namespace {

constexpr uint64_t kWindow = 250;  // That learn_cap is about.
constexpr double kReach = 10;      // How many times rarer than its rank a feature may be.

struct Options : CalibrationOptions {
  std::string name = "extremes";
  std::vector<Located<std::string>> features;

  static const FieldTable<Options>& Fields() {
    static const FieldTable<Options> table = [] {
      FieldTable<Options> fields;
      fields.Field("name", &Options::name, "The detector's name in alerts, metrics and state.")
          .Field("features", &Options::features, "The features it looks at, 1 to 64.")
          .Required()
          .Min(1);
      AddCalibration(&fields);
      return fields;
    }();
    return table;
  }
};

class EcodDetector final : public Operator {
 public:
  EcodDetector(const Options& options, std::vector<DetectorInput> inputs)
      : inputs_(std::move(inputs)),
        model_(inputs_.size(), ToSeconds(options.memory), kReach),
        calibration_(options, kWindow),
        x_(inputs_.size() + 1),
        shares_(inputs_.size()) {}

  bool Register(const std::string& name, const std::string& inputs, BuildContext& context) {
    if (!calibration_.Register(name, inputs, context)) return false;
    const Result<size_t> entry = context.schema.AddModel(name + ".ecod", &model_, inputs);
    if (entry.ok()) entry_ = *entry;
    if (!entry.ok()) context.Problem(entry.status());
    return entry.ok();
  }

  Result<Flow> Process(Event& event, Context& context) override {
    size_t known = 0;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      x_[i] = event.features[inputs_[i].feature];
      known += std::isnan(x_[i]) ? 0 : 1;
    }
    x_.back() = ToSeconds(event.time.time_since_epoch());
    // Of somebody of whom little is known nothing can be said, and nothing learned of scores.
    const bool ready = 2 * known >= inputs_.size();
    context.verdict().findings.push_back(
        calibration_.Judge(model_.Score(x_), ready, model_.Maturity()));
    return Flow::kNext;
  }

  void Learn(const Event& event, const Verdict& verdict, Context& context) noexcept override {
    const Calibration::Lesson lesson = calibration_.Learn(event, verdict, context);
    if (lesson.taught && (!lesson.risky || calibration_.InTurn(lesson.number)))
      context.Learn(entry_, x_);
  }

  void Explain(const Event&, std::span<Reason> reasons) const noexcept override {
    model_.Contributions(x_, shares_);
    for (size_t i = 0; i < inputs_.size(); ++i) {
      reasons[inputs_[i].feature] = {shares_[i], model_.Tail(i, x_[i])};
    }
  }

 private:
  const std::vector<DetectorInput> inputs_;
  Ecod model_;
  Calibration calibration_;
  size_t entry_ = 0;
  std::vector<double> x_;               // Of the event in hand, its time last.
  mutable std::vector<double> shares_;  // Scratch of Explain.
};

std::unique_ptr<Operator> Make(const Options& options, BuildContext& context) {
  std::vector<DetectorInput> inputs = InputsOf(options.features, context);
  if (inputs.size() != options.features.size()) return nullptr;
  if (inputs.size() > 64) {
    context.problems.Add(
        context.mark, context.path,
        StrCat("expected at most 64 features, got ", inputs.size(), "; use two detectors"));
    return nullptr;
  }
  const std::string meaning = MeaningOf("ecod", inputs, context.schema);
  auto detector = std::make_unique<EcodDetector>(options, std::move(inputs));
  if (!detector->Register(options.name, meaning, context)) return nullptr;
  return detector;
}

}  // namespace

OperatorSpec EcodSpec() {
  return Spec<Options>("ecod", Stage::kDetect)
      .Summary("Finds features that are far out, each on its own, and adds up how far.")
      .Example("ecod: {name: extremes, features: [failed_logins, distinct_resources]}")
      .Details(
          "Empirical cumulative distributions (ECOD: Li et al., IEEE TKDE 2022), online: a "
          "feature's "
          "surprise is -log2 of the share of events with as much of it; what exceeds 6 bits is "
          "added "
          "up over the features and calibrated to a tail probability. Only more than usual is "
          "strange. Its reasons are exact: each feature's part is its own surprise. It misses "
          "strange "
          "combinations of ordinary values, which half_space_trees finds.")
      .Build(Make);
}

}  // namespace bongsu
