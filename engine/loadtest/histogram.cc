#include "engine/loadtest/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bongsu::loadtest {
namespace {

constexpr int kBits = 7;  // 128 buckets a power of two.

// Values below 2^8 are their own bucket; above, the leading eight bits choose it.
size_t BucketOf(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  const int shift = std::max(static_cast<int>(std::bit_width(bits)) - (kBits + 1), 0);
  return (static_cast<size_t>(shift) << kBits) + static_cast<size_t>(bits >> shift);
}

int64_t UpperEdge(size_t bucket) {
  if (bucket < size_t{2} << kBits) return static_cast<int64_t>(bucket);
  const size_t shift = (bucket >> kBits) - 1;
  const size_t lead = bucket - (shift << kBits);
  return static_cast<int64_t>(((lead + 1) << shift) - 1);
}

}  // namespace

void Histogram::Record(int64_t micros, int64_t count) {
  const int64_t value = std::clamp<int64_t>(micros, 0, kMost);
  const size_t bucket = BucketOf(value);
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  counts_[bucket] += count;
  count_ += count;
  max_ = std::max(max_, value);
}

void Histogram::Add(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

int64_t Histogram::Quantile(double q) const {
  const auto wanted = std::max<int64_t>(
      static_cast<int64_t>(std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_))), 1);
  int64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(UpperEdge(i), max_);
  }
  return max_;
}

}  // namespace bongsu::loadtest
