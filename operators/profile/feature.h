// What all kinds of profile feature share: the options `name` and `description`, and the
// declaration of the feature and of its slot while the pipeline is built.
#pragma once

#include <optional>
#include <string>

#include "engine/core/spec.h"

namespace bongsu {

inline constexpr double kMinSpan = 1;                       // seconds
inline constexpr double kMaxSpan = 10.0 * 366 * 24 * 3600;  // seconds

// A table with the first fields of every kind.
template <typename O>
FieldTable<O> FeatureFields(std::string primary, auto O::*member, std::string help) {
  FieldTable<O> table;
  table.Field("name", &O::name, "What the feature is called: lower_snake_case, unique.").Required();
  table.Field(std::move(primary), member, std::move(help)).Required();
  return table;
}

// For kinds that slide or decay.
template <typename O>
void AddSpan(FieldTable<O>* table) {
  table->Field("window", &O::window, "How far back, such as 1h or 30d; this or half_life.")
      .Min(kMinSpan)
      .Max(kMaxSpan)
      .Field("half_life", &O::half_life, "How soon the past counts half; this or window.")
      .Min(kMinSpan)
      .Max(kMaxSpan);
}

template <typename O>
void AddDescription(FieldTable<O>* table) {
  table->Field("description", &O::description,
               "One sentence for the reader of an alert: what it is and why it matters.");
}

// Where a feature writes and where it remembers.
struct FeaturePlace {
  size_t feature = 0, slot = 0;
};

// Declares both; nullopt, with the problem at the name, when the name is malformed or taken.
// `meaning` is what besides kind and name decides whether old state may continue.
std::optional<FeaturePlace> Declare(const Located<std::string>& name, FeatureInfo info,
                                    std::string_view kind, std::string_view meaning, size_t bytes,
                                    BuildContext& context);

}  // namespace bongsu
