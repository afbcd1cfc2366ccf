#include "engine/app/state_sizes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/strings.h"

namespace bongsu {

int64_t StateSizes::bytes() const {
  return std::accumulate(sizes_.begin(), sizes_.end(), int64_t{0});
}

int64_t StateSizes::Quantile(double share) const {
  if (sizes_.empty()) return 0;
  const auto count = static_cast<double>(sizes_.size());
  const auto rank = static_cast<size_t>(std::max(1.0, std::ceil(share * count)));
  std::vector<int64_t> sorted = sizes_;
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(rank, sorted.size()) - 1];
}

std::string StateSizes::Words() const {
  return StrCat("median ", Quantile(0.5), " bytes a person, 99th percentile ", Quantile(0.99));
}

void StateSizes::Write(JsonWriter* json) const {
  json->Key("state").BeginObject().Key("people").Int(people()).Key("bytes").Int(bytes());
  json->Key("median_bytes").Int(Quantile(0.5)).Key("p99_bytes").Int(Quantile(0.99)).EndObject();
}

}  // namespace bongsu
