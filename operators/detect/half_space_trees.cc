#include "operators/detect/half_space_trees.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/math.h"
#include "engine/base/strings.h"
#include "operators/detect/calibration.h"
#include "operators/detect/inputs.h"
#include "operators/models/half_space_trees.h"

namespace bongsu {
namespace {

struct Options : CalibrationOptions {
  std::string name = "behaviour";
  std::vector<Located<std::string>> features;
  int trees = 25;
  int depth = 15;
  int window = 250;
  double size_limit = 0.1;
  uint64_t seed = 1;
  std::string scoring = "density";
  std::string strange = "more";
  int64_t reach = 100000;
  bool unit_ranges = true;
  std::map<std::string, Located<std::vector<double>>> ranges;

  static const FieldTable<Options>& Fields() {
    static const FieldTable<Options> table = [] {
      FieldTable<Options> fields;
      fields.Field("name", &Options::name, "The detector's name in alerts, metrics and state.")
          .Field("features", &Options::features, "The features it looks at, 1 to 64.")
          .Required()
          .Min(1)
          .Field("trees", &Options::trees, "How many trees.")
          .Min(1)
          .Max(1000)
          .Field("depth", &Options::depth, "How often a tree halves the space.")
          .Min(1)
          .Max(30)
          .Field("window", &Options::window, "Vectors a window of the trees.")
          .Min(2)
          .Max(65535)
          .Field("size_limit", &Options::size_limit,
                 "Part of a window that is too little to be cut further.")
          .Min(0)
          .Max(1)
          .Field("seed", &Options::seed, "Of the random cuts.")
          .Min(0)
          .Field("scoring", &Options::scoring,
                 "The mean of the trees' log densities, the sum of masses as in the paper, or "
                 "as River does it.")
          .OneOf({"density", "paper", "river"})
          .Field("strange", &Options::strange,
                 "Whether only more than usual is strange, or less as well.")
          .OneOf({"more", "both"})
          .Field("reach", &Options::reach,
                 "A window is spread over a quarter of all events seen, up to so many; 0 takes "
                 "successive events.")
          .Min(0)
          .Field("unit_ranges", &Options::unit_ranges,
                 "Whether features of a known unit have that unit's range; else it is found in "
                 "the first window.")
          .Field("ranges", &Options::ranges,
                 "Known ranges by feature, [low, high]; they win over those of the units.");
      AddCalibration(&fields);
      return fields;
    }();
    return table;
  }
};

class HalfSpaceTreesDetector final : public Operator {
 public:
  HalfSpaceTreesDetector(const Options& options, std::vector<DetectorInput> inputs,
                         std::unique_ptr<HalfSpaceTrees> trees)
      : inputs_(std::move(inputs)),
        reader_(inputs_),
        trees_(std::move(trees)),
        calibration_(options, static_cast<uint64_t>(options.window)),
        window_(static_cast<uint64_t>(options.window)),
        reach_(static_cast<uint64_t>(options.reach)),
        x_(inputs_.size()),
        by_input_(inputs_.size()) {}

  // `inputs` names what the vectors are made of; with other ones the old scores mean nothing
  // either.
  bool Register(const std::string& name, const std::string& inputs, BuildContext& context) {
    if (!calibration_.Register(name, inputs, context)) return false;
    const Result<size_t> model = context.schema.AddModel(name + ".trees", trees_.get(), inputs);
    if (model.ok()) trees_model_ = *model;
    if (!model.ok()) context.Problem(model.status());
    return model.ok();
  }

  Result<Flow> Process(Event& event, Context& context) override {
    reader_.Read(event.features, x_);
    context.verdict().findings.push_back(
        calibration_.Judge(trees_->Score(x_), trees_->ready(), trees_->Maturity()));
    return Flow::kNext;
  }

  void Learn(const Event& event, const Verdict& verdict, Context& context) noexcept override {
    const Calibration::Lesson lesson = calibration_.Learn(event, verdict, context);
    const uint64_t step = Step(lesson.number);
    if (!lesson.taught || lesson.number % step != 0) return;
    if (!lesson.risky || calibration_.InTurn(lesson.number / step)) context.Learn(trees_model_, x_);
  }

