#include "operators/profile/feature.h"

#include <algorithm>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

bool IsLowerSnake(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() < 'a' || name.front() > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::optional<FeaturePlace> Declare(const Located<std::string>& name, FeatureInfo info,
                                    std::string_view kind, std::string_view meaning,
                                    SlotBytes bytes, BuildContext& context, int layout) {
  if (!IsLowerSnake(name.value)) {
    context.problems.Add(name.mark, name.path,
                         StrCat("expected a name of up to 64 of a-z, 0-9 and _, a letter first, "
                                "got \"",
                                std::string_view(name.value).substr(0, 100), "\""));
    return std::nullopt;
  }
  info.name = name.value;
  const Result<size_t> feature = context.schema.AddFeature(std::move(info));
  if (!feature.ok()) {
    context.problems.Add(name.mark, name.path, feature.status().message());
    return std::nullopt;
  }
  const size_t slot = context.schema.AddSlot(
      {StrCat(name.value, " ", kind, "/", layout, " ", meaning), bytes.size, bytes.rest});
  return FeaturePlace{*feature, slot};
}

}  // namespace bongsu
