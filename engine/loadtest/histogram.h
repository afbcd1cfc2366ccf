// Latencies of a load test in buckets that grow with the value, as in HdrHistogram (Gil Tene):
// whole microseconds up to 255 are exact, above that 128 buckets share each power of two, so a
// quantile is at most 1/128 (0.8 %) above the exact one and never below. Recording is a few
// instructions. One thread.
#pragma once

#include <cstdint>
#include <vector>

namespace bongsu::loadtest {

class Histogram final {
 public:
  static constexpr int64_t kMost = (int64_t{1} << 40) - 1;  // Twelve days; above counts as this.

  // `micros` below 0 counts as 0.
  void Record(int64_t micros, int64_t count = 1);
  void Add(const Histogram& other);
  int64_t count() const { return count_; }
  int64_t max() const { return max_; }
  // The smallest bucket's upper edge that at least the share `q` (0 … 1) of all values is not
  // above; never more than max(). 0 when empty.
  int64_t Quantile(double q) const;

 private:
  std::vector<int64_t> counts_;  // As long as the highest bucket in use asks for.
  int64_t count_ = 0, max_ = 0;
};

}  // namespace bongsu::loadtest
