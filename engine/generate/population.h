// Who works in the bank: a person is a pure function of (seed, index), so that ten million need no
// memory. What is special about a few of them (harmless oddities, somebody who leaves) is kept in a
// short sorted list. Immutable while events are made; any thread.
//
// The oddities begin after half of the days. Each of the people they concern has just one; where
// nobody is left for one there is one fewer, and in a bank of fewer than 40 no more than a quarter
// of the people have one, so that somebody is left to be an insider:
//
//   project_crunch   a team of 8 works every weekday evening for two weeks, 1.5 to 2 times as much,
//                    with approved overtime; a team a thousand people
//   new_laptop       a notebook is replaced by a new one; one in a hundred people
//   business_trip    a week in another country with the own notebook, working hours there; one in
//                    two hundred
//   reorganisation   a fifth of all people change department on one Monday (정기인사), and use its
//                    resources from then on
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/random.h"
#include "engine/core/time.h"
#include "engine/generate/organisation.h"

namespace bongsu {

struct Person {
  uint32_t index = 0;
  uint64_t key = 0;  // Everything random about the person starts here.
  size_t home = 0;   // Department, before a reorganisation.
  size_t role = 0;
  Branch branch = Branch::kSeoul;
  bool night = false, notebook = false;
  int start = 0, end = 0, lunch = 0;  // Minutes of the local day; a night ends on the next.
  double actions = 0;                 // On an ordinary day: a few very active, most quiet.
  uint32_t resources = 0;             // How many are the person's own.
};

enum class Oddity : uint8_t { kCrunch, kLaptop, kTrip, kLeaver };

// What is special about a person from day `from` to day `to` (inclusive, from 0).
struct Circumstance {
  uint32_t person = 0;
  Oddity what = Oddity::kCrunch;
  int from = 0, to = 0;
  uint32_t where = 0;  // Of a trip: an index for Destination().
};

struct Country {
  std::string_view name;
  Duration offset;  // Of its clocks from UTC.
};
Country Destination(uint32_t where);

struct PopulationOptions {
  int64_t people = 0;
  int days = 0;
  uint64_t seed = 0;
  std::chrono::sys_days start;
  bool oddities = false;
};

class Population {
 public:
  explicit Population(const PopulationOptions& options);

  Person At(uint32_t index) const;
  const PopulationOptions& options() const { return options_; }
  const Organisation& organisation() const { return organisation_; }

  void AppendName(uint32_t person, std::string* out) const;
  // The department as of `day`.
  size_t DepartmentOn(const Person& person, int day) const;
  bool IsWeekend(int day) const;
  std::chrono::sys_days Date(int day) const { return options_.start + std::chrono::days(day); }

  const Circumstance* Find(uint32_t person) const;
  std::span<const Circumstance> circumstances() const { return circumstances_; }
  // `person` has no circumstance yet.
  void Add(const Circumstance& circumstance);

  // -1: nobody moves.
  int move_day() const { return move_day_; }
  bool Moves(uint32_t person) const;

  // The n-th of the person's own resources while in `department`, most used first: mostly of the
  // department, some of others.
  uint32_t OwnResource(const Person& person, size_t department, uint32_t n) const;

 private:
  bool IsSpecial(uint32_t person) const { return special_[person / 64] >> (person % 64) & 1u; }
  bool MightMove(uint32_t person) const;
  void AddOddities();
  // Whether one more may have an oddity.
  bool Room() const;
  // Somebody about whom nothing is special and whom `fits` likes; nullopt after many tries.
  template <typename Fits>
  std::optional<Person> Pick(SplitMix64* random, Fits fits) const;
  void AddCrunches(SplitMix64* random);
  void AddOne(Oddity what, SplitMix64* random);

  PopulationOptions options_;
  Organisation organisation_;
  size_t name_digits_ = 5;
  int move_day_ = -1;
  std::vector<Circumstance> circumstances_;  // By person.
  std::vector<uint64_t> special_;            // A bit a person: has a circumstance.
};

}  // namespace bongsu
