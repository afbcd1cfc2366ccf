#include "engine/generate/plant.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/generate/scene.h"

namespace bongsu {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr size_t kCollectDays = 15;
constexpr size_t kLeavingDays = 3;
constexpr double kFewestNewADay = 0.5;

Status Unsuitable(std::string_view why) {
  return Status::NotFound(std::string(why));
}

int64_t Times(double effect, double normal) {
  return std::max<int64_t>(1, std::llround(effect * normal));
}

// Time from one to the next of `count`, so that all of them fit.
Duration Pace(Duration longest, Duration altogether, int64_t count) {
  return std::min(longest, altogether / count);
}

// Parts of `total`, random and about equal, that add up to it.
std::vector<double> Parts(double total, size_t count, SplitMix64* random) {
  std::vector<double> weights(count);
  double sum = 0;
  for (double& weight : weights) sum += weight = 0.5 + random->Unit();
  double done = 0, given = 0;
  for (double& weight : weights) {
    done += weight / sum;
    const double upto = &weight == &weights.back() ? total : std::floor(total * done);
    weight = upto - given;
    given = upto;
  }
  return weights;
}

Status OffHoursExport(double effect, Scene* scene) {
  const Habits& habits = scene->habits();
  const DayHabit& day = scene->AnyDay();
  if (habits.DaysWith(&DayHabit::takes, day.day) < 2) return Unsuitable("hardly ever exports");
  const DayTotal total = habits.has_rows ? &DayHabit::taken_rows : &DayHabit::taken_bytes;
  const double busy = habits.BusyDay(total, day.day);
  if (busy <= 0) return Unsuitable("the exports tell no amount");
  const auto quiet = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::ratio<3600>>(habits.QuietHour()));
  Timestamp time = scene->Midnight(day) + quiet - scene->Between(minutes(0), minutes(50));
  const auto count =
      static_cast<size_t>(std::min(40.0, habits.BusyDay(&DayHabit::takes, day.day) + 2));
  scene->Add(scene->Act(time, "LOGIN"));
  for (const double part :
       Parts(std::max(1.0, std::round(effect * busy)), count, &scene->random())) {
    time += scene->Between(seconds(40), seconds(150));
    AccessEvent event = scene->Act(time, "EXPORT");
    scene->Touch(scene->OneOf(habits.own), &event);
    if (habits.has_rows) scene->SetRows(part, &event);
    if (!habits.has_rows) event.bytes = part;
    scene->Add(event);
  }
  return Status::Ok();
}

// How many new resources the person meets on a day of work, over the second half of the days
// before `first`: at the very beginning everything is new.
double NewADay(const Habits& habits, int32_t first) {
  std::vector<double> before;
  for (const DayHabit& day : habits.days) {
    if (day.day < first) before.push_back(day.new_resources);
  }
  const size_t half = before.size() / 2;
  double sum = 0;
  for (size_t i = half; i < before.size(); ++i) sum += before[i];
  return std::max(kFewestNewADay, sum / static_cast<double>(before.size() - half));
}

void CollectOne(const ResourceHabit& resource, Timestamp time, Scene* scene) {
  for (const std::string_view action : {"VIEW", "DOWNLOAD"}) {
    AccessEvent event = scene->Act(time, action);
    scene->Touch(resource, &event);
    scene->SetUsualRows(0.6, &event);
    scene->Add(event);
    time += scene->Between(seconds(8), seconds(40));
  }
}

Status SlowCollection(double effect, Scene* scene) {
  const Habits& habits = scene->habits();
  std::vector<const DayHabit*> days = scene->days();
  if (days.size() > kCollectDays) days.erase(days.begin(), days.end() - kCollectDays);
  if (days.size() < 3) return Unsuitable("works on too few days");
  const int32_t first = days.front()->day;
  const auto m = static_cast<double>(days.size());
  const int64_t total = Times(effect, NewADay(habits, first) * m);
  const std::vector<ResourceHabit> resources = scene->Unknown(static_cast<size_t>(total));
  if (resources.size() < static_cast<size_t>(total)) return Unsuitable("knows everything already");
  const double busy = habits.BusyDay(&DayHabit::resources, first);
  size_t done = 0;
  for (size_t day = 0; day < days.size(); ++day) {
    // The share of a day grows from one part to nearly two.
    const auto j = static_cast<double>(day);
    const double share = (j + 1) * (m + j / 2) / (m * (m + (m - 1) / 2));
    const auto upto = static_cast<size_t>(std::llround(share * static_cast<double>(total)));
    if (static_cast<double>(upto - done) > busy) {
      return Unsuitable("touches too little for so much to stay unnoticed");
    }
    scene->Join(*days[day]);
    for (; done < upto; ++done) {
      CollectOne(resources[done], scene->DuringWork(*days[day]), scene);
    }
  }
  return Status::Ok();
}

