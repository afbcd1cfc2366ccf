#include "operators/profile/zscore.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/base/strings.h"
#include "operators/profile/baseline.h"
#include "operators/profile/count.h"
#include "operators/profile/distinct.h"
#include "operators/profile/feature.h"
#include "operators/profile/max.h"
#include "operators/profile/mean.h"
#include "operators/profile/ratio.h"
#include "operators/profile/sum.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

constexpr double kMinPeriod = 60;  // seconds
constexpr int kMostLag = 31;

const std::vector<OperatorSpec>& Kinds() {
  static const std::vector<OperatorSpec> kinds = {CountSpec(), SumSpec(),   MeanSpec(),
                                                  MaxSpec(),   RatioSpec(), DistinctSpec()};
  return kinds;
}

std::string KindNames() {
  std::vector<std::string> names;
  for (const OperatorSpec& kind : Kinds()) names.push_back(kind.name);
  return Join(names, ", ");
}

ConfigNode Text(std::string text, const Mark& mark) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kScalar;
  node.mark = mark;
  node.scalar = std::move(text);
  return node;
}

void AddMissing(std::string_view key, const std::string& text, const Mark& mark, ConfigNode* node) {
  if (text.empty() || node->Find(key) != nullptr) return;
  node->entries.push_back({std::string(key), mark, Text(text, mark)});
}

class ZScore final : public Operator {
 public:
  ZScore(std::unique_ptr<Operator> inner, size_t of, Duration period, BaselineRules rules,
         FeaturePlace place)
      : inner_(std::move(inner)), of_(of), period_(period.count()), rules_(rules), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    if (inner_ != nullptr) {
      Result<Flow> flow = inner_->Process(event, context);
      if (!flow.ok()) return flow;
    }
    double& score = event.features[place_.feature];
    score = std::numeric_limits<double>::quiet_NaN();
    const double value = event.features[of_];
    if (std::isnan(value)) return Flow::kNext;
    const std::span<std::byte> slot = context.Slot(place_.slot);
    auto baseline = LoadAt<Baseline>(slot, 0);
    const double level = LevelOf(value, rules_.scale);
    const std::span<std::byte> beside = slot.subspan(sizeof(Baseline));
    std::array<float, kMostLag> waiting;
    std::memcpy(waiting.data(), beside.data(), beside.size());
    baseline.See(PeriodOf(event.time), level, rules_,
                 std::span(waiting).first(beside.size() / sizeof(float)));
    std::memcpy(beside.data(), waiting.data(), beside.size());
    StoreAt(baseline, slot, 0);
    score = baseline.Score(level, rules_);
    if (score > 0) event.normals[place_.feature] = baseline.Usual(rules_);
    return Flow::kNext;
  }

 private:
  // Biased so that 0 is before any event, and kept in range: four thousand years of minutes.
  uint32_t PeriodOf(Timestamp time) const {
    const int64_t ticks = time.time_since_epoch().count();
    const int64_t whole = ticks / period_ - (ticks % period_ < 0 ? 1 : 0);
    return static_cast<uint32_t>(
        std::clamp<int64_t>(whole + (int64_t{1} << 31), 1, std::numeric_limits<uint32_t>::max()));
  }

  const std::unique_ptr<Operator> inner_;  // Null: an earlier operator fills `of_`.
  const size_t of_;
  const int64_t period_;
  const BaselineRules rules_;
  const FeaturePlace place_;
};

// Declares the inline number as `<name>_value`; in words, it is what the score is about.
std::unique_ptr<Operator> BuildInner(const ZScoreOptions& options, std::string* name,
                                     BuildContext& context) {
  *name = options.name.value + "_value";
  ConfigNode node = options.zscore.options;
  const Mark mark = node.mark;
  AddMissing("name", *name, options.name.mark, &node);
  AddMissing("label", options.label, mark, &node);
  AddMissing("label_ko", options.label_ko, mark, &node);
  BuildContext inside{context.schema, context.problems, mark, context.path + ".zscore",
                      context.base_dir};
  const OperatorSpec::Options parsed =
      options.zscore.kind->parse(node, inside.path, &inside.problems);
  return options.zscore.kind->build(parsed, inside);
}

// What the compared feature remembers, so that a baseline of something else is not continued.
std::string MeaningOf(const std::string& feature, const PipelineSchema& schema) {
  for (const SlotInfo& slot : schema.slots()) {
    if (slot.identity.starts_with(feature + " ")) return slot.identity;
  }
  return feature;
}

FeatureInfo InfoOfComparison(const ZScoreOptions& options, size_t of, const FeatureInfo& number) {
  FeatureInfo info = InfoOf(
      options, "deviations",
      StrCat("How far ", number.name, " is from the person's own normal, in standard deviations. ",
             number.description));
  if (info.label.empty()) info.label = number.label;
  if (info.label_ko.empty()) info.label_ko = number.label_ko;
  info.of = of;
  return info;
}

