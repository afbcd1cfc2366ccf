#include "operators/profile/window.h"

#include "engine/base/math.h"
#include "engine/base/strings.h"

namespace bongsu {

double Decay(uint64_t age, double half_life) {
  return age == 0 ? 1 : Exp2(-static_cast<double>(age) / half_life);
}

void Decayed::Add(Timestamp time, double part, double half_life) {
  const uint64_t at = Biased(time.time_since_epoch().count());
  if (at >= newest) {
    sum = sum * Decay(at - newest, half_life) + part;
    newest = at;
  } else {
    sum += part * Decay(newest - at, half_life);
  }
}

double Decayed::At(Timestamp time, double half_life) const {
  const uint64_t at = Biased(time.time_since_epoch().count());
  return at > newest ? sum * Decay(at - newest, half_life) : sum;
}

void DecayedPair::Add(Timestamp time, double first_part, double second_part, double half_life) {
  const uint64_t at = Biased(time.time_since_epoch().count());
  if (at >= newest) {
    const double left = Decay(at - newest, half_life);
    first = first * left + first_part;
    second = second * left + second_part;
    newest = at;
  } else {
    const double left = Decay(newest - at, half_life);
    first += first_part * left;
    second += second_part * left;
  }
}

std::string Span::Describe() const {
  return window ? StrCat("window=", FormatDuration(*window))
                : StrCat("half_life=", FormatDuration(*half_life));
}

std::string Span::Words() const {
  return window ? StrCat("in the last ", FormatDuration(*window))
                : StrCat("fading by half every ", FormatDuration(*half_life));
}

std::optional<Span> MakeSpan(const std::optional<Duration>& window,
                             const std::optional<Duration>& half_life, BuildContext& context) {
  if (window.has_value() == half_life.has_value()) {
    context.problems.Add(context.mark, context.path,
                         window ? "expected window or half_life, got both; remove one of them"
                                : "expected window or half_life, got neither; add one such as "
                                  "\"window: 1d\" or \"half_life: 6h\"");
    return std::nullopt;
  }
  return Span{window, half_life};
}

}  // namespace bongsu
