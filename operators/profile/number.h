// The number that sum, mean and max take from an event: which fields have one, in which unit, and
// what of it counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/spec.h"

namespace bongsu {

// nullopt, with the problem reported, when the field is unknown or never a number.
std::optional<size_t> NumberField(const Located<std::string>& name, BuildContext& context);
std::string_view UnitOf(size_t field);

// Within 1e18, so that no sum becomes endless; nullopt when absent, not a number or not finite.
std::optional<double> NumberOf(const Event& event, size_t field);

// To a millionth: such parts add up without rounding, in any order, to 2^33.
double RoundedPart(double part);

}  // namespace bongsu
