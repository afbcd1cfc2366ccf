#include "operators/profile/ratio.h"

#include <limits>

#include "engine/base/strings.h"
#include "operators/profile/feature.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

struct Pair {
  uint32_t of = 0, to = 0;
};
using RatioRing = Ring<Pair>;

// `smooth` events that do not match are added to what was seen: with few events a ratio says
// little.
double Quotient(double of, double to, double smooth) {
  return to + smooth > 0 ? of / (to + smooth) : std::numeric_limits<double>::quiet_NaN();
}

void Count(uint32_t* counter) {
  if (*counter < std::numeric_limits<uint32_t>::max()) ++*counter;
}

class WindowRatio final : public Operator {
 public:
  WindowRatio(Filter of, Filter to, Duration window, double smooth, FeaturePlace place)
      : of_(std::move(of)), to_(std::move(to)), steps_(window), smooth_(smooth), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& ring = InSlot<RatioRing>(context.Slot(place_.slot));
    const uint64_t step = steps_.Of(event.time);
    ring.Advance(step);
    if (Pair* const bucket = ring.Bucket(step)) {
      if (of_.Matches(event)) Count(&bucket->of);
      if (to_.Matches(event)) Count(&bucket->to);
    }
    uint64_t of = 0, to = 0;
    for (const Pair& pair : ring.buckets) {
      of += pair.of;
      to += pair.to;
    }
    event.features[place_.feature] =
        Quotient(static_cast<double>(of), static_cast<double>(to), smooth_);
    return Flow::kNext;
  }

 private:
  const Filter of_, to_;
  const Steps steps_;
  const double smooth_;
  const FeaturePlace place_;
};

class FadingRatio final : public Operator {
 public:
  FadingRatio(Filter of, Filter to, Duration half_life, double smooth, FeaturePlace place)
      : of_(std::move(of)),
        to_(std::move(to)),
        half_life_(static_cast<double>(half_life.count())),
        smooth_(smooth),
        place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& ratio = InSlot<DecayedPair>(context.Slot(place_.slot));
    const double of = of_.Matches(event) ? 1 : 0, to = to_.Matches(event) ? 1 : 0;
    if (of + to > 0) ratio.Add(event.time, of, to, half_life_);
    event.features[place_.feature] = Quotient(ratio.first, ratio.second, smooth_);
    return Flow::kNext;
  }

 private:
  const Filter of_, to_;
  const double half_life_, smooth_;
  const FeaturePlace place_;
};

std::string Description(const RatioOptions& options, const Span& span) {
  const auto which = [](const FilterOptions& filter) {
    const std::string text = filter.Describe();
    return text.empty() ? std::string("(all)") : StrCat("(", text, ")");
  };
  return StrCat("Events ", which(options.ratio.of), " for each of ", which(options.ratio.to), ", ",
                span.Words(), ".");
}

std::unique_ptr<Operator> Build(const RatioOptions& options, BuildContext& context) {
  const std::optional<Span> span = MakeSpan(options.window, options.half_life, context);
  std::optional<Filter> of = Filter::Make(options.ratio.of, context);
  std::optional<Filter> to = Filter::Make(options.ratio.to, context);
  if (!span || !of || !to) return nullptr;
  FeatureInfo info = InfoOf(options, "ratio", Description(options, *span));
  const std::optional<FeaturePlace> place =
      Declare(options.name, std::move(info), "ratio",
              StrCat(span->Describe(), " of=", options.ratio.of.Canonical(),
                     " to=", options.ratio.to.Canonical(),
                     options.smooth > 0 ? StrCat(" smooth=", options.smooth) : ""),
              span->window ? sizeof(RatioRing) : sizeof(DecayedPair), context);
  if (!place) return nullptr;
  if (span->window) {
    return std::make_unique<WindowRatio>(*std::move(of), *std::move(to), *span->window,
                                         options.smooth, *place);
  }
  return std::make_unique<FadingRatio>(*std::move(of), *std::move(to), *span->half_life,
                                       options.smooth, *place);
}

}  // namespace

const FieldTable<RatioParts>& RatioParts::Fields() {
  static const auto table =
      FieldTable<RatioParts>()
          .Field("of", &RatioParts::of, "The events above the line, as field: value.")
          .Required()
          .Field("to", &RatioParts::to, "The events below the line; {} is all.")
          .Required();
  return table;
}

const FieldTable<RatioOptions>& RatioOptions::Fields() {
  static const FieldTable<RatioOptions> table = [] {
    auto fields = FeatureFields<RatioOptions>("ratio", &RatioOptions::ratio,
                                              "Which events, in relation to which: {of, to}.");
    AddSpan(&fields);
    fields
        .Field("smooth", &RatioOptions::smooth,
               "So many events that match `to` alone are added, so that few events say little.")
        .Min(0)
        .Max(1e6);
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec RatioSpec() {
  return Spec<RatioOptions>("ratio", Stage::kProfile)
      .Summary("How many events match one filter for each that matches another.")
      .Example(
          "{name: off_hours_login_ratio, ratio: {of: {action: LOGIN, off_hours: true}, "
          "to: {action: LOGIN}}, window: 30d}")
      .Details(
          "No value (NaN) while nothing matched `to` and smooth is 0. The two filters are counted "
          "apart: where "
          "`of` is not a part of `to`, the ratio may exceed 1. The current event counts in its own "
          "value. Late events count as with `count`.")
      .Build(Build);
}

}  // namespace bongsu
