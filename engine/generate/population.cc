#include "engine/generate/population.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

using std::chrono::hours;

constexpr int kTeam = 8;
constexpr int kCrunchDays = 14, kTripDays = 7;
constexpr uint64_t kOneInMoves = 5;
constexpr int64_t kSmallBank = 40;
// Of those looked at for a special part: neither quiet nor hectic.
constexpr double kFewestActions = 9, kMostActions = 60;

uint8_t Draw(SplitMix64* random, std::span<const uint8_t> percents) {
  auto roll = static_cast<int>(random->Below(100));
  uint8_t at = 0;
  while (roll >= percents[at]) roll -= percents[at++];
  return at;
}

size_t DrawDepartment(SplitMix64* random) {
  auto roll = static_cast<int>(random->Below(1000));
  size_t at = 0;
  while (roll >= DepartmentAt(at).share) roll -= DepartmentAt(at++).share;
  return at;
}

}  // namespace

Country Destination(uint32_t where) {
  constexpr std::array<Country, 5> kCountries = {
      {{"JP", hours(9)}, {"SG", hours(8)}, {"VN", hours(7)}, {"HK", hours(8)}, {"AE", hours(4)}}};
  return kCountries[where % kCountries.size()];
}

Population::Population(const PopulationOptions& options)
    : options_(options),
      organisation_(options.people),
      special_(static_cast<size_t>(options.people) / 64 + 1) {
  name_digits_ = std::max<size_t>(5, std::to_string(options.people - 1).size());
  if (options.oddities) AddOddities();
}

Person Population::At(uint32_t index) const {
  SplitMix64 random(Mix64(options_.seed + 0x9E0Full) ^ (uint64_t{index} << 20));
  Person p;
  p.index = index;
  p.key = random.Next();
  p.home = DrawDepartment(&random);
  p.role = Draw(&random, DepartmentAt(p.home).roles);
  const uint64_t where = random.Below(100);
  p.night = random.Below(100) < DepartmentAt(p.home).night;
  p.branch = p.night || where < 83 ? Branch::kSeoul : where < 96 ? Branch::kBusan : Branch::kLondon;
  p.notebook = random.Below(100) < 35;
  p.start = (p.night ? 21 * 60 + 40 : 8 * 60 + 30) + static_cast<int>(random.Below(35));
  p.end = (p.night ? 29 * 60 + 30 : 17 * 60 + 30) + static_cast<int>(random.Below(60));
  p.lunch = (p.night ? 26 * 60 : 11 * 60 + 30) + static_cast<int>(random.Below(60));
  const double root = std::sqrt(1 - random.Unit());
  p.actions = std::min(400.0, 7 / (root * std::sqrt(root)));  // A Pareto tail of index 4/3.
  p.resources = 8 + static_cast<uint32_t>(std::min(p.actions, 64.0) * (0.3 + 0.4 * random.Unit()));
  return p;
}

void Population::AppendName(uint32_t person, std::string* out) const {
  out->push_back('u');
  const size_t end = out->size() + name_digits_;
  out->resize(end);
  for (size_t i = 1; i <= name_digits_; ++i, person /= 10) {
    (*out)[end - i] = static_cast<char>('0' + person % 10);
  }
}

bool Population::IsWeekend(int day) const {
  return std::chrono::weekday(Date(day)).iso_encoding() >= 6;
}

const Circumstance* Population::Find(uint32_t person) const {
  if (!IsSpecial(person)) return nullptr;
  return &*std::lower_bound(
      circumstances_.begin(), circumstances_.end(), person,
      [](const Circumstance& c, uint32_t wanted) { return c.person < wanted; });
}

void Population::Add(const Circumstance& circumstance) {
  BONGSU_CHECK(!IsSpecial(circumstance.person));
  const auto at =
      std::upper_bound(circumstances_.begin(), circumstances_.end(), circumstance.person,
                       [](uint32_t person, const Circumstance& c) { return person < c.person; });
  circumstances_.insert(at, circumstance);
  special_[circumstance.person / 64] |= 1ull << (circumstance.person % 64);
}

bool Population::MightMove(uint32_t person) const {
  return move_day_ >= 0 && Mix64(options_.seed * 31 + person + 0x30FEull) % kOneInMoves == 0;
}

