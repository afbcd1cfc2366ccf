// What a person does on one day: a pure function of (seed, person, day), and within a day of the
// number of the event, so that any part of any day can be made alone, in any order. A day is a
// login (sometimes after failed ones), bursts of work with a lunch break, a logout; its rhythm
// follows role, weekday, month end, leave and overtime. Immutable inputs; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/generate/access_event.h"
#include "engine/generate/population.h"

namespace bongsu {

// Times are milliseconds since the epoch, UTC.
struct DayPlan {
  int day = 0;
  uint64_t key = 0;
  int64_t start = 0, end = 0;           // Of the work; failed logins stand up to a minute before.
  int64_t lunch = 0, lunch_length = 0;  // Milliseconds after `start`; no length: no break.
  uint32_t failed_logins = 0, actions = 0;
  bool logout = false;
  bool remote = false;                         // From home, on the notebook.
  const Circumstance* circumstance = nullptr;  // One that holds on this day.
  uint32_t events() const { return failed_logins + 1 + actions + (logout ? 1u : 0u); }
};

// nullopt when the person is not at work. The day of a night shift ends in the next morning.
std::optional<DayPlan> PlanDay(const Population& population, const Person& person, int day);

// Whether the day of that number may have events within [from, to), milliseconds: cheap, and true
// too often.
bool MayWork(const Population& population, const Person& person, int day, int64_t from, int64_t to);

// When the `ordinal`-th event of a day happens, milliseconds. Roughly in order of `ordinal`.
int64_t MomentOf(const DayPlan& plan, uint32_t ordinal);

// One event to come, small enough for millions: its time, and which it is in the order in which
// events of the same time stand.
struct Moment {
  int64_t time = 0;
  uint64_t place = 0;
  uint32_t person() const { return static_cast<uint32_t>(place >> 24); }
  int day() const { return static_cast<int>(place >> 12 & 0xFFF); }
  uint32_t ordinal() const { return static_cast<uint32_t>(place & 0xFFF); }
  auto operator<=>(const Moment&) const = default;
};
inline constexpr int64_t kMostPeople = 10'000'000;  // What fits in Moment::place.
inline constexpr int kMostDays = 3660;

// Appends those of the day's events that happen within [from, to).
void AppendMoments(const Person& person, const DayPlan& plan, int64_t from, int64_t to,
                   std::vector<Moment>* out);

// Text that the views of a described event point to.
struct EventText {
  std::string user, resource, address, device, session;
};

// Fills `event`, whose views live as long as `text` is left alone.
void Describe(const Population& population, const Person& person, const DayPlan& plan,
              uint32_t ordinal, EventText* text, AccessEvent* event);

// Whether `event` touched something that another department than the person's owns.
bool IsForeign(const Population& population, const Person& person, const DayPlan& plan,
               uint32_t ordinal);

// Approved leave: the block of days [from, to] that `day` lies in.
struct Leave {
  int from = 0, to = 0;
};
std::optional<Leave> LeaveOn(const Population& population, const Person& person, int day);

// Whether the person works late on `day`, with approval.
bool HasOvertime(const Population& population, const Person& person, int day);

}  // namespace bongsu
