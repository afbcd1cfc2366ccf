#include "operators/models/leaf_masks.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/status.h"
#include "engine/base/vector_unit.h"

namespace bongsu {
namespace {

constexpr uint64_t kAll = ~uint64_t{0};

// Leaves [begin, end).
uint64_t Mask(size_t begin, size_t end) {
  const auto below = [](size_t n) { return n == 64 ? kAll : (uint64_t{1} << n) - 1; };
  return below(end) & ~below(begin);
}

template <typename T, size_t kBytes>
using Vector [[gnu::vector_size(kBytes), gnu::may_alias]] = T;

// How many of the cuts are not above `value`; none for a NaN.
template <size_t kBytes>
[[gnu::always_inline]] inline size_t NotAbove(const LeafMasks::Block& block, double value) {
  const auto* const cuts = reinterpret_cast<const Vector<double, kBytes>*>(block.cuts.data());
  Vector<int64_t, kBytes> counts{};
#pragma GCC unroll 16
  for (size_t v = 0; v < sizeof(block.cuts) / kBytes; ++v) counts -= cuts[v] <= value;
  int64_t sum = 0;
  for (size_t lane = 0; lane < kBytes / sizeof(int64_t); ++lane) sum += counts[lane];
  return static_cast<size_t>(sum);
}

// The row of a value. No branch on where it lies.
template <size_t kBytes>
[[gnu::always_inline]] inline const LeafMasks::Row* RowOf(const LeafMasks::Table& table,
                                                          const LeafMasks::Column& column,
                                                          double value) {
  const LeafMasks::Block* const blocks = &table.blocks[column.first_block];
  size_t block = 0;  // The last one that does not begin above the value, or the first.
  for (size_t left = column.blocks; left > 1; left -= left / 2) {
    block += blocks[block + left / 2].cuts[0] <= value ? left / 2 : 0;
  }
  const size_t place = block * LeafMasks::Block::kCuts + NotAbove<kBytes>(blocks[block], value);
  return &table.rows[std::isnan(value) ? column.unknown_row : column.first_row + place];
}

template <size_t kBytes>
[[gnu::always_inline]] inline void Find(const LeafMasks::Table& table, const double* x,
                                        LeafMasks::Row* out) {
  using Words = Vector<uint64_t, kBytes>;
  constexpr size_t kVectors = sizeof(LeafMasks::Row) / kBytes;
  Words left[kVectors];
#pragma GCC unroll 16
  for (size_t v = 0; v < kVectors; ++v) left[v] = ~Words{};  // Of no column.
  for (const LeafMasks::Column& column : table.columns) {
    const LeafMasks::Row* const row = RowOf<kBytes>(table, column, x[column.feature]);
#pragma GCC unroll 16
    for (size_t v = 0; v < kVectors; ++v) left[v] &= reinterpret_cast<const Words*>(row)[v];
  }
#pragma GCC unroll 16
  for (size_t v = 0; v < kVectors; ++v) reinterpret_cast<Words*>(out)[v] = left[v];
}

void Portable(const LeafMasks::Table& table, const double* x, LeafMasks::Row* out) {
  Find<16>(table, x, out);
}

BONGSU_FOR_AVX2 void Avx2(const LeafMasks::Table& table, const double* x, LeafMasks::Row* out) {
  Find<32>(table, x, out);
}

BONGSU_FOR_AVX512 void Avx512(const LeafMasks::Table& table, const double* x, LeafMasks::Row* out) {
  Find<64>(table, x, out);
}

const LeafMasks::Kernel kWidest = LeafMasks::Kernels().back();

}  // namespace

std::vector<LeafMasks::Kernel> LeafMasks::Kernels() {
  return KernelsHere(Portable, Avx2, Avx512);
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
  const size_t places = cuts.size() + 1;
  std::vector<double> ascending;
  for (const Cut& cut : cuts) ascending.push_back(cut.at);
  std::sort(ascending.begin(), ascending.end());
  Column column{feature, table_.blocks.size(), 0, table_.rows.size(), table_.rows.size() + places};
  for (size_t i = 0; i < ascending.size(); ++i) {
    if (i % Block::kCuts == 0) table_.blocks.emplace_back().cuts.fill(std::nan(""));
    table_.blocks.back().cuts[i % Block::kCuts] = ascending[i];
  }
  column.blocks = table_.blocks.size() - column.first_block;
  table_.columns.push_back(column);
  Row all;
  all.leaves.fill(kAll);
  table_.rows.resize(table_.rows.size() + places + 1, all);
  Row* const rows = &table_.rows[column.first_row];
  std::vector<Row> from_above(places, all);
  for (const Cut& cut : cuts) {
    const auto lower = std::lower_bound(ascending.begin(), ascending.end(), cut.at);
    // The last place that lies below.
    const auto below = static_cast<size_t>(lower - ascending.begin());
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
  return AddTo(sum, x, kWidest);
}

double LeafMasks::AddTo(double sum, std::span<const double> x, Kernel kernel) const noexcept {
  Row left;
  kernel(table_, x.data(), &left);
  for (size_t tree = 0; tree < trees_; ++tree) {
    const auto leaf = static_cast<size_t>(std::countr_zero(left.leaves[tree]));
    sum += parts_[tree * kLeaves + leaf];
  }
  return sum;
}

size_t LeafMasks::MemoryBytes() const {
  return table_.columns.capacity() * sizeof(Column) + table_.blocks.capacity() * sizeof(Block) +
         table_.rows.capacity() * sizeof(Row) + parts_.capacity() * sizeof(double);
}

}  // namespace bongsu
