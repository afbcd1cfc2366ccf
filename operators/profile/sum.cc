#include "operators/profile/sum.h"

#include "operators/profile/feature.h"
#include "operators/profile/number.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

using SumRing = Ring<double>;

// Of an event without the number, nothing.
double PartOf(const Event& event, size_t field) {
  return NumberOf(event, field).value_or(0);
}

class WindowSum final : public Operator {
 public:
  WindowSum(Filter filter, size_t field, Duration window, FeaturePlace place)
      : filter_(std::move(filter)), field_(field), steps_(window), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& ring = InSlot<SumRing>(context.Slot(place_.slot));
    const uint64_t step = steps_.Of(event.time);
    ring.Advance(step);
    double* const bucket = filter_.Matches(event) ? ring.Bucket(step) : nullptr;
    if (bucket != nullptr) *bucket += RoundedPart(PartOf(event, field_));
    double total = 0;
    for (const double sum : ring.buckets) total += sum;
    event.features[place_.feature] = total;
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const size_t field_;
  const Steps steps_;
  const FeaturePlace place_;
};

class DecayedSum final : public Operator {
 public:
  DecayedSum(Filter filter, size_t field, Duration half_life, FeaturePlace place)
      : filter_(std::move(filter)),
        field_(field),
        half_life_(static_cast<double>(half_life.count())),
        place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& sum = InSlot<Decayed>(context.Slot(place_.slot));
    const double part = filter_.Matches(event) ? PartOf(event, field_) : 0;
    if (part != 0) sum.Add(event.time, part, half_life_);
    event.features[place_.feature] = sum.At(event.time, half_life_);
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const size_t field_;
  const double half_life_;
  const FeaturePlace place_;
};

std::unique_ptr<Operator> Build(const SumOptions& options, BuildContext& context) {
  const std::optional<Span> span = MakeSpan(options.window, options.half_life, context);
  std::optional<Filter> filter = Filter::Make(options.where, context);
  const std::optional<size_t> field = NumberField(options.sum, context);
  if (!span || !filter || !field) return nullptr;
  const std::optional<FeaturePlace> place =
      DeclareOver(options, options.sum, "sum", "Sum of ", UnitOf(*field), *span,
                  span->window ? sizeof(SumRing) : sizeof(Decayed), context);
  if (!place) return nullptr;
  if (span->window) {
    return std::make_unique<WindowSum>(*std::move(filter), *field, *span->window, *place);
  }
  return std::make_unique<DecayedSum>(*std::move(filter), *field, *span->half_life, *place);
}

}  // namespace

const FieldTable<SumOptions>& SumOptions::Fields() {
  static const FieldTable<SumOptions> table = [] {
    auto fields = FeatureFields<SumOptions>(
        "sum", &SumOptions::sum,
        "The field to sum, such as sensitivity, rows, bytes or attributes.x.");
    AddWhere(&fields);
    AddSpan(&fields);
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec SumSpec() {
  return Spec<SumOptions>("sum", Stage::kProfile)
      .Summary("The sum of a number field over matching events, in a sliding window or decayed.")
      .Example(
          "{name: weighted_resource_score, sum: sensitivity, where: {result: SUCCESS}, "
          "half_life: 6h}")
      .Details(
          "The current event counts in its own value. A window slides in 32 steps, and parts are "
          "rounded to a millionth, so that order does not matter. Events without the field add "
          "nothing. Late events count as with `count`.")
      .Build(Build);
}

}  // namespace bongsu