std::unique_ptr<Operator> Build(const ZScoreOptions& options, BuildContext& context) {
  std::unique_ptr<Operator> inner;
  Located<std::string> number = options.zscore.feature;
  if (options.zscore.kind != nullptr) {
    inner = BuildInner(options, &number.value, context);
    if (inner == nullptr) return nullptr;
  }
  const std::optional<size_t> of = context.Feature(number);
  if (!of) return nullptr;
  const std::optional<FeaturePlace> place = Declare(
      options.name, InfoOfComparison(options, *of, context.schema.features()[*of]), "zscore",
      StrCat("period=", FormatDuration(options.period),
             " baseline=", FormatDuration(options.baseline), " scale=", options.scale,
             options.lag > 0 ? StrCat(" lag=", options.lag) : "", " of={",
             MeaningOf(number.value, context.schema), "}"),
      sizeof(Baseline) + static_cast<size_t>(options.lag) * sizeof(float), context);
  if (!place) return nullptr;
  BaselineRules rules;
  rules.fade =
      static_cast<double>(options.period.count()) / static_cast<double>(options.baseline.count());
  rules.learning = static_cast<uint32_t>(options.learning);
  rules.prior = options.prior;
  rules.cap = options.cap;
  rules.scale = options.scale;
  return std::make_unique<ZScore>(std::move(inner), *of, options.period, rules, *place);
}

}  // namespace

void FieldCodec<ComparedNumber>::Parse(const ConfigNode& node, const std::string& path,
                                       const FieldInfo&, ComparedNumber* out, Problems* problems) {
  if (node.kind == ConfigNode::Kind::kScalar && !node.scalar.empty()) {
    out->feature = {node.scalar, node.mark, path};
    return;
  }
  for (const OperatorSpec& kind : Kinds()) {
    if (node.kind == ConfigNode::Kind::kMap && node.Find(kind.name) != nullptr) out->kind = &kind;
  }
  if (out->kind == nullptr) {
    problems->Add(node.mark, path,
                  StrCat("expected the name of a feature or an aggregate (", KindNames(),
                         ") such as {sum: rows, window: 1d}, got ", node.Describe()));
    return;
  }
  if (const ConfigNode* name = node.Find("name")) {
    problems->Add(name->mark, path + ".name",
                  "the number is called <name>_value after its feature; remove this name");
    return;
  }
  out->options = node;
  ConfigNode named = node;
  AddMissing("name", "value", node.mark, &named);
  out->kind->parse(named, path, problems);
}

SchemaNode FieldCodec<ComparedNumber>::Schema(const FieldInfo& info) {
  SchemaNode node;
  node.description = info.help;
  SchemaNode name;
  name.type = "string";
  node.any_of.push_back(std::move(name));
  for (const OperatorSpec& kind : Kinds()) {
    std::vector<FieldInfo> fields = kind.fields;
    std::erase_if(fields, [](const FieldInfo& field) { return field.name == "name"; });
    node.any_of.push_back(ObjectSchema(fields));
    node.any_of.back().description = kind.summary;
  }
  return node;
}

const FieldTable<ZScoreOptions>& ZScoreOptions::Fields() {
  static const FieldTable<ZScoreOptions> table = [] {
    auto fields = FeatureFields<ZScoreOptions>(
        "zscore", &ZScoreOptions::zscore,
        "What is compared: an aggregate such as {sum: rows, window: 1d}, or an earlier feature.");
    fields.Field("baseline", &ZScoreOptions::baseline, "How soon a period's weight fades by half.")
        .Min(kMinPeriod)
        .Max(kMaxSpan)
        .Field("period", &ZScoreOptions::period, "The baseline is of the highest value in each.")
        .Min(kMinPeriod)
        .Max(kMaxSpan)
        .Field("learning", &ZScoreOptions::learning,
               "So many periods with events of the person come before the first score.")
        .Min(1)
        .Max(1000)
        .Field("lag", &ZScoreOptions::lag,
               "So many periods pass before one joins the baseline: as many as the window of the "
               "number has, or what grows slowly teaches itself.")
        .Min(0)
        .Max(kMostLag)
        .Field("prior", &ZScoreOptions::prior,
               "So many periods of deviation 1 (of the logarithm) are added to those seen.")
        .Min(0.1)
        .Max(1000)
        .Field("scale", &ZScoreOptions::scale,
               "Differences of less than this hardly matter, in the unit of the number: 1 for "
               "counts, perhaps 1000 for rows.")
        .Min(1e-6)
        .Max(1e15)
        .Field("cap", &ZScoreOptions::cap,
               "A period joins the baseline at most so many deviations above the mean.")
        .Min(0.5)
        .Max(1000);
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec ZScoreSpec() {
  return Spec<ZScoreOptions>("zscore", Stage::kProfile)
      .Summary("How far a number is from the person's own normal, in standard deviations.")
      .Example("{name: rows_vs_self, zscore: {sum: rows, window: 1d}, baseline: 30d}")
      .Details(
          "z = (ln(1 + value / scale) - mean) / sqrt(variance + 0.01), within 20. Mean and "
          "variance are of ln(1 + highest value / scale) of the finished periods in which the "
          "person had events, older ones fading; to the variance `prior` periods of variance 1 are "
          "added, so that few periods do not make a narrow normal. After `learning` periods one "
          "joins at most `cap` deviations above the mean, so that an extreme day does not become "
          "normal at once; `lag` periods have to pass before one joins. Days begin at midnight "
          "UTC. An inline aggregate becomes a feature "
          "`<name>_value`. No value (NaN) before `learning` periods have finished. A late event is "
          "compared with the baseline as it stands and teaches nothing of a period that has "
          "passed. Someone patient can still move their own normal, day by day, up to `cap`.")
      .Build(Build);
}

}  // namespace bongsu
