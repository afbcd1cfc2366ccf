#include "operators/profile/time_since.h"

#include <limits>

#include "engine/base/strings.h"
#include "operators/profile/feature.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

struct LastMatch {
  uint64_t newest = 0;  // Biased microseconds; 0 = none.
};

class TimeSince final : public Operator {
 public:
  TimeSince(Filter filter, FeaturePlace place) : filter_(std::move(filter)), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    auto& last = InSlot<LastMatch>(context.Slot(place_.slot));
    const uint64_t at = Biased(event.time.time_since_epoch().count());
    const bool known = last.newest != 0 && at >= last.newest;
    event.features[place_.feature] = known ? static_cast<double>(at - last.newest) / 1e6
                                           : std::numeric_limits<double>::quiet_NaN();
    if (at > last.newest && filter_.Matches(event)) last.newest = at;
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const FeaturePlace place_;
};

std::unique_ptr<Operator> Build(const TimeSinceOptions& options, BuildContext& context) {
  std::optional<Filter> filter = Filter::Make(options.time_since, context);
  if (!filter) return nullptr;
  const std::string which = options.time_since.Describe();
  FeatureInfo info =
      InfoOf(options, "seconds",
             StrCat("Seconds since the last event", which.empty() ? "" : " where " + which, "."));
  const std::optional<FeaturePlace> place =
      Declare(options.name, std::move(info), "time_since",
              StrCat("of=", options.time_since.Canonical()), sizeof(LastMatch), context);
  if (!place) return nullptr;
  return std::make_unique<TimeSince>(*std::move(filter), *place);
}

}  // namespace

const FieldTable<TimeSinceOptions>& TimeSinceOptions::Fields() {
  static const FieldTable<TimeSinceOptions> table = [] {
    auto fields =
        FeatureFields<TimeSinceOptions>("time_since", &TimeSinceOptions::time_since,
                                        "The events to measure from, as field: value; {} is all.");
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec TimeSinceSpec() {
  return Spec<TimeSinceOptions>("time_since", Stage::kProfile)
      .Summary("Seconds from the last matching event to this one.")
      .Example("{name: since_last_login, time_since: {action: LOGIN}}")
      .Details(
          "The event itself is not the last one: a log-in measures to the log-in before. No value "
          "(NaN) before the first match, and for a late event older than the newest match, because "
          "only the newest is remembered.")
      .Build(Build);
}

}  // namespace bongsu
