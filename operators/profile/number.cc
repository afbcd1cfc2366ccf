#include "operators/profile/number.h"

#include <algorithm>
#include <cmath>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr double kMost = 1e18;  // More than anything real.
constexpr double kGrain = 0x1p-20;
constexpr double kGrainLimit =
    0x1p32;  // Above, whole numbers are all that sums can be exact about.

}  // namespace

std::optional<size_t> NumberField(const Located<std::string>& name, BuildContext& context) {
  const std::optional<size_t> slot = context.Field(name);
  if (!slot || *slot >= kCanonicalFields || IsNumeric(*slot)) return slot;
  context.problems.Add(name.mark, name.path,
                       StrCat("expected a field that is a number (sensitivity, rows, bytes, "
                              "duration_ms, attributes.<name>), got \"",
                              name.value, "\""));
  return std::nullopt;
}

std::string_view UnitOf(size_t field) {
  return field == kBytes ? "bytes" : field == kRows ? "rows" : "points";
}

std::optional<double> NumberOf(const Event& event, size_t field) {
  if (field >= event.fields.size() || !std::isfinite(event.fields[field].number)) {
    return std::nullopt;
  }
  return std::clamp(event.fields[field].number, -kMost, kMost);
}

double RoundedPart(double part) {
  return std::abs(part) < kGrainLimit ? std::floor(part / kGrain + 0.5) * kGrain : part;
}

}  // namespace bongsu
