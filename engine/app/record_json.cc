#include "engine/app/record_json.h"

#include <cmath>

namespace bongsu::record_json {

std::vector<Contribution> ContributionsAt(JsonValue value, Path path) {
  std::vector<Contribution> out;
  const auto list = At(value, path);
  if (!list || !list->is_array()) return out;
  for (const JsonValue item : list->items()) {
    const double points = NumberAt(item, {"points"});
    Contribution& c = out.emplace_back();
    c.detector = TextAt(item, {"detector"});
    c.feature = TextAt(item, {"feature"});
    c.points = std::isfinite(points) ? points : 0;
    c.observed = NumberAt(item, {"observed"});
    c.unit = TextAt(item, {"unit"});
    c.normal = {NumberAt(item, {"normal", "usual"}), NumberAt(item, {"normal", "high"})};
    c.tail = NumberAt(item, {"share_of_events"});
    c.value = TextAt(item, {"value"});
  }
  return out;
}

}  // namespace bongsu::record_json