Status StolenCredentials(double effect, Scene* scene) {
  const Habits& habits = scene->habits();
  const DayHabit& day = scene->AnyDay();
  scene->Disguise();
  Timestamp time = day.first + scene->Between(hours(1), hours(5));
  const uint64_t guesses = 4 + scene->random().Below(6);
  for (uint64_t i = 0; i <= guesses; ++i) {
    AccessEvent event = scene->Act(time, "LOGIN");
    if (i < guesses) event.result = "FAIL";
    scene->Add(event);
    time += scene->Between(seconds(6), seconds(25));
  }
  const std::vector<ResourceHabit> found = scene->Unknown(200);
  const int64_t count = Times(effect, habits.UsualDay(&DayHabit::events, day.day));
  const Duration pace = Pace(seconds(40), hours(4), count);
  for (int64_t i = 0; i < count; ++i) {
    time += scene->Between(pace / 4, pace);
    const uint64_t roll = scene->random().Below(100);
    AccessEvent event = scene->Act(time, roll < 75 ? "VIEW" : roll < 88 ? "EXPORT" : "DOWNLOAD");
    const bool known = !habits.own.empty() && scene->random().Below(100) < 40;
    scene->Touch(known || found.empty() ? scene->OneOf(habits.own) : scene->OneOf(found), &event);
    scene->SetUsualRows(1, &event);
    scene->Add(event);
  }
  return Status::Ok();
}

Status Snooping(double effect, Scene* scene) {
  const Habits& habits = scene->habits();
  const DayHabit& day = scene->AnyDay();
  scene->Join(day);
  const int64_t count = Times(effect, std::max(2.0, habits.BusyDay(&DayHabit::foreign, day.day)));
  if (habits.foreign.size() < static_cast<size_t>(count)) {
    return Unsuitable("too few resources of other departments");
  }
  Timestamp time = day.first + scene->Between(minutes(30), hours(2));
  const Duration pace = Pace(minutes(4), hours(5), count);
  for (int64_t i = 0; i < count; ++i) {
    const bool denied = scene->random().Below(100) < 25 && habits.has_result;
    for (uint64_t looks = 1 + scene->random().Below(2); looks > 0; --looks) {
      time += scene->Between(pace / 4, pace);
      AccessEvent event = scene->Act(time, "VIEW");
      scene->Touch(habits.foreign[static_cast<size_t>(i)], &event);
      if (denied) event.result = "DENY";
      if (!denied) scene->SetUsualRows(0.5, &event);
      scene->Add(event);
    }
  }
  return Status::Ok();
}

Status PrivilegeAbuse(double effect, Scene* scene) {
  const Habits& habits = scene->habits();
  const DayHabit& day = scene->AnyDay();
  scene->Join(day);
  if (habits.DaysWith(&DayHabit::changes, day.day) < 2) return Unsuitable("changes nothing");
  const std::vector<ResourceHabit> targets = scene->MostSensitive(5);
  if (targets.empty()) return Unsuitable("touches no resources");
  const int64_t changes = Times(effect, std::max(3.0, habits.BusyDay(&DayHabit::changes, day.day)));
  const Duration pause = Pace(minutes(6), hours(4), changes);
  Timestamp time = day.first + scene->Between(minutes(40), hours(3));
  int64_t done = 0;
  for (size_t chain = 0; done < changes; ++chain) {
    const ResourceHabit& target = targets[chain % targets.size()];
    time += scene->Between(pause / 2, pause);
    for (const std::string_view action : {"GRANT", "VIEW", "UPDATE", "DELETE"}) {
      if ((action == "GRANT" && chain % 3 != 0) || done == changes) continue;
      time += scene->Between(seconds(10), seconds(50));
      AccessEvent event = scene->Act(time, action);
      scene->Touch(target, &event);
      if (action != "GRANT" && habits.has_rows) {
        event.rows = 1 + static_cast<double>(scene->random().Below(20));
      }
      if (action != "VIEW") ++done;
      scene->Add(event);
    }
  }
  return Status::Ok();
}

