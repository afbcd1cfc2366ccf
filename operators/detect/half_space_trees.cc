#include "operators/detect/half_space_trees.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/math.h"
#include "engine/base/strings.h"
#include "operators/models/half_space_trees.h"
#include "operators/models/tail.h"

namespace bongsu {
namespace {

struct Options {
  std::string name = "behaviour";
  std::vector<Located<std::string>> features;
  int trees = 25;
  int depth = 15;
  int window = 250;
  double size_limit = 0.1;
  uint64_t seed = 1;
  std::string scoring = "paper";
  std::string learn = "below_threshold";
  double learn_below = 80;
  int learn_cap = 25;
  uint64_t memory = 1000000;
  std::map<std::string, Located<std::vector<double>>> ranges;

  static const FieldTable<Options>& Fields() {
    static const auto table =
        FieldTable<Options>()
            .Field("name", &Options::name, "The detector's name in alerts, metrics and state.")
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
            .Field("scoring", &Options::scoring, "As in the paper, or as River does it.")
            .OneOf({"paper", "river"})
            .Field("learn", &Options::learn,
                   "Whether events that were just called risky are learned.")
            .OneOf({"all", "below_threshold"})
            .Field("learn_below", &Options::learn_below, "Events of less risk are always learned.")
            .Min(0)
            .Max(100)
            .Field("learn_cap", &Options::learn_cap,
                   "Of the others, at most so many in `window` successive events; 0 is none.")
            .Min(0)
            .Field("memory", &Options::memory,
                   "The calibration weighs one to two times so many scores; 0 never forgets.")
            .Min(0)
            .Field(
                "ranges", &Options::ranges,
                "Known ranges by feature, [low, high]; the others are found in the first window.");
    return table;
  }
};

// Counts and sums have heavy tails; ratios, flags and scores in deviations do not.
bool HeavyTailed(const std::string& unit) {
  static constexpr std::array<std::string_view, 5> kUnits = {"events", "points", "bytes", "values",
                                                             "seconds"};
  return std::find(kUnits.begin(), kUnits.end(), unit) != kUnits.end();
}

double Squeeze(double v) {
  return std::copysign(Log1p(std::abs(v)), v);
}

struct Input {
  size_t feature = 0;
  bool squeeze = false;
};

class HalfSpaceTreesDetector final : public Operator {
 public:
  HalfSpaceTreesDetector(const Options& options, std::vector<Input> inputs,
                         std::unique_ptr<HalfSpaceTrees> trees)
      : inputs_(std::move(inputs)),
        trees_(std::move(trees)),
        tail_(options.memory),
        learn_below_(options.learn == "all" ? 101 : options.learn_below),
        stride_(options.learn_cap == 0
                    ? 0
                    : static_cast<uint64_t>((options.window + options.learn_cap - 1) /
                                            options.learn_cap)),
        x_(inputs_.size()),
        by_input_(inputs_.size()) {}

  bool Register(const std::string& name, BuildContext& context) {
    for (const Status& status :
         {Take(context.schema.AddDetector(name), &detector_),
          Take(context.schema.AddModel(name + ".trees", trees_.get()), &trees_model_),
          Take(context.schema.AddModel(name + ".tail", &tail_), &tail_model_)}) {
      if (status.ok()) continue;
      context.Problem(status);
      return false;
    }
    return true;
  }

  Result<Flow> Process(Event& event, Context& context) override {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const double v = event.features[inputs_[i].feature];
      x_[i] = inputs_[i].squeeze ? Squeeze(v) : v;
    }
    raw_ = trees_->Score(x_);
    risk_ = trees_->ready() ? RiskOfTail(tail_.TailProbability(raw_)) : 0;
    const double maturity = std::min(trees_->Maturity(), tail_.Maturity());
    context.verdict().findings.push_back({detector_, raw_, risk_, maturity});
    return Flow::kNext;
  }

