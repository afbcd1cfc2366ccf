#include "operators/profile/first_seen.h"

#include <algorithm>
#include <limits>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "operators/profile/feature.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

// Minutes since the epoch, biased so that 0 is before any event: enough for four thousand years
// either way, so they never wrap.
using Minutes = uint32_t;

Minutes MinutesOf(Timestamp time) {
  const int64_t minutes = std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
  return static_cast<Minutes>(
      std::clamp<int64_t>(minutes + (int64_t{1} << 31), 1, std::numeric_limits<Minutes>::max()));
}

struct Sight {
  uint32_t hash = 0;
  Minutes first = 0, last = 0;
};

struct Head {
  Minutes since = 0;  // The oldest event; 0 = none yet.
  uint32_t used = 0;  // Sights that follow.
};

constexpr size_t SlotSize(size_t remember) {
  return sizeof(Head) + remember * sizeof(Sight);
}

// The sights in a slot.
class Sights final {
 public:
  explicit Sights(std::span<std::byte> slot) : slot_(slot), head_(LoadAt<Head>(slot, 0)) {}

  Minutes since() const { return head_.since; }
  void Begin(Minutes at) {
    if (head_.since != 0 && head_.since <= at) return;
    head_.since = at;
    StoreAt(head_, slot_, 0);
  }
  size_t size() const { return head_.used; }
  Sight Get(size_t i) const { return LoadAt<Sight>(slot_, Offset(i)); }
  void Set(size_t i, const Sight& sight) { StoreAt(sight, slot_, Offset(i)); }
  // size() when there is none.
  size_t Find(uint32_t hash) const {
    size_t i = 0;
    while (i < head_.used && LoadAt<uint32_t>(slot_, Offset(i)) != hash) ++i;
    return i;
  }
  void Insert(const Sight& sight) {
    if (SlotSize(head_.used) < slot_.size()) {
      Set(head_.used++, sight);
      StoreAt(head_, slot_, 0);
      return;
    }
    size_t oldest = 0;
    for (size_t i = 1; i < head_.used; ++i) {
      if (Get(i).last < Get(oldest).last) oldest = i;
    }
    if (Get(oldest).last <= sight.last) Set(oldest, sight);
  }

 private:
  static size_t Offset(size_t i) { return SlotSize(i); }
  const std::span<std::byte> slot_;
  Head head_;
};

struct Terms {
  Minutes within = 0, stays = 0, learning = 0;
};

// Whether the value is new at `now`; takes note of it.
double See(uint32_t hash, Minutes now, const Terms& terms, Sights* sights) {
  sights->Begin(now);
  const auto learned = [&](Minutes at) { return at - sights->since() >= terms.learning; };
  const double fresh = learned(now) ? 1 : kNoValue;
  const size_t at = sights->Find(hash);
  if (at == sights->size()) {
    sights->Insert({hash, now, now});
    return fresh;
  }
  Sight sight = sights->Get(at);
  if (now < sight.first) {
    if (sight.first - now < terms.within) sights->Set(at, {hash, now, sight.last});
    return fresh;
  }
  if (now > sight.last && now - sight.last >= terms.within) {
    sights->Set(at, {hash, now, now});
    return fresh;
  }
  if (now > sight.last) sights->Set(at, {hash, sight.first, now});
  if (!learned(now)) return kNoValue;
  return now - sight.first < terms.stays && learned(sight.first) ? 1 : 0;
}

class FirstSeen final : public Operator {
 public:
  FirstSeen(Filter filter, size_t field, Terms terms, FeaturePlace place)
      : filter_(std::move(filter)), field_(field), terms_(terms), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    double& out = event.features[place_.feature];
    out = kNoValue;
    const Value value = field_ < event.fields.size() ? event.fields[field_] : Value{};
    if (!value.present() || !filter_.Matches(event)) return Flow::kNext;
    Sights sights(context.Slot(place_.slot));
    out = See(static_cast<uint32_t>(Hash64(value.text) >> 32), MinutesOf(event.time), terms_,
              &sights);
    return Flow::kNext;
  }

 private:
  const Filter filter_;
  const size_t field_;
  const Terms terms_;
  const FeaturePlace place_;
};

Minutes MinutesIn(Duration duration) {
  return static_cast<Minutes>(std::chrono::floor<std::chrono::minutes>(duration).count());
}

std::unique_ptr<Operator> Build(const FirstSeenOptions& options, BuildContext& context) {
  std::optional<Filter> filter = Filter::Make(options.where, context);
  const std::optional<size_t> field = context.Field(options.first_seen);
  if (!filter || !field) return nullptr;
  const std::string which = options.where.Describe();
  FeatureInfo info = InfoOf(
      options, "new",
      StrCat("1 when the person's ", options.first_seen.value, which.empty() ? "" : " where ",
             which, " was not seen in the ", FormatDuration(options.within), " before, else 0."));
  info.field = *field;
  const std::optional<FeaturePlace> place =
      Declare(options.name, std::move(info), "first_seen",
              StrCat("within=", FormatDuration(options.within), " of=", options.first_seen.value,
                     " where=", options.where.Canonical(), " remember=", options.remember),
              SlotSize(static_cast<size_t>(options.remember)), context);
  if (!place) return nullptr;
  const Terms terms{MinutesIn(options.within), MinutesIn(options.stays),
                    MinutesIn(options.learning)};
  return std::make_unique<FirstSeen>(*std::move(filter), *field, terms, *place);
}

}  // namespace

const FieldTable<FirstSeenOptions>& FirstSeenOptions::Fields() {
  static const FieldTable<FirstSeenOptions> table = [] {
    auto fields = FeatureFields<FirstSeenOptions>(
        "first_seen", &FirstSeenOptions::first_seen,
        "The field whose values are new or known, such as country or device_id.");
    fields
        .Field("within", &FirstSeenOptions::within,
               "A value is known for so long after its last sight.")
        .Required()
        .Min(60)
        .Max(kMaxSpan)
        .Field("where", &FirstSeenOptions::where,
               "Which events, as field: value; {} is all. The others have no value.")
        .Field("stays", &FirstSeenOptions::stays,
               "A value stays new for so long after its first sight; 0s: for one event only.")
        .Max(kMaxSpan)
        .Field("learning", &FirstSeenOptions::learning,
               "For so long after a person's first event nothing is called new.")
        .Max(kMaxSpan)
        .Field("remember", &FirstSeenOptions::remember, "How many different values are remembered.")
        .Min(1)
        .Max(256);
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec FirstSeenSpec() {
  return Spec<FirstSeenOptions>("first_seen", Stage::kProfile)
      .Summary("Whether a value is new for the person: 1 new, 0 known.")
      .Example("{name: new_country, first_seen: country, within: 90d}")
      .Details(
          "What is done from a new place counts, not the first click alone: a value stays new for "
          "`stays`. No value (NaN) without the field, where `where` does not match, and while the "
          "first such event of the person is less than `learning` ago; what was first seen in that "
          "time is not new afterwards. Time is cut to minutes. When more than `remember` values "
          "come, the one seen longest ago is forgotten, and is new when it comes back. A late "
          "event never makes a known value unknown.")
      .Build(Build);
}

}  // namespace bongsu
