#include "operators/profile/mean.h"

#include <limits>

#include "operators/profile/feature.h"
#include "operators/profile/number.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

struct MeanRings {
  Ring<double> sums;
  Ring<uint32_t> counts;
};

double Quotient(double sum, double count) {
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

class WindowMean final : public Operator {
 public:
  WindowMean(Filter filter, size_t field, Duration window, FeaturePlace place)
      : filter_(std::move(filter)), field_(field), steps_(window), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& rings = InSlot<MeanRings>(context.Slot(place_.slot));
    const uint64_t step = steps_.Of(event.time);
    rings.sums.Advance(step);
    rings.counts.Advance(step);
    const std::optional<double> number = NumberOf(event, field_);
    uint32_t* const count = number && filter_.Matches(event) ? rings.counts.Bucket(step) : nullptr;
    if (count != nullptr && *count < std::numeric_limits<uint32_t>::max()) {
      ++*count;
      *rings.sums.Bucket(step) += RoundedPart(*number);
    }
    double sum = 0;
    uint64_t parts = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      sum += rings.sums.buckets[i];
      parts += rings.counts.buckets[i];
    }
    event.features[place_.feature] = Quotient(sum, static_cast<double>(parts));
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const size_t field_;
  const Steps steps_;
  const FeaturePlace place_;
};

class DecayedMean final : public Operator {
 public:
  DecayedMean(Filter filter, size_t field, Duration half_life, FeaturePlace place)
      : filter_(std::move(filter)),
        field_(field),
        half_life_(static_cast<double>(half_life.count())),
        place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& mean = InSlot<DecayedPair>(context.Slot(place_.slot));
    const std::optional<double> number = NumberOf(event, field_);
    if (number && filter_.Matches(event)) mean.Add(event.time, *number, 1, half_life_);
    event.features[place_.feature] = Quotient(mean.first, mean.second);
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const size_t field_;
  const double half_life_;
  const FeaturePlace place_;
};

std::unique_ptr<Operator> Build(const MeanOptions& options, BuildContext& context) {
  const std::optional<Span> span = MakeSpan(options.window, options.half_life, context);
  std::optional<Filter> filter = Filter::Make(options.where, context);
  const std::optional<size_t> field = NumberField(options.mean, context);
  if (!span || !filter || !field) return nullptr;
  const std::optional<FeaturePlace> place =
      DeclareOver(options, options.mean, "mean", "Mean of ", UnitOf(*field), *span,
                  span->window ? sizeof(MeanRings) : sizeof(DecayedPair), context);
  if (!place) return nullptr;
  if (span->window) {
    return std::make_unique<WindowMean>(*std::move(filter), *field, *span->window, *place);
  }
  return std::make_unique<DecayedMean>(*std::move(filter), *field, *span->half_life, *place);
}

}  // namespace

const FieldTable<MeanOptions>& MeanOptions::Fields() {
  static const FieldTable<MeanOptions> table = [] {
    auto fields = FeatureFields<MeanOptions>(
        "mean", &MeanOptions::mean,
        "The field to average, such as rows, duration_ms or attributes.x.");
    AddWhere(&fields);
    AddSpan(&fields);
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec MeanSpec() {
  return Spec<MeanOptions>("mean", Stage::kProfile)
      .Summary("The mean of a number field over matching events, in a sliding window or decayed.")
      .Example("{name: mean_rows, mean: rows, where: {action: EXPORT}, window: 30d}")
      .Details(
          "No value (NaN) while no matching event has the field; events without it do not count. "
          "The current event counts in its own value. A window slides in 32 steps, and parts are "
          "rounded to a millionth, so that order does not matter. Late events count as with "
          "`count`.")
      .Build(Build);
}

}  // namespace bongsu
