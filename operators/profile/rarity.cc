#include "operators/profile/rarity.h"

#include <algorithm>
#include <limits>

#include "engine/base/hash.h"
#include "engine/base/math.h"
#include "engine/base/strings.h"
#include "operators/profile/feature.h"
#include "operators/profile/window.h"

namespace bongsu {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr float kForgotten = 0x1p-10f;

// `count` is in units of a sight at the beginning of the newest half-life; 0: the place is free.
// It stops growing at sixteen million, where a bit more or less says nothing.
struct Tally {
  uint32_t hash = 0;
  float count = 0;
};

// A slot is the number of the newest half-life, biased, and the tallies.
constexpr size_t SlotSize(size_t remember) {
  return sizeof(uint64_t) + remember * sizeof(Tally);
}

// What one look over the tallies says about a value.
struct Standing {
  double total = 0;   // Of all tallies.
  double known = 0;   // How many there are.
  double count = 0;   // Of the value, or the most that it can be.
  size_t place = 0;   // Of the value, or where it goes.
  bool here = false;  // It has a tally.
};

class Tallies final {
 public:
  explicit Tallies(std::span<std::byte> slot) : slot_(slot) {}

  uint64_t newest() const { return LoadAt<uint64_t>(slot_, 0); }
  // Moves on to half-life `newest`, forgetting what has faded.
  void Advance(uint64_t to) {
    const float left = static_cast<float>(Exp2(-static_cast<double>(to - newest())));
    for (size_t place = 0; SlotSize(place) < slot_.size(); ++place) {
      Tally tally = Get(place);
      tally.count *= left;
      Set(place, tally.count < kForgotten ? Tally{} : tally);
    }
    StoreAt(to, slot_, 0);
  }
  Standing Look(uint32_t hash) const {
    Standing standing;
    float least = std::numeric_limits<float>::infinity();
    for (size_t place = 0; SlotSize(place) < slot_.size(); ++place) {
      const Tally tally = Get(place);
      standing.total += static_cast<double>(tally.count);
      standing.known += tally.count > 0 ? 1 : 0;
      if (tally.count > 0 && tally.hash == hash) {
        standing.here = true;
        standing.place = place;
        standing.count = static_cast<double>(tally.count);
      } else if (!standing.here && tally.count < least) {
        standing.place = place;
        standing.count = static_cast<double>(tally.count);
        least = tally.count;
      }
    }
    return standing;
  }
  // A value that was not here inherits the count of the one whose place it takes.
  void Add(uint32_t hash, const Standing& standing, double weight) {
    Set(standing.place, {hash, static_cast<float>(standing.count + weight)});
  }

 private:
  Tally Get(size_t place) const { return LoadAt<Tally>(slot_, SlotSize(place)); }
  void Set(size_t place, const Tally& tally) { StoreAt(tally, slot_, SlotSize(place)); }
  const std::span<std::byte> slot_;
};

class Rarity final : public Operator {
 public:
  Rarity(Filter filter, size_t field, Duration half_life, FeaturePlace place)
      : filter_(std::move(filter)), field_(field), half_life_(half_life.count()), place_(place) {}

  Result<Flow> Process(Event& event, Context& context) override {
    double& out = event.features[place_.feature];
    out = kNoValue;
    const Value value = field_ < event.fields.size() ? event.fields[field_] : Value{};
    if (!value.present() || !filter_.Matches(event)) return Flow::kNext;
    const int64_t ticks = event.time.time_since_epoch().count();
    const int64_t whole = ticks / half_life_ - (ticks % half_life_ < 0 ? 1 : 0);
    const uint64_t at = Biased(whole);
    const double part =
        static_cast<double>(ticks - whole * half_life_) / static_cast<double>(half_life_);
    out = Judge(static_cast<uint32_t>(Hash64(value.text) >> 32), at, part,
                Tallies(context.Slot(place_.slot)));
    return Flow::kNext;
  }

 private:
  // `part` is how much of half-life `at` has passed.
  static double Judge(uint32_t hash, uint64_t at, double part, Tallies tallies) {
    if (at > tallies.newest()) tallies.Advance(at);
    const double weight = Exp2(part - static_cast<double>(tallies.newest() - at));
    const Standing standing = tallies.Look(hash);
    // Of a late event the prior does not fade: it would promise certainty.
    const double prior = std::max(weight, 1.0) / 2;
    const double bits =
        Log2((standing.total + (standing.known + 1) * prior) / (standing.count + prior));
    if (standing.here || weight >= static_cast<double>(kForgotten)) {
      tallies.Add(hash, standing, weight);
    }
    return bits;
  }

  const Filter filter_;
  const size_t field_;
  const int64_t half_life_;
  const FeaturePlace place_;
};

std::unique_ptr<Operator> Build(const RarityOptions& options, BuildContext& context) {
  std::optional<Filter> filter = Filter::Make(options.where, context);
  const std::optional<size_t> field = context.Field(options.rarity);
  if (!filter || !field) return nullptr;
  const Span span{std::nullopt, options.half_life};
  const std::string which = options.where.Describe();
  FeatureInfo info = InfoOf(
      options, "bits",
      StrCat("How rare this ", options.rarity.value, " is for the person",
             which.empty() ? "" : " where " + which, ", in bits, the past ", span.Words(), "."));
  info.field = *field;
  const std::optional<FeaturePlace> place =
      Declare(options.name, std::move(info), "rarity",
              StrCat(span.Describe(), " of=", options.rarity.value,
                     " where=", options.where.Canonical(), " remember=", options.remember),
              SlotSize(static_cast<size_t>(options.remember)), context);
  if (!place) return nullptr;
  return std::make_unique<Rarity>(*std::move(filter), *field, options.half_life, *place);
}

}  // namespace

const FieldTable<RarityOptions>& RarityOptions::Fields() {
  static const FieldTable<RarityOptions> table = [] {
    auto fields = FeatureFields<RarityOptions>(
        "rarity", &RarityOptions::rarity,
        "The field whose values are rare or usual, such as action or resource_type.");
    fields
        .Field("half_life", &RarityOptions::half_life,
               "How soon the past counts half, such as 30d.")
        .Required()
        .Min(kMinSpan)
        .Max(kMaxSpan)
        .Field("where", &RarityOptions::where,
               "Which events, as field: value; {} is all. The others have no value.")
        .Field("remember", &RarityOptions::remember, "How many different values are counted.")
        .Min(1)
        .Max(256);
    AddWords(&fields);
    return fields;
  }();
  return table;
}

OperatorSpec RaritySpec() {
  return Spec<RarityOptions>("rarity", Stage::kProfile)
      .Summary("How rare the event's value is in the person's own past, in bits.")
      .Example("{name: action_rarity, rarity: action, half_life: 30d}")
      .Details(
          "-log2((count + 1/2) / (total + (known + 1)/2)), the estimator of Krichevsky and "
          "Trofimov "
          "over the `known` values and one more for something else, before the event itself "
          "counts: "
          "0 bits for what the person always does, 10 for once in a thousand. The halves are why "
          "little history says little: a new value has 2 bits after one other event and 7.7 after "
          "a "
          "hundred. No value (NaN) without the field and where `where` does not match. Beyond "
          "`remember` values the least is taken over by the next (SpaceSaving, Metwally et al. "
          "2005): a value is then never called rarer than it is. A late event counts as what is "
          "left of it, and is judged by all that has come.")
      .Build(Build);
}

}  // namespace bongsu
