#include "operators/profile/max.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "operators/profile/feature.h"
#include "operators/profile/number.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

constexpr uint64_t kSign = uint64_t{1} << 63;

// Whole numbers in the order of the finite doubles they stand for, all above 0: an empty step is 0.
uint64_t Ordered(double number) {
  const auto bits = std::bit_cast<uint64_t>(number);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

double FromOrdered(uint64_t ordered) {
  if (ordered == 0) return std::numeric_limits<double>::quiet_NaN();
  return std::bit_cast<double>((ordered & kSign) != 0 ? ordered ^ kSign : ~ordered);
}

using MaxRing = Ring<uint64_t>;

class WindowMax final : public Operator {
 public:
  WindowMax(Filter filter, size_t field, Duration window, FeaturePlace place)
      : filter_(std::move(filter)), field_(field), steps_(window), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& ring = InSlot<MaxRing>(context.Slot(place_.slot));
    const uint64_t step = steps_.Of(event.time);
    ring.Advance(step);
    const std::optional<double> number = NumberOf(event, field_);
    uint64_t* const bucket = number && filter_.Matches(event) ? ring.Bucket(step) : nullptr;
    if (bucket != nullptr) *bucket = std::max(*bucket, Ordered(*number));
    uint64_t greatest = 0;
    for (const uint64_t ordered : ring.buckets) greatest = std::max(greatest, ordered);
    event.features[place_.feature] = FromOrdered(greatest);
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const size_t field_;
  const Steps steps_;
  const FeaturePlace place_;
};

std::unique_ptr<Operator> Build(const MaxOptions& options, BuildContext& context) {
  std::optional<Filter> filter = Filter::Make(options.where, context);
  const std::optional<size_t> field = NumberField(options.max, context);
  if (!filter || !field) return nullptr;
  const Span span{options.window, std::nullopt};
  const std::optional<FeaturePlace> place = DeclareOver(
      options, options.max, "max", "Greatest ", UnitOf(*field), span, sizeof(MaxRing), context);
  if (!place) return nullptr;
  return std::make_unique<WindowMax>(*std::move(filter), *field, options.window, *place);
}

}  // namespace

const FieldTable<MaxOptions>& MaxOptions::Fields() {
  static const FieldTable<MaxOptions> table = [] {
    auto fields = FeatureFields<MaxOptions>(
        "max", &MaxOptions::max,
        "The field whose greatest value counts, such as rows, bytes or attributes.x.");
    AddWhere(&fields);
    AddWindow(&fields);
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec MaxSpec() {
  return Spec<MaxOptions>("max", Stage::kProfile)
      .Summary("The greatest value of a number field over matching events, in a sliding window.")
      .Example("{name: largest_export, max: rows, where: {action: EXPORT}, window: 1d}")
      .Details(
          "No value (NaN) while no matching event in the window has the field. The current event "
          "counts in its own value. The window slides in 32 steps, and a late event counts in the "
          "step it belongs to, so that order does not matter.")
      .Build(Build);
}

}  // namespace bongsu