  void Explain(const Event&, std::span<Reason> reasons) const noexcept override {
    trees_->Contributions(x_, by_input_);
    for (size_t i = 0; i < inputs_.size(); ++i) reasons[inputs_[i].feature].share = by_input_[i];
  }

 private:
  // Every so-manieth event is for the trees.
  uint64_t Step(uint64_t number) const {
    return std::max<uint64_t>(1, std::min(number / 4, reach_) / window_);
  }

  std::vector<DetectorInput> inputs_;
  InputReader reader_;
  std::unique_ptr<HalfSpaceTrees> trees_;
  Calibration calibration_;
  uint64_t window_, reach_;
  size_t trees_model_ = 0;
  std::vector<double> x_;                 // Of the event in hand.
  mutable std::vector<double> by_input_;  // Scratch of Explain.
};

std::string HeadOf(const Options& options) {
  return StrCat(options.scoring, " ", options.strange, " ", options.unit_ranges ? "units " : "",
                options.trees, " ", options.depth, " ", options.window, " ", options.size_limit,
                " ", options.seed);
}

bool ReadRanges(const Options& options, const std::vector<DetectorInput>& inputs,
                BuildContext& context, HalfSpaceTreesParams* params) {
  params->known.resize(inputs.size());
  for (size_t i = 0; options.unit_ranges && i < inputs.size(); ++i) {
    if (inputs[i].unit != nullptr)
      params->known[i] = {0, inputs[i].Scaled(inputs[i].unit->greatest)};
  }
  bool good = true;
  for (const auto& [name, range] : options.ranges) {
    const auto is_it = [&, &name = name](const DetectorInput& input) {
      return context.schema.features()[input.feature].name == name;
    };
    const auto input = std::find_if(inputs.begin(), inputs.end(), is_it);
    if (input == inputs.end() || range.value.size() != 2 || !(range.value[0] < range.value[1])) {
      context.problems.Add(range.mark, range.path,
                           input == inputs.end()
                               ? "expected the name of one of this detector's features"
                               : "expected [low, high] with low below high");
      good = false;
      continue;
    }
    params->known[static_cast<size_t>(input - inputs.begin())] = {input->Scaled(range.value[0]),
                                                                  input->Scaled(range.value[1])};
  }
  return good;
}

std::unique_ptr<Operator> Make(const Options& options, BuildContext& context) {
  const std::vector<DetectorInput> inputs = InputsOf(options.features, context);
  HalfSpaceTreesParams params;
  params.dimensions = inputs.size();
  params.trees = options.trees;
  params.depth = options.depth;
  params.window = options.window;
  params.size_limit = options.size_limit;
  params.seed = options.seed;
  using Scoring = HalfSpaceTreesParams::Scoring;
  params.scoring = options.scoring == "river"   ? Scoring::kRiver
                   : options.scoring == "paper" ? Scoring::kPaper
                                                : Scoring::kDensity;
  params.more = options.strange == "more";
  if (!ReadRanges(options, inputs, context, &params) || inputs.size() != options.features.size())
    return nullptr;
  auto trees = HalfSpaceTrees::Make(std::move(params));
  if (!trees.ok()) {
    context.Problem(trees.status());
    return nullptr;
  }
  auto detector = std::make_unique<HalfSpaceTreesDetector>(options, inputs, *std::move(trees));
  if (!detector->Register(options.name, MeaningOf(HeadOf(options), inputs, context.schema),
                          context))
    return nullptr;
  return detector;
}

}  // namespace

OperatorSpec HalfSpaceTreesSpec() {
  return Spec<Options>("half_space_trees", Stage::kDetect)
      .Summary(
          "Finds unusual behaviour: places in the space of the features where few events have "
          "been.")
      .Example("half_space_trees: {name: behaviour, features: [failed_logins, distinct_resources]}")
      .Details(
          "Half-space trees (Tan, Ting, Liu, IJCAI 2011) over the features, calibrated to a tail "
          "probability: a "
          "risk of 40 is the strangest hundredth of all events, 60 the thousandth, 80 the "
          "ten-thousandth. Counts, points, rows, bytes, values and seconds are looked at by their "
          "logarithm. It misses strange events that come in clusters larger than size_limit of the "
          "window, people who always did too much, and whatever the features do not show.")
      .Build(Make);
}

}  // namespace bongsu
