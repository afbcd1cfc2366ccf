#include "operators/models/half_space_trees.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/base/math.h"
#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "operators/models/bytes.h"

namespace bongsu {
namespace {

constexpr uint8_t kFormat = 2;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kHuge = 1e150;  // Beyond it a width could overflow.
constexpr double kPadding = 0.15;
constexpr uint32_t kLanes = 25;  // The default forest in one go.
constexpr uint16_t kHeavyUpper = 0x8000;

double PowerOfTwo(int exponent) {
  return static_cast<double>(uint64_t{1} << exponent);
}

double Sanitise(double v) {
  return std::isfinite(v) ? std::clamp(v, -kHuge, kHuge) : kUnknown;
}

uint64_t TreeSeed(uint64_t seed, size_t tree) {
  return Mix64(seed + 0x9E3779B97F4A7C15ull * (tree + 1));
}

}  // namespace

struct HalfSpaceTrees::Growth {
  uint64_t tree_seed = 0;
  std::vector<size_t> usable;                // Features that have a range.
  std::array<double, kMaxDimensions> low{};  // The space of the node being grown.
  std::array<double, kMaxDimensions> high{};
  std::vector<uint16_t> members;         // Vectors by node, next to each other.
  std::vector<uint16_t> upper, missing;  // Scratch of dividing.
};

Result<std::unique_ptr<HalfSpaceTrees>> HalfSpaceTrees::Make(HalfSpaceTreesParams p) {
  const auto between = [](auto value, auto low, auto high) {
    return value >= low && value <= high;
  };
  if (!between(p.dimensions, size_t{1}, kMaxDimensions)) {
    return Status::Invalid(StrCat("half-space trees: expected 1 to ", kMaxDimensions,
                                  " features, got ", p.dimensions,
                                  "; leave some out or use two detectors"));
  }
  if (!between(p.trees, 1, 1000) || !between(p.depth, 1, 30) || !between(p.window, 2, 65535) ||
      !between(p.size_limit, 0.0, 1.0)) {
    return Status::Invalid(
        StrCat("half-space trees: expected trees 1-1000, depth 1-30, window 2-65535, size_limit "
               "0-1, got ",
               p.trees, ", ", p.depth, ", ", p.window, ", ", p.size_limit));
  }
  if (!p.known.empty() && p.known.size() != p.dimensions) {
    return Status::Invalid(StrCat("half-space trees: expected a range a feature, got ",
                                  p.known.size(), " for ", p.dimensions, " features"));
  }
  for (const auto& range : p.known) {
    if (range && !(between(range->low, -kHuge, kHuge) && between(range->high, -kHuge, kHuge) &&
                   range->low < range->high)) {
      return Status::Invalid(
          StrCat("half-space trees: expected a range whose low end is below its high end, got ",
                 range->low, " and ", range->high));
    }
  }
  return std::unique_ptr<HalfSpaceTrees>(new HalfSpaceTrees(std::move(p)));
}

HalfSpaceTrees::HalfSpaceTrees(HalfSpaceTreesParams params) : params_(std::move(params)) {
  const double vectors = static_cast<double>(params_.window) * static_cast<double>(params_.trees);
  limit_ = params_.size_limit * static_cast<double>(params_.window);
  switch (params_.scoring) {
    case HalfSpaceTreesParams::Scoring::kRiver:
      greatest_ = vectors * (PowerOfTwo(params_.depth + 1) - 1);
      break;
    case HalfSpaceTreesParams::Scoring::kPaper:
      greatest_ = vectors * PowerOfTwo(params_.depth);
      break;
    case HalfSpaceTreesParams::Scoring::kDensity:
      greatest_ = params_.trees * (params_.depth - 1 + Log2(2.0 * params_.window + 1));
      break;
  }
  log_greatest_ = Log2(1 + greatest_);
  roots_ = (static_cast<size_t>(params_.trees) + kLanes - 1) / kLanes * kLanes;
  ranges_.resize(params_.dimensions);
  for (size_t f = 0; f < params_.known.size(); ++f) {
    if (params_.known[f]) ranges_[f] = {params_.known[f]->low, params_.known[f]->high, true, true};
  }
  current_.reserve(static_cast<size_t>(params_.window) * params_.dimensions);
}

bool HalfSpaceTrees::Prepare(std::span<const double> x, Vector* clipped) const noexcept {
  BONGSU_CHECK(x.size() == params_.dimensions);
  bool missing = false;
  for (size_t f = 0; f < x.size(); ++f) {
    const double v = x[f];
    const bool known = std::isfinite(v);
    missing |= !known;
    const double above = v < ranges_[f].floor ? ranges_[f].floor : v;
    (*clipped)[f] = known ? (above > ranges_[f].high ? ranges_[f].high : above) : kUnknown;
  }
  return missing;
}

// kLanes trees go down together, so that their loads overlap and only one branch a level depends on
// data.
template <bool kMissing>
double HalfSpaceTrees::Walk(const Vector& x) const noexcept {
  double sum = 0;
  const Node* const nodes = nodes_.data();
  for (uint32_t root = 0; root < roots_; root += kLanes) {
    std::array<uint32_t, kLanes> at;
    for (uint32_t lane = 0; lane < kLanes; ++lane) at[lane] = root + lane;
    for (uint32_t moved = 1; moved != 0;) {
      moved = 0;
      for (uint32_t& lane : at) {
        const Node& node = nodes[lane];
        const double v = x[node.feature & (kMaxDimensions - 1)];
        uint32_t upper = v >= node.cut;
        if constexpr (kMissing) upper = std::isnan(v) ? node.feature >> 15 : upper;
        const uint32_t next = node.child + upper;
        moved |= next ^ lane;
        lane = next;
      }
    }
    for (const uint32_t lane : at) sum += parts_[lane];
  }
  return sum;
}

double HalfSpaceTrees::Sum(const Vector& x, bool missing) const noexcept {
  if (masks_.empty()) return missing ? Walk<true>(x) : Walk<false>(x);
  double sum = 0;
  for (const LeafMasks& masks : masks_) sum = masks.AddTo(sum, x);
  return sum;
}

double HalfSpaceTrees::Score(std::span<const double> x) const noexcept {
  if (!ready()) return 0;
  Vector clipped;
  const bool missing = Prepare(x, &clipped);
  const double sum = Sum(clipped, missing);
  const double ordinary = params_.scoring == HalfSpaceTreesParams::Scoring::kPaper
                              ? Log2(1 + sum) / log_greatest_
                              : sum / greatest_;
  return std::clamp(1 - ordinary, 0.0, 1.0);
}

void HalfSpaceTrees::Learn(std::span<const double> x) noexcept {
  BONGSU_CHECK(x.size() == params_.dimensions);
  for (const double v : x) current_.push_back(Sanitise(v));
  ++learned_;
  if (current_.size() == static_cast<size_t>(params_.window) * params_.dimensions) RollOver();
}

void HalfSpaceTrees::RollOver() {
  reference_.swap(current_);
  current_.clear();
  current_.reserve(reference_.size());
  AdoptRanges();
  GrowAll();
}

void HalfSpaceTrees::AdoptRanges() {
  for (size_t f = 0; f < params_.dimensions; ++f) {
    Range& range = ranges_[f];
    if (range.fixed) continue;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (size_t i = f; i < reference_.size(); i += params_.dimensions) {
      if (std::isnan(reference_[i])) continue;
      low = std::min(low, reference_[i]);
      high = std::max(high, reference_[i]);
    }
    if (low > high) continue;
    const double half = low < high ? (high - low) / 2 : 0.5 * std::max(1.0, std::abs(low));
    range = {low - half, high + half, true, low < high};
  }
}

// The floors follow from the reference window, so that a snapshot need not hold them.
void HalfSpaceTrees::SetFloors() {
  std::vector<double> column;
  for (size_t f = 0; f < params_.dimensions; ++f) {
    ranges_[f].floor = ranges_[f].low;
    if (!params_.more) continue;
    column.clear();
    for (size_t i = f; i < reference_.size(); i += params_.dimensions) {
      if (!std::isnan(reference_[i])) column.push_back(reference_[i]);
    }
    if (column.empty()) continue;
    const auto middle = column.begin() + static_cast<std::ptrdiff_t>(column.size() / 2);
    std::nth_element(column.begin(), middle, column.end());
    ranges_[f].floor = std::max(ranges_[f].low, *middle);
  }
}

void HalfSpaceTrees::GrowAll() {
  SetFloors();
  const size_t window = static_cast<size_t>(params_.window);
  columns_.resize(reference_.size());
  Vector clipped;
  for (size_t i = 0; i < window; ++i) {
    Prepare(std::span(reference_).subspan(i * params_.dimensions, params_.dimensions), &clipped);
    for (size_t f = 0; f < params_.dimensions; ++f) columns_[f * window + i] = clipped[f];
  }
  Growth growth;
  growth.members.resize(window);
  growth.upper.resize(window);
  growth.missing.resize(window);
  for (size_t f = 0; f < params_.dimensions; ++f) {
    if (ranges_[f].usable) growth.usable.push_back(f);
  }
  nodes_.clear();
  parts_.clear();
  AddLeaves(roots_);
  for (size_t tree = 0; tree < static_cast<size_t>(params_.trees); ++tree) {
    growth.tree_seed = TreeSeed(params_.seed, tree);
    SplitMix64 random(growth.tree_seed);
    for (size_t f = 0; f < params_.dimensions; ++f) {
      const double low = ranges_[f].low, width = ranges_[f].high - low;
      const double centre = random.Unit(), reach = 2 * std::max(centre, 1 - centre);
      const bool river = params_.scoring == HalfSpaceTreesParams::Scoring::kRiver;
      growth.low[f] = river ? low : low + (centre - reach) * width;
      growth.high[f] = river ? low + width : low + (centre + reach) * width;
    }
    for (size_t i = 0; i < window; ++i) growth.members[i] = static_cast<uint16_t>(i);
    Grow(&growth, static_cast<uint32_t>(tree), 1, 0, 0, window, 0);
  }
  MakeMasks();
}

void HalfSpaceTrees::MakeMasks() {
  masks_.clear();
  const size_t trees = static_cast<size_t>(params_.trees);
  for (size_t first = 0; first < trees; first += LeafMasks::kTrees) {
    LeafMasks::Parts parts(std::min(LeafMasks::kTrees, trees - first));
    std::vector<LeafMasks::Cut> cuts;
    for (size_t tree = 0; tree < parts.size(); ++tree) {
      Describe(static_cast<uint32_t>(first + tree), tree, &parts[tree], &cuts);
      if (parts[tree].size() > LeafMasks::kLeaves) return masks_.clear();
    }
    masks_.emplace_back(parts, cuts);
  }
}

// Leaves and cuts of the tree below `at`, from the lowest leaf on.
void HalfSpaceTrees::Describe(uint32_t at, size_t tree, std::vector<double>* leaves,
                              std::vector<LeafMasks::Cut>* cuts) const {
  const Node& node = nodes_[at];
  if (node.child == at) return leaves->push_back(parts_[at]);
  const size_t begin = leaves->size();
  Describe(node.child, tree, leaves, cuts);
  const size_t middle = leaves->size();
  Describe(node.child + 1, tree, leaves, cuts);
  cuts->push_back({tree, size_t{node.feature} & (kMaxDimensions - 1), node.cut,
                   (node.feature & kHeavyUpper) == 0, begin, middle, leaves->size()});
}

bool HalfSpaceTrees::IsTerminal(size_t mass, int depth) const {
  const double m = static_cast<double>(mass);
  return depth == params_.depth ||
         (params_.scoring == HalfSpaceTreesParams::Scoring::kRiver ? m < limit_ : m <= limit_);
}

uint32_t HalfSpaceTrees::AddLeaves(size_t count) {
  const size_t first = nodes_.size();
  nodes_.resize(first + count);
  parts_.resize(first + count);
  for (size_t i = first; i < nodes_.size(); ++i) nodes_[i].child = static_cast<uint32_t>(i);
  return static_cast<uint32_t>(first);
}

// `place` numbers the nodes of a full tree: 1 is the root, the children of p are 2p and 2p + 1.
void HalfSpaceTrees::Grow(Growth* growth, uint32_t at, uint64_t place, int depth, size_t begin,
                          size_t end, double above) {
  const size_t mass = end - begin;
  using Scoring = HalfSpaceTreesParams::Scoring;
  const double own = params_.scoring == Scoring::kDensity
                         ? depth - 1 + Log2(2.0 * static_cast<double>(mass) + 1)
                         : static_cast<double>(mass) * PowerOfTwo(depth);
  const double part = params_.scoring == Scoring::kRiver ? above + own : own;
  nodes_[at].mass = static_cast<uint16_t>(mass);
  if (IsTerminal(mass, depth) || growth->usable.empty()) {
    parts_[at] = part;
    return;
  }
  size_t feature = 0;
  double cut = 0;
  ChooseCut(*growth, place, &feature, &cut);
  const size_t middle = Divide(growth, feature, cut, begin, end);
  const uint16_t heavy = end - middle > middle - begin ? kHeavyUpper : uint16_t{0};
  const uint32_t child = AddLeaves(2);
  nodes_[at].cut = cut;
  nodes_[at].child = child;
  nodes_[at].feature = static_cast<uint16_t>(feature | heavy);
  const double high = std::exchange(growth->high[feature], cut);
  Grow(growth, child, 2 * place, depth + 1, begin, middle, part);
  growth->high[feature] = high;
  const double low = std::exchange(growth->low[feature], cut);
  Grow(growth, child + 1, 2 * place + 1, depth + 1, middle, end, part);
  growth->low[feature] = low;
}

void HalfSpaceTrees::ChooseCut(const Growth& growth, uint64_t place, size_t* feature,
                               double* cut) const {
  SplitMix64 random(growth.tree_seed ^ Mix64(place));
  if (params_.scoring == HalfSpaceTreesParams::Scoring::kPaper) {
    *feature = growth.usable[random.Below(growth.usable.size())];
    *cut = (growth.low[*feature] + growth.high[*feature]) / 2;
    return;
  }
  const auto share = [&](size_t f) {
    return (growth.high[f] - growth.low[f]) / (ranges_[f].high - ranges_[f].low);
  };
  double total = 0;
  for (const size_t f : growth.usable) total += share(f);
  double left = random.Unit() * total;
  *feature = growth.usable.back();
  for (const size_t f : growth.usable) {
    left -= share(f);
    if (left < 0) {
      *feature = f;
      break;
    }
  }
  const double low = growth.low[*feature], width = growth.high[*feature] - low;
  *cut = low + (kPadding + (1 - 2 * kPadding) * random.Unit()) * width;
}

// Orders members [begin, end): first those below the cut, then the others; where the second part
// begins. Those whose value is not known go to the side with more of the known.
size_t HalfSpaceTrees::Divide(Growth* growth, size_t feature, double cut, size_t begin,
                              size_t end) const {
  const double* const column = &columns_[feature * static_cast<size_t>(params_.window)];
  uint16_t* const members = growth->members.data();
  uint16_t* const upper = growth->upper.data();
  uint16_t* const missing = growth->missing.data();
  size_t below = begin, uppers = 0, missings = 0;
  for (size_t i = begin; i < end; ++i) {
    const uint16_t member = members[i];
    const double v = column[member];
    // Written to all three and kept in one: no branch on the data.
    members[below] = upper[uppers] = missing[missings] = member;
    below += v < cut;
    uppers += v >= cut;
    missings += std::isnan(v);
  }
  const bool up = uppers > below - begin;
  if (!up) below = static_cast<size_t>(std::copy_n(missing, missings, members + below) - members);
  uint16_t* rest = std::copy_n(upper, uppers, members + below);
  if (up) std::copy_n(missing, missings, rest);
  return below;
}

void HalfSpaceTrees::Contributions(std::span<const double> x,
                                   std::span<double> out) const noexcept {
  std::fill(out.begin(), out.end(), 0.0);
  if (!ready()) return;
  Vector clipped;
  Prepare(x, &clipped);
  double total = 0;
  for (size_t tree = 0; tree < static_cast<size_t>(params_.trees); ++tree) {
    const Node* node = &nodes_[tree];
    while (&nodes_[node->child] != node) {
      const size_t feature = node->feature & (kMaxDimensions - 1);
      const double v = clipped[feature];
      const Node* next =
          &nodes_[node->child + (std::isnan(v) ? node->feature >> 15 : v >= node->cut)];
      const double thinner = (1.0 + node->mass) / (1.0 + 2.0 * next->mass);
      const double strange = !std::isnan(v) && thinner > 1 ? Log2(thinner) : 0.0;
      out[feature] += strange;
      total += strange;
      node = next;
    }
  }
  if (total > 0) {
    for (double& share : out) share /= total;
  }
}

double HalfSpaceTrees::Maturity() const noexcept {
  return std::min(1.0, static_cast<double>(learned_) / static_cast<double>(Mature()));
}

size_t HalfSpaceTrees::MemoryBytes() const {
  size_t masks = 0;
  for (const LeafMasks& some : masks_) masks += some.MemoryBytes();
  return masks + nodes_.capacity() * sizeof(Node) + parts_.capacity() * sizeof(double) +
         ranges_.capacity() * sizeof(Range) +
         (reference_.capacity() + current_.capacity() + columns_.capacity()) * sizeof(double);
}

namespace {

void WriteParams(const HalfSpaceTreesParams& p, std::string* out) {
  ByteWriter writer(out);
  writer.U8(kFormat);
  writer.Varint(p.dimensions);
  for (const int number : {p.trees, p.depth, p.window, static_cast<int>(p.scoring), int{p.more}}) {
    writer.Varint(static_cast<uint64_t>(number));
  }
  writer.F64(p.size_limit);
  writer.U64(p.seed);
  for (const auto& range : p.known) {
    writer.U8(range.has_value());
    writer.F64(range ? range->low : 0);
    writer.F64(range ? range->high : 0);
  }
}

bool ReadVectors(ByteReader* reader, size_t count, std::vector<double>* out) {
  if (count * sizeof(double) > reader->left()) return false;
  out->resize(count);
  reader->Raw(out->data(), count * sizeof(double));
  return std::all_of(out->begin(), out->end(),
                     [](double v) { return std::isnan(v) || std::abs(v) <= kHuge; });
}

}  // namespace

std::string HalfSpaceTrees::Save() const {
  return Snapshot(learned_, current_);
}

std::string HalfSpaceTrees::SaveOpinion() const {
  return learned_ < Mature() ? Save() : Snapshot(Mature(), {});
}

// The parameters as a text of their own, then ranges, counters and the vectors of both windows.
std::string HalfSpaceTrees::Snapshot(uint64_t learned, std::span<const double> current) const {
  std::string params, out;
  WriteParams(params_, &params);
  ByteWriter writer(&out);
  writer.Text(params);
  for (const Range& range : ranges_) {
    writer.U8(static_cast<uint8_t>(range.usable | range.fixed << 1));
    writer.F64(range.low);
    writer.F64(range.high);
  }
  writer.U64(learned);
  writer.U8(ready());
  writer.Varint(current.size() / params_.dimensions);
  writer.Raw(reference_.data(), reference_.size() * sizeof(double));
  writer.Raw(current.data(), current.size_bytes());
  return out;
}

Status HalfSpaceTrees::Load(std::string_view snapshot) {
  std::string params;
  WriteParams(params_, &params);
  ByteReader reader(snapshot);
  const std::string_view theirs = reader.Text();
  if (!reader.ok() || theirs.empty()) {
    return Status::Corrupt("half-space trees: the snapshot is cut short; the model starts cold");
  }
  if (theirs != params) {
    return Status::Invalid(
        "half-space trees: the snapshot is of other parameters; the model starts cold");
  }
  std::vector<Range> ranges(params_.dimensions);
  bool good = true;
  for (Range& range : ranges) {
    const uint8_t flags = reader.U8();
    range = {reader.F64(), reader.F64(), (flags & 1) != 0, (flags & 2) != 0};
    good = good && flags < 4 && flags != 2 && std::isfinite(range.low) &&
           std::isfinite(range.high) && (range.low < range.high || !range.usable);
  }
  const uint64_t learned = reader.U64();
  const uint8_t warm = reader.U8();
  const uint64_t fill = reader.Varint();
  const size_t window = static_cast<size_t>(params_.window);
  std::vector<double> reference, current;
  good = good && warm < 2 && fill < window && learned % window == fill &&
         (learned >= window) == (warm == 1) &&
         ReadVectors(&reader, warm * window * params_.dimensions, &reference) &&
         ReadVectors(&reader, fill * params_.dimensions, &current) && reader.Finished();
  if (!good)
    return Status::Corrupt("half-space trees: the snapshot is damaged; the model starts cold");
  ranges_ = std::move(ranges);
  learned_ = learned;
  reference_ = std::move(reference);
  current_ = std::move(current);
  current_.reserve(window * params_.dimensions);
  nodes_.clear();
  masks_.clear();
  if (ready()) GrowAll();
  return Status::Ok();
}

}  // namespace bongsu