bool Population::Moves(uint32_t person) const {
  return MightMove(person) && !IsSpecial(person);
}

size_t Population::DepartmentOn(const Person& person, int day) const {
  if (move_day_ < 0 || day < move_day_ || !Moves(person.index)) return person.home;
  // Another department that has work for the same role; each role has at least two.
  size_t department = Mix64(person.key + 0x40FEull) % kDepartments;
  while (department == person.home || DepartmentAt(department).roles[person.role] == 0) {
    department = (department + 1) % kDepartments;
  }
  return department;
}

uint32_t Population::OwnResource(const Person& person, size_t department, uint32_t n) const {
  SplitMix64 random(person.key ^ (uint64_t{n} << 32) ^ (department << 8));
  if (n % 9 == 4) department = (department + 1 + random.Below(kDepartments - 1)) % kDepartments;
  const double u = random.Unit();  // Colleagues share the popular ones.
  return organisation_.FirstOf(department) +
         static_cast<uint32_t>(u * u * organisation_.CountOf(department));
}

bool Population::Room() const {
  return options_.people >= kSmallBank ||
         circumstances_.size() < static_cast<size_t>(options_.people / 4);
}

template <typename Fits>
std::optional<Person> Population::Pick(SplitMix64* random, Fits fits) const {
  if (!Room()) return std::nullopt;
  for (int tries = 0; tries < 20'000; ++tries) {
    const auto index = static_cast<uint32_t>(random->Below(static_cast<uint64_t>(options_.people)));
    if (IsSpecial(index) || MightMove(index)) continue;
    const Person person = At(index);
    if (person.actions < kFewestActions || person.actions > kMostActions) continue;
    if (fits(person)) return person;
  }
  return std::nullopt;
}

void Population::AddCrunches(SplitMix64* random) {
  const auto day_shift = [](const Person& p) { return !p.night; };
  for (int64_t team = 0; team < std::clamp<int64_t>(options_.people / 1000, 1, 100); ++team) {
    const std::optional<Person> first = Pick(random, day_shift);
    if (!first) return;
    const int length = std::min(kCrunchDays, options_.days / 2);
    const int from = options_.days / 2 +
                     static_cast<int>(random->Below(
                         static_cast<uint64_t>(options_.days - options_.days / 2 - length) + 1));
    int members = 0;
    uint32_t index = first->index;
    for (int64_t seen = 0;
         seen < std::min<int64_t>(options_.people, 5000) && members < kTeam && Room();
         ++seen, index = (index + 1) % static_cast<uint32_t>(options_.people)) {
      if (IsSpecial(index) || MightMove(index)) continue;
      const Person person = At(index);
      if (person.night || person.home != first->home || person.branch != first->branch) continue;
      Add({index, Oddity::kCrunch, from, from + length - 1, 0});
      ++members;
    }
  }
}

void Population::AddOne(Oddity what, SplitMix64* random) {
  const bool trip = what == Oddity::kTrip;
  const auto has_notebook = [](const Person& p) { return p.notebook && !p.night; };
  const std::optional<Person> person = Pick(random, has_notebook);
  if (!person) return;
  const int half = options_.days / 2;
  const int length = trip ? std::min(kTripDays, options_.days - half) : options_.days;
  const int latest = trip ? options_.days - length : half + (options_.days - half) * 2 / 3;
  const int from = half + static_cast<int>(random->Below(static_cast<uint64_t>(latest - half) + 1));
  Add({person->index, what, from, trip ? from + length - 1 : options_.days,
       static_cast<uint32_t>(random->Below(5))});
}

void Population::AddOddities() {
  SplitMix64 random(Mix64(options_.seed ^ 0x0DD17ull));
  move_day_ = options_.days / 2;
  while (std::chrono::weekday(Date(move_day_)) != std::chrono::Monday &&
         move_day_ < options_.days - 2) {
    ++move_day_;
  }
  AddCrunches(&random);
  for (int64_t i = 0; i < std::clamp<int64_t>(options_.people / 100, 2, 1000); ++i) {
    AddOne(Oddity::kLaptop, &random);
  }
  for (int64_t i = 0; i < std::clamp<int64_t>(options_.people / 200, 2, 500); ++i) {
    AddOne(Oddity::kTrip, &random);
  }
}

}  // namespace bongsu
