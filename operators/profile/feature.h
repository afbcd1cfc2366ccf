// What all kinds of profile feature share: the options `name`, `description`, `label` and
// `label_ko`, and the declaration of the feature and of its slot while the pipeline is built.
#pragma once

#include <optional>
#include <string>

#include "engine/base/strings.h"
#include "engine/core/spec.h"
#include "operators/profile/window.h"

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

// For kinds over the events of a filter.
template <typename O>
void AddWhere(FieldTable<O>* table) {
  table->Field("where", &O::where, "Which events, as field: value; {} is all.");
}

// For kinds that slide.
template <typename O>
void AddWindow(FieldTable<O>* table) {
  table->Field("window", &O::window, "How far back, such as 1h or 30d.")
      .Required()
      .Min(kMinSpan)
      .Max(kMaxSpan);
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

// What people read of a feature; last in every table.
template <typename O>
void AddWords(FieldTable<O>* table) {
  table
      ->Field("description", &O::description,
              "One sentence for the reader of an alert: what it is and why it matters.")
      .Field("label", &O::label,
             "A few words for the reader of an alert, such as: rows exported in a day.")
      .Field("label_ko", &O::label_ko, "The same in Korean.");
}

// `description` is the one to use when the user gave none.
template <typename O>
FeatureInfo InfoOf(const O& options, std::string_view unit, std::string description) {
  FeatureInfo info{"", std::string(unit), options.description};
  if (info.description.empty()) info.description = std::move(description);
  info.label = options.label;
  info.label_ko = options.label_ko;
  return info;
}

// Where a feature writes and where it remembers.
struct FeaturePlace {
  size_t feature = 0, slot = 0;
};

// How much a feature remembers of a person; see SlotInfo.
struct SlotBytes {
  SlotBytes(size_t always, size_t for_few = 0) : size(always), rest(for_few) {}
  size_t size, rest;
};

// Declares both; nullopt, with the problem at the name, when the name is malformed or taken.
// `meaning` is what besides kind and name decides whether old state may continue; `layout` is that
// of the slot.
std::optional<FeaturePlace> Declare(const Located<std::string>& name, FeatureInfo info,
                                    std::string_view kind, std::string_view meaning,
                                    SlotBytes bytes, BuildContext& context, int layout = kLayout);

// The same for a kind over a field `of` of the events that `options.where` lets through; `words` as
// in "Sum of ".
template <typename O>
std::optional<FeaturePlace> DeclareOver(const O& options, const Located<std::string>& of,
                                        std::string_view kind, std::string_view words,
                                        std::string_view unit, const Span& span, SlotBytes bytes,
                                        BuildContext& context, int layout = kLayout) {
  const std::string which = options.where.Describe();
  return Declare(
      options.name,
      InfoOf(
          options, unit,
          StrCat(words, of.value, which.empty() ? "" : " where " + which, ", ", span.Words(), ".")),
      kind, StrCat(span.Describe(), " of=", of.value, " where=", options.where.Canonical()), bytes,
      context, layout);
}

}  // namespace bongsu