  void Learn(const Event&, const Verdict& verdict, Context& context) noexcept override {
    const bool risky = std::max(risk_, verdict.risk) >= learn_below_;
    const bool in_turn = stride_ > 0 && tail_.learned() % stride_ == 0;
    if (trees_->ready()) context.Learn(tail_model_, std::span(&raw_, 1));
    if (!risky || in_turn) context.Learn(trees_model_, x_);
  }

  void Explain(const Event&, std::span<double> shares) const noexcept override {
    trees_->Contributions(x_, by_input_);
    for (size_t i = 0; i < inputs_.size(); ++i) shares[inputs_[i].feature] = by_input_[i];
  }

 private:
  static Status Take(Result<size_t> result, size_t* out) {
    if (!result.ok()) return result.status();
    *out = *result;
    return Status::Ok();
  }

  std::vector<Input> inputs_;
  std::unique_ptr<HalfSpaceTrees> trees_;
  TailCalibrator tail_;
  double learn_below_;
  uint64_t stride_;  // Every so-manieth scored event is learned though risky; 0 = none.
  size_t detector_ = 0, trees_model_ = 0, tail_model_ = 0;
  std::vector<double> x_;  // Of the event in hand, as are raw_ and risk_.
  double raw_ = 0, risk_ = 0;
  mutable std::vector<double> by_input_;  // Scratch of Explain.
};

// The inputs in configured order; what is wrong is reported.
std::vector<Input> InputsOf(const Options& options, BuildContext& context) {
  std::vector<Input> inputs;
  for (const Located<std::string>& name : options.features) {
    const std::optional<size_t> feature = context.Feature(name);
    if (!feature) continue;
    const auto same = [&](const Input& input) { return input.feature == *feature; };
    if (std::any_of(inputs.begin(), inputs.end(), same)) {
      context.problems.Add(
          name.mark, name.path,
          StrCat("expected each feature once, got \"", name.value, "\" again; remove it"));
    }
    inputs.push_back({*feature, HeavyTailed(context.schema.features()[*feature].unit)});
  }
  return inputs;
}

bool ReadRanges(const Options& options, const std::vector<Input>& inputs, BuildContext& context,
                HalfSpaceTreesParams* params) {
  if (options.ranges.empty()) return true;
  params->known.resize(inputs.size());
  bool good = true;
  for (const auto& [name, range] : options.ranges) {
    const auto is_it = [&](const Input& input) {
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
    const auto scaled = [&](double v) { return input->squeeze ? Squeeze(v) : v; };
    params->known[static_cast<size_t>(input - inputs.begin())] = {scaled(range.value[0]),
                                                                  scaled(range.value[1])};
  }
  return good;
}

std::unique_ptr<Operator> Make(const Options& options, BuildContext& context) {
  const std::vector<Input> inputs = InputsOf(options, context);
  HalfSpaceTreesParams params;
  params.dimensions = inputs.size();
  params.trees = options.trees;
  params.depth = options.depth;
  params.window = options.window;
  params.size_limit = options.size_limit;
  params.seed = options.seed;
  using Scoring = HalfSpaceTreesParams::Scoring;
  params.scoring = options.scoring == "river" ? Scoring::kRiver : Scoring::kPaper;
  if (!ReadRanges(options, inputs, context, &params) || inputs.size() != options.features.size())
    return nullptr;
  auto trees = HalfSpaceTrees::Make(std::move(params));
  if (!trees.ok()) {
    context.Problem(trees.status());
    return nullptr;
  }
  auto detector = std::make_unique<HalfSpaceTreesDetector>(options, inputs, *std::move(trees));
  if (!detector->Register(options.name, context)) return nullptr;
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
          "ten-thousandth. Counts, "
          "points, bytes, values and seconds are looked at by their logarithm. It misses strange "
          "events that come "
          "in clusters larger than size_limit of the window, and whatever the features do not "
          "show.")
      .Build(Make);
}

}  // namespace bongsu
