#include "engine/generate/survey.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

using std::chrono::days;
using std::chrono::hours;

// Later resources of a log are not offered to insiders.
constexpr size_t kMostResources = 1'000'000;
constexpr double kFewestOfTheDays = 0.3;  // On which a candidate must have been there.

template <typename Items, typename KeyOf>
void Shuffle(uint64_t seed, Items* items, KeyOf key_of) {
  std::sort(items->begin(), items->end(), [&](const auto& a, const auto& b) {
    const uint64_t left = Hash64(key_of(a), seed), right = Hash64(key_of(b), seed);
    return left != right ? left < right : key_of(a) < key_of(b);
  });
}

}  // namespace

void Survey::Observe(const AccessEvent& event) {
  ++events_;
  first_ = std::min(first_, event.time);
  last_ = std::max(last_, event.time);
  const auto day = std::chrono::floor<days>(event.time);
  ++hours_[static_cast<size_t>((event.time - day) / hours(1))];
  results_ |= !event.result.empty();
  devices_ |= !event.device.empty();
  countries_ |= !event.country.empty();
  if (event.action == "EXPORT" || event.action == "DOWNLOAD") {
    amounts_ |= !std::isnan(event.rows) || !std::isnan(event.bytes);
  }
  auto person = people_.find(event.user);
  if (person == people_.end()) person = people_.emplace(event.user, Presence()).first;
  Presence& presence = person->second;
  ++presence.events;
  const auto number = static_cast<int32_t>(day.time_since_epoch().count());
  if (number != presence.last_day) ++presence.days;
  presence.last_day = number;
  if (!event.resource.empty()) ObserveResource(event);
}

uint32_t Survey::DepartmentNumber(std::string_view name) {
  if (name.empty()) return 0;
  const auto at = departments_.find(name);
  if (at != departments_.end()) return at->second;
  return departments_.emplace(name, static_cast<uint32_t>(departments_.size() + 1)).first->second;
}

void Survey::ObserveResource(const AccessEvent& event) {
  auto at = resources_.find(event.resource);
  if (at == resources_.end()) {
    if (resources_.size() >= kMostResources) return;
    Belonging belonging;
    belonging.habit = {std::string(event.resource), std::string(event.resource_type),
                       event.sensitivity};
    at = resources_.emplace(belonging.habit.id, std::move(belonging)).first;
  }
  const uint32_t department = DepartmentNumber(event.department);
  if (department == 0) return;
  Belonging& belonging = at->second;
  if (belonging.votes == 0) belonging.department = department;
  belonging.votes += belonging.department == department ? 1 : -1;
}

Duration Survey::Shift() const {
  size_t quietest = 0;
  int64_t fewest = INT64_MAX;
  for (size_t from = 0; from < 24; ++from) {
    int64_t sum = 0;
    for (size_t i = 0; i < 4; ++i) sum += hours_[(from + i) % 24];
    if (sum < fewest) fewest = sum, quietest = from;
  }
  // A day begins two hours into the quiet ones.
  return hours((24 - (quietest + 2) % 24) % 24);
}

PlantWindow Survey::Window() const {
  const auto number = [&](Timestamp time) {
    return static_cast<int32_t>(
        std::chrono::floor<days>(time + Shift()).time_since_epoch().count());
  };
  const int32_t first = number(first_), end = number(last_) + 1;
  return {end - (end - first) / 3, end, last_};
}

std::vector<InsiderKind> Survey::PossibleKinds(std::vector<std::string>* missing) const {
  const bool resources = !resources_.empty();
  struct Need {
    InsiderKind kind;
    bool met;
    std::string_view what;
  };
  const std::array<Need, kInsiderKinds.size()> needs = {{
      {InsiderKind::kOffHoursExport, resources && amounts_,
       "resource_id, and rows or bytes of EXPORT or DOWNLOAD"},
      {InsiderKind::kSlowCollection, resources, "resource_id"},
      {InsiderKind::kStolenCredentials, resources && devices_ && countries_ && results_,
       "resource_id, device_id, country and result"},
      {InsiderKind::kSnooping, resources && departments_.size() > 1,
       "resource_id and more than one department"},
      {InsiderKind::kPrivilegeAbuse, resources, "resource_id"},
      {InsiderKind::kMassDownload, resources, "resource_id"},
  }};
  std::vector<InsiderKind> kinds;
  for (const Need& need : needs) {
    if (need.met) kinds.push_back(need.kind);
    if (!need.met) {
      missing->push_back(StrCat(kInsiderKinds[static_cast<size_t>(need.kind)],
                                ": the events lack what it needs: ", need.what));
    }
  }
  return kinds;
}

std::vector<std::string> Survey::Candidates(size_t most, uint64_t seed) const {
  const double length = static_cast<double>((last_ - first_) / days(1)) + 1;
  std::vector<int64_t> counts;
  for (const auto& [user, presence] : people_) counts.push_back(presence.events);
  std::sort(counts.begin(), counts.end());
  // Neither quiet nor hectic: between the 40th and the 95th percentile.
  const int64_t low = counts[counts.size() * 40 / 100], high = counts[counts.size() * 95 / 100];
  std::vector<std::string> users;
  for (const auto& [user, presence] : people_) {
    if (presence.events >= low && presence.events <= high &&
        presence.days >= kFewestOfTheDays * length) {
      users.push_back(user);
    }
  }
  Shuffle(seed, &users, [](const std::string& user) -> std::string_view { return user; });
  users.resize(std::min(users.size(), most));
  return users;
}

bool Survey::IsForeign(std::string_view resource, std::string_view department) const {
  const auto own = departments_.find(department);
  const auto at = resources_.find(resource);
  return own != departments_.end() && at != resources_.end() && at->second.department != 0 &&
         at->second.department != own->second;
}

void Survey::AddUnknown(const HabitsLearner& learner, size_t most, uint64_t seed,
                        Habits* habits) const {
  std::vector<const Belonging*> unknown;
  for (const auto& [id, belonging] : resources_) {
    if (!learner.Knows(id)) unknown.push_back(&belonging);
  }
  Shuffle(seed, &unknown, [](const Belonging* b) -> std::string_view { return b->habit.id; });
  for (const Belonging* belonging : unknown) {
    std::vector<ResourceHabit>& list =
        IsForeign(belonging->habit.id, learner.department()) ? habits->foreign : habits->unfamiliar;
    if (list.size() < most) list.push_back(belonging->habit);
  }
}

}  // namespace bongsu