Status MassDownload(double effect, Scene* scene) {
  const Habits& habits = scene->habits();
  const std::vector<const DayHabit*>& days = scene->days();
  if (days.size() < kLeavingDays) return Unsuitable("works on too few days");
  const int32_t first = days[days.size() - kLeavingDays]->day;
  if (habits.DaysWith(&DayHabit::takes, first) < 2) return Unsuitable("hardly ever exports");
  const int64_t count = Times(effect, std::max(2.0, habits.BusyDay(&DayHabit::takes, first)));
  std::vector<ResourceHabit> resources = habits.own;
  for (ResourceHabit& more : scene->Unknown(static_cast<size_t>(count))) {
    resources.push_back(std::move(more));
  }
  for (size_t d = days.size() - kLeavingDays; d < days.size(); ++d) {
    scene->Join(*days[d]);
    Timestamp time = days[d]->first + scene->Between(minutes(20), hours(2));
    const Duration pace = Pace(minutes(3), hours(5), count);
    for (int64_t i = 0; i < count; ++i) {
      time += scene->Between(pace / 4, pace);
      AccessEvent event = scene->Act(time, "DOWNLOAD");
      scene->Touch(resources[static_cast<size_t>(i) % resources.size()], &event);
      scene->SetUsualRows(1, &event);
      scene->Add(event);
    }
  }
  return Status::Ok();
}

Status Play(InsiderKind kind, double effect, Scene* scene) {
  switch (kind) {
    case InsiderKind::kOffHoursExport:
      return OffHoursExport(effect, scene);
    case InsiderKind::kSlowCollection:
      return SlowCollection(effect, scene);
    case InsiderKind::kStolenCredentials:
      return StolenCredentials(effect, scene);
    case InsiderKind::kSnooping:
      return Snooping(effect, scene);
    case InsiderKind::kPrivilegeAbuse:
      return PrivilegeAbuse(effect, scene);
    case InsiderKind::kMassDownload:
      return MassDownload(effect, scene);
  }
  return Status::Internal("unknown kind");
}

}  // namespace

Status CheckPlantOptions(const PlantOptions& options) {
  if (options.insiders_of_a_kind < 0 || options.insiders_of_a_kind > 10'000) {
    return Status::Invalid(
        StrCat("--insiders: expected 0 to 10000 of each kind, got ", options.insiders_of_a_kind));
  }
  if (options.effects.empty()) return Status::Invalid("--effects: expected at least one number");
  for (const double effect : options.effects) {
    if (!(effect >= 1 && effect <= 1000)) {
      return Status::Invalid(StrCat(
          "--effects: expected multiples of a person's normal from 1 to 1000, got ", effect));
    }
  }
  return Status::Ok();
}

Result<Plant> MakePlant(InsiderKind kind, double effect, const Habits& habits,
                        const PlantWindow& window, uint64_t seed) {
  Scene scene(habits, window, seed);
  if (scene.days().empty()) return Unsuitable("is away at the end");
  if (!scene.HasHistory()) return Unsuitable("has worked on too few days before");
  if (habits.own.empty() && kind != InsiderKind::kSnooping) return Unsuitable("uses no resources");
  BONGSU_RETURN_IF_ERROR(Play(kind, effect, &scene));
  Plant plant;
  plant.events = std::move(scene).TakeEvents();
  if (plant.events.back().time >= window.end) return Unsuitable("has no time before the end");
  plant.label = {habits.user,
                 std::string(kInsider),
                 std::string(kInsiderKinds[static_cast<size_t>(kind)]),
                 plant.events.front().time,
                 plant.events.back().time,
                 effect};
  return plant;
}

Planting PlantInsiders(const PlantOptions& options, std::span<const InsiderKind> kinds,
                       const PlantWindow& window,
                       const std::function<std::optional<Habits>()>& next) {
  Planting planting;
  std::vector<Habits> pool;  // Looked at, and still free.
  size_t number = 0;
  for (const InsiderKind kind : kinds) {
    for (int i = 0; i < options.insiders_of_a_kind; ++i, ++number) {
      const double effect = options.effects[number % options.effects.size()];
      std::string why = "there is nobody left";
      for (size_t at = 0;; ++at) {
        if (at == pool.size()) {
          std::optional<Habits> habits = next();
          if (!habits) break;
          pool.push_back(*std::move(habits));
        }
        Result<Plant> plant =
            MakePlant(kind, effect, pool[at], window, Mix64(options.seed + number * 7919));
        if (plant.ok()) {
          planting.plants.push_back(*std::move(plant));
          pool.erase(pool.begin() + static_cast<ptrdiff_t>(at));
          why.clear();
          break;
        }
        why = StrCat("nobody suits it; the last one looked at ", plant.status().message());
      }
      if (!why.empty()) {
        planting.missing.push_back(
            StrCat(kInsiderKinds[static_cast<size_t>(kind)], " × ", effect, ": ", why));
      }
    }
  }
  return planting;
}

void Collect(Planting&& planting, std::vector<Label>* labels, std::vector<PlantedEvent>* events) {
  for (Plant& plant : planting.plants) {
    labels->push_back(std::move(plant.label));
    std::move(plant.events.begin(), plant.events.end(), std::back_inserter(*events));
  }
  std::stable_sort(events->begin(), events->end());
}

}  // namespace bongsu
