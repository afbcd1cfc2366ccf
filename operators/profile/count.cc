#include "operators/profile/count.h"

#include <limits>

#include "engine/base/strings.h"
#include "operators/profile/feature.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

using CountRing = Ring<uint32_t>;

class WindowCount final : public Operator {
 public:
  WindowCount(Filter filter, Duration window, FeaturePlace place)
      : filter_(std::move(filter)), steps_(window), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& ring = InSlot<CountRing>(context.Slot(place_.slot));
    const uint64_t step = steps_.Of(event.time);
    ring.Advance(step);
    uint32_t* const bucket = filter_.Matches(event) ? ring.Bucket(step) : nullptr;
    if (bucket != nullptr && *bucket < std::numeric_limits<uint32_t>::max()) ++*bucket;
    uint64_t total = 0;
    for (const uint32_t count : ring.buckets) total += count;
    event.features[place_.feature] = static_cast<double>(total);
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const Steps steps_;
  const FeaturePlace place_;
};

class DecayedCount final : public Operator {
 public:
  DecayedCount(Filter filter, Duration half_life, FeaturePlace place)
      : filter_(std::move(filter)),
        half_life_(static_cast<double>(half_life.count())),
        place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& count = InSlot<Decayed>(context.Slot(place_.slot));
    if (filter_.Matches(event)) count.Add(event.time, 1, half_life_);
    event.features[place_.feature] = count.At(event.time, half_life_);
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const double half_life_;
  const FeaturePlace place_;
};

std::unique_ptr<Operator> Build(const CountOptions& options, BuildContext& context) {
  const std::optional<Span> span = MakeSpan(options.window, options.half_life, context);
  std::optional<Filter> filter = Filter::Make(options.count, context);
  if (!span || !filter) return nullptr;
  const std::string which = options.count.Describe();
  FeatureInfo info =
      InfoOf(options, "events",
             StrCat("Events ", which.empty() ? "" : "where " + which + ", ", span->Words(), "."));
  const std::optional<FeaturePlace> place =
      Declare(options.name, std::move(info), "count",
              StrCat(span->Describe(), " of=", options.count.Canonical()),
              span->window ? sizeof(CountRing) : sizeof(Decayed), context);
  if (!place) return nullptr;
  if (span->window) return std::make_unique<WindowCount>(*std::move(filter), *span->window, *place);
  return std::make_unique<DecayedCount>(*std::move(filter), *span->half_life, *place);
}

}  // namespace

const FieldTable<CountOptions>& CountOptions::Fields() {
  static const FieldTable<CountOptions> table = [] {
    auto fields = FeatureFields<CountOptions>(
        "count", &CountOptions::count, "The events to count, as field: value; {} counts all.");
    AddSpan(&fields);
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec CountSpec() {
  return Spec<CountOptions>("count", Stage::kProfile)
      .Summary("How many events of the person match a filter, in a sliding window or decayed.")
      .Example("{name: failed_logins, count: {action: LOGIN, result: FAIL}, window: 1h}")
      .Details(
          "The current event counts in its own value. A window slides in 32 steps; a late event "
          "counts in the step it belongs to while that is in the window. With `half_life`, a late "
          "event counts as what is left of it by now.")
      .Build(Build);
}

}  // namespace bongsu
