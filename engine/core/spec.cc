#include "engine/core/spec.h"

namespace bongsu {

std::string_view StageName(Stage stage) {
  constexpr std::string_view kNames[] = {"normalize", "enrich", "profile",
                                         "detect",    "score",  "decide"};
  return kNames[static_cast<size_t>(stage)];
}

std::optional<size_t> BuildContext::Field(const Located<std::string>& name) {
  Result<size_t> slot = schema.fields.Slot(name.value);
  if (slot.ok()) return *slot;
  problems.Add(name.mark, name.path, slot.status().message());
  return std::nullopt;
}

std::optional<size_t> BuildContext::Feature(const Located<std::string>& name) {
  Result<size_t> feature = schema.Feature(name.value);
  if (feature.ok()) return *feature;
  problems.Add(name.mark, name.path, feature.status().message());
  return std::nullopt;
}

}  // namespace bongsu
