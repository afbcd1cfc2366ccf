#include "operators/models/leaf_masks.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/status.h"

namespace bongsu {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};

// Leaves [begin, end).
uint64_t Mask(size_t begin, size_t end) {
  const auto below = [](size_t n) { return n == 64 ? kAll : (uint64_t{1} << n) - 1; };
  return below(end) & ~below(begin);
}

template <size_t kBytes>
using Words [[gnu::vector_size(kBytes), gnu::may_alias]] = uint64_t;

// For a vector unit of that width.
template <size_t kBytes>
[[gnu::always_inline]] inline void Intersect(const LeafMasks::Row* const* rows, size_t count,
                                             LeafMasks::Row* out) {
  for (size_t v = 0; v < sizeof(LeafMasks::Row) / kBytes; ++v) {
    auto left = reinterpret_cast<const Words<kBytes>*>(rows[0])[v];
    for (size_t i = 1; i < count; ++i) left &= reinterpret_cast<const Words<kBytes>*>(rows[i])[v];
    reinterpret_cast<Words<kBytes>*>(out)[v] = left;
  }
}

void Portable(const LeafMasks::Row* const* rows, size_t count, LeafMasks::Row* out) {
  Intersect<16>(rows, count, out);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void Avx2(const LeafMasks::Row* const* rows, size_t count,
                                          LeafMasks::Row* out) {
  Intersect<32>(rows, count, out);
}

__attribute__((target("avx512f"))) void Avx512(const LeafMasks::Row* const* rows, size_t count,
                                               LeafMasks::Row* out) {
  Intersect<64>(rows, count, out);
}
#endif

const LeafMasks::Kernel kWidest = LeafMasks::Kernels().back();

// How many of the ascending cuts are not above `value`; none for a NaN. No branch on the data.
size_t PlaceOf(const double* cuts, size_t count, double value) {
  size_t place = 0;
  while (count > 1) {
    const size_t half = count / 2;
    place += cuts[place + half - 1] <= value ? half : 0;
    count -= half;
  }
  return place + (cuts[place] <= value);
}

}  // namespace

std::vector<LeafMasks::Kernel> LeafMasks::Kernels() {
  std::vector<Kernel> kernels = {Portable};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) kernels.push_back(Avx2);
  if (__builtin_cpu_supports("avx512f")) kernels.push_back(Avx512);
#endif
  return kernels;
}

LeafMasks::LeafMasks(const Parts& parts, std::span<const Cut> cuts) : trees_(parts.size()) {
  BONGSU_CHECK(trees_ <= kTrees);
  parts_.resize(kTrees * kLeaves);
  for (size_t tree = 0; tree < trees_; ++tree) {
    BONGSU_CHECK(!parts[tree].empty() && parts[tree].size() <= kLeaves);
    std::copy(parts[tree].begin(), parts[tree].end(), &parts_[tree * kLeaves]);
  }
  std::array<std::vector<Cut>, kFeatures> of_feature;
  for (const Cut& cut : cuts) of_feature.at(cut.feature).push_back(cut);
  for (size_t feature = 0; feature < kFeatures; ++feature) {
    if (!of_feature[feature].empty()) AddColumn(feature, of_feature[feature]);
  }
}

void LeafMasks::AddColumn(size_t feature, std::span<const Cut> cuts) {
  const size_t first = cuts_.size(), places = cuts.size() + 1;
  for (const Cut& cut : cuts) cuts_.push_back(cut.at);
  const auto begin = cuts_.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, cuts_.end());
  columns_.push_back({feature, first, cuts.size(), rows_.size()});
  Row all;
  all.leaves.fill(kAll);
  rows_.resize(rows_.size() + places + 1, all);
  Row* const rows = &rows_[columns_.back().first_row];
  std::vector<Row> from_above(places, all);
  for (const Cut& cut : cuts) {
    const auto lower = std::lower_bound(begin, cuts_.end(), cut.at);
    const auto below = static_cast<size_t>(lower - begin);  // The last place that lies below.
    const uint64_t if_below = ~Mask(cut.middle, cut.end), if_not = ~Mask(cut.begin, cut.middle);
    from_above[below].leaves[cut.tree] &= if_below;
    rows[below + 1].leaves[cut.tree] &= if_not;
    rows[places].leaves[cut.tree] &= cut.unknown_is_below ? if_below : if_not;
  }
  const auto keep = [](Row* row, const Row& other) {
    for (size_t tree = 0; tree < kTrees; ++tree) row->leaves[tree] &= other.leaves[tree];
  };
  // What a cut says of the places next to it, it says of all beyond.
  for (size_t place = 1; place < places; ++place) keep(&rows[place], rows[place - 1]);
  for (size_t place = places; place-- > 0;) {
    if (place + 1 < places) keep(&from_above[place], from_above[place + 1]);
    keep(&rows[place], from_above[place]);
  }
}

double LeafMasks::AddTo(double sum, std::span<const double> x) const noexcept {
  std::array<const Row*, kFeatures> rows;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const double value = x[column.feature];
    const size_t place = PlaceOf(&cuts_[column.first_cut], column.cuts, value);
    rows[i] = &rows_[column.first_row + (std::isnan(value) ? column.cuts + 1 : place)];
  }
  Row left;
  if (columns_.empty()) {
    left.leaves.fill(kAll);
  } else {
    kWidest(rows.data(), columns_.size(), &left);
  }
  for (size_t tree = 0; tree < trees_; ++tree) {
    const auto leaf = static_cast<size_t>(std::countr_zero(left.leaves[tree]));
    sum += parts_[tree * kLeaves + leaf];
  }
  return sum;
}

size_t LeafMasks::MemoryBytes() const {
  return columns_.capacity() * sizeof(Column) + cuts_.capacity() * sizeof(double) +
         rows_.capacity() * sizeof(Row) + parts_.capacity() * sizeof(double);
}

}  // namespace bongsu
