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
  std::string scoring = "density";
  std::string strange = "more";
  std::string learn = "below_threshold";
  double learn_below = 80;
  int learn_cap = 25;
  int64_t reach = 100000;
  uint64_t memory = 1000000;
  double extrapolate = 10;
  bool unit_ranges = true;
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
            .Field("scoring", &Options::scoring,
                   "The mean of the trees' log densities, the sum of masses as in the paper, or "
                   "as River does it.")
            .OneOf({"density", "paper", "river"})
            .Field("strange", &Options::strange,
                   "Whether only more than usual is strange, or less as well.")
            .OneOf({"more", "both"})
            .Field("learn", &Options::learn,
                   "Whether events that were just called risky are learned.")
            .OneOf({"all", "below_threshold"})
            .Field("learn_below", &Options::learn_below, "Events of less risk are always learned.")
            .Min(0)
            .Max(100)
            .Field("learn_cap", &Options::learn_cap,
                   "Of the others, at most so many in `window` successive events; 0 is none.")
            .Min(0)
            .Field("reach", &Options::reach,
                   "A window is spread over a quarter of all events seen, up to so many; 0 takes "
                   "successive events.")
            .Min(0)
            .Field("memory", &Options::memory,
                   "The calibration weighs one to two times so many scores; 0 never forgets.")
            .Min(0)
            .Field("extrapolate", &Options::extrapolate,
                   "How many times rarer than its rank a score may be called; 1 is the rank alone.")
            .Min(1)
            .Max(1000)
            .Field("unit_ranges", &Options::unit_ranges,
                   "Whether features of a known unit have that unit's range; else it is found in "
                   "the first window.")
            .Field("ranges", &Options::ranges,
                   "Known ranges by feature, [low, high]; they win over those of the units.");
    return table;
  }
};

// What a unit says of a feature: counts and sums have heavy tails, ratios do not. The greatest
// value is more than any one person reaches; far above what is usual there is room to tell more
// from much more.
struct Unit {
  std::string_view name;
  double greatest;
  bool heavy_tailed;
};
constexpr std::array<Unit, 7> kUnits = {{{"ratio", 1, false},
                                         {"events", 1e4, true},
                                         {"values", 1e4, true},
                                         {"points", 1e4, true},
                                         {"rows", 1e7, true},
                                         {"bytes", 1e12, true},
                                         {"seconds", 1e7, true}}};

const Unit* FindUnit(std::string_view name) {
  const auto at =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == name; });
  return at == kUnits.end() ? nullptr : &*at;
}

double Squeeze(double v) {
  return std::copysign(Log1p(std::abs(v)), v);
}

struct Input {
  size_t feature = 0;
  const Unit* unit = nullptr;  // Null when it is not known.
  double Scaled(double v) const { return unit != nullptr && unit->heavy_tailed ? Squeeze(v) : v; }
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
        window_(static_cast<uint64_t>(options.window)),
        reach_(static_cast<uint64_t>(options.reach)),
        extrapolate_(options.extrapolate),
        x_(inputs_.size()),
        by_input_(inputs_.size()) {}

  // `inputs` names what the vectors are made of; with other ones the old scores mean nothing
  // either.
  bool Register(const std::string& name, const std::string& inputs, BuildContext& context) {
    for (const Status& status :
         {Take(context.schema.AddDetector(name), &detector_),
          Take(context.schema.AddModel(name + ".trees", trees_.get(), inputs), &trees_model_),
          Take(context.schema.AddModel(name + ".tail", &tail_, inputs), &tail_model_)}) {
      if (status.ok()) continue;
      context.Problem(status);
      return false;
    }
    return true;
  }

  Result<Flow> Process(Event& event, Context& context) override {
    for (size_t i = 0; i < inputs_.size(); ++i)
      x_[i] = inputs_[i].Scaled(event.features[inputs_[i].feature]);
    raw_ = trees_->Score(x_);
    risk_ = trees_->ready() ? RiskOfTail(tail_.TailProbability(raw_, extrapolate_)) : 0;
    const double maturity = std::min(trees_->Maturity(), tail_.Maturity());
    context.verdict().findings.push_back({detector_, raw_, risk_, maturity});
    return Flow::kNext;
  }

  void Learn(const Event&, const Verdict& verdict, Context& context) noexcept override {
    const bool risky = std::max(risk_, verdict.risk) >= learn_below_;
    const uint64_t number = tail_.learned(), step = Step(number);
    if (trees_->ready()) {
      // A score that is not learned is counted nevertheless: the turns go by their number.
      const double score =
          !risky || InTurn(number) ? raw_ : std::numeric_limits<double>::quiet_NaN();
      context.Learn(tail_model_, std::span(&score, 1));
    }
    if (number % step == 0 && (!risky || InTurn(number / step))) context.Learn(trees_model_, x_);
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

  bool InTurn(uint64_t number) const { return stride_ > 0 && number % stride_ == 0; }
  // Every so-manieth event is for the trees.
  uint64_t Step(uint64_t number) const {
    return std::max<uint64_t>(1, std::min(number / 4, reach_) / window_);
  }

  std::vector<Input> inputs_;
  std::unique_ptr<HalfSpaceTrees> trees_;
  TailCalibrator tail_;
  double learn_below_;
  uint64_t stride_;  // Every so-manieth is learned though risky; 0 = none.
  uint64_t window_, reach_;
  double extrapolate_;
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
    inputs.push_back({*feature, FindUnit(context.schema.features()[*feature].unit)});
  }
  return inputs;
}

// What the inputs are (a slot's identity begins with the name of its feature) and how they are
// scored.
std::string MeaningOf(const Options& options, const std::vector<Input>& inputs,
                      const PipelineSchema& schema) {
  std::string meaning =
      StrCat(options.scoring, " ", options.strange, " ", options.unit_ranges ? "units " : "",
             options.trees, " ", options.depth, " ", options.window, " ", options.size_limit, " ",
             options.seed, "\n");
  for (const Input& input : inputs) {
    const std::string& name = schema.features()[input.feature].name;
    meaning += name;
    for (const SlotInfo& slot : schema.slots()) {
      if (slot.identity.starts_with(name + " ")) meaning += StrCat(": ", slot.identity);
    }
    meaning += "\n";
  }
  return meaning;
}

bool ReadRanges(const Options& options, const std::vector<Input>& inputs, BuildContext& context,
                HalfSpaceTreesParams* params) {
  params->known.resize(inputs.size());
  for (size_t i = 0; options.unit_ranges && i < inputs.size(); ++i) {
    if (inputs[i].unit != nullptr)
      params->known[i] = {0, inputs[i].Scaled(inputs[i].unit->greatest)};
  }
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
    params->known[static_cast<size_t>(input - inputs.begin())] = {input->Scaled(range.value[0]),
                                                                  input->Scaled(range.value[1])};
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
  if (!detector->Register(options.name, MeaningOf(options, inputs, context.schema), context))
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
