#include "engine/generate/day.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/math.h"
#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond;
constexpr uint32_t kBurst = 6;                 // Events that follow each other closely.
constexpr int kLeaveEvery = 30;                // Days: at most one block of leave in so many.
constexpr uint32_t kHiddenAsset = 20'000'000;  // Where the numbers of new notebooks begin.

enum Salt : uint64_t {
  kPlanSalt = 0xDA7ull << 40,
  kLeaveSalt = 0x1EA7Eull << 40,
  kOvertimeSalt = 0x0E27ull << 40,
  kEventSalt = 0xE7E27ull << 40
};

SplitMix64 RandomOf(const Person& person, Salt salt, int number) {
  return SplitMix64(Mix64(person.key + salt + static_cast<uint64_t>(number)));
}

const Circumstance* CircumstanceOn(const Population& population, const Person& person, int day) {
  const Circumstance* c = population.Find(person.index);
  return c != nullptr && day >= c->from && day <= c->to ? c : nullptr;
}

bool Is(const Circumstance* circumstance, Oddity what) {
  return circumstance != nullptr && circumstance->what == what;
}

// Busy Mondays, month ends; the day's own mood comes on top.
double Rhythm(const Population& population, int day) {
  const std::chrono::year_month_day date(population.Date(day));
  const std::chrono::year_month_day_last last = date.year() / date.month() / std::chrono::last;
  const double weekday = population.IsWeekend(day)                                           ? 0.2
                         : std::chrono::weekday(population.Date(day)) == std::chrono::Monday ? 1.12
                                                                                             : 0.98;
  return last.day() - date.day() < std::chrono::days(3) ? weekday * 1.35 : weekday;
}

// Share of the day's work done when `x` of its actions are: quicker before noon and in the middle
// of the afternoon.
double WorkDone(double x) {
  constexpr std::array<double, 9> kTimes = {0, 0.15, 0.25, 0.36, 0.50, 0.64, 0.74, 0.85, 1};
  const double at = std::min(x * 8, 7.999999);
  const auto knot = static_cast<size_t>(at);
  return kTimes[knot] + (at - static_cast<double>(knot)) * (kTimes[knot + 1] - kTimes[knot]);
}

// Whether the person is at work at all, leave aside.
bool Attends(const Population& population, const Person& person, int day, bool busy,
             SplitMix64* random) {
  const uint64_t roll = random->Below(1000);
  if (population.IsWeekend(day)) return !person.night && !busy && roll < 25;
  return busy || roll < 970;
}

void SetHours(const Population& population, const Person& person, DayPlan* plan,
              SplitMix64* random) {
  int64_t start = person.start * kMinute, end = person.end * kMinute;
  int64_t lunch = person.lunch * kMinute;
  if (population.IsWeekend(plan->day)) {
    start = (10 * 60 + static_cast<int64_t>(random->Below(300))) * kMinute;
    end = start + (50 + static_cast<int64_t>(random->Below(120))) * kMinute;
    lunch = end;
  }
  start += static_cast<int64_t>(random->Below(20 * kMinute)) - 10 * kMinute;
  end += static_cast<int64_t>(random->Below(30 * kMinute)) - 10 * kMinute;
  if (Is(plan->circumstance, Oddity::kCrunch)) {
    end = (20 * 60 + 30 + static_cast<int64_t>(random->Below(75))) * kMinute;
  } else if (HasOvertime(population, person, plan->day)) {
    end += (45 + static_cast<int64_t>(random->Below(150))) * kMinute;
  }
  const Duration offset = Is(plan->circumstance, Oddity::kTrip)
                              ? Destination(plan->circumstance->where).offset
                              : BranchOffset(person.branch, population.Date(plan->day));
  const int64_t midnight = ToMillis(population.Date(plan->day) - offset);
  plan->start = midnight + start;
  plan->end = midnight + end;
  plan->lunch = lunch - start;
  plan->lunch_length = lunch < end ? (45 + static_cast<int64_t>(random->Below(20))) * kMinute : 0;
}

struct Burst {
  int64_t first = 0, gap = 0;  // Of its actions.
};

Burst BurstOf(const DayPlan& plan, uint32_t burst) {
  const uint32_t bursts = (plan.actions + kBurst - 1) / kBurst;
  SplitMix64 random(plan.key + burst);
  const double share = WorkDone((burst + 0.5 * random.Unit()) / static_cast<double>(bursts));
  const auto worked = static_cast<double>(plan.end - plan.start - plan.lunch_length - kMinute);
  auto at = static_cast<int64_t>(share * worked) + 20 * kSecond;
  if (at > plan.lunch) at += plan.lunch_length;
  // Not further than where the next burst may begin.
  const auto longest = static_cast<int64_t>(0.4 * worked / bursts / kBurst);
  const int64_t gap = 2 * kSecond + static_cast<int64_t>(random.Below(50 * kSecond));
  return {plan.start + at, std::min(gap, longest)};
}

int64_t MomentIn(const DayPlan& plan, const Burst& burst, uint32_t action) {
  const auto gap = static_cast<uint64_t>(burst.gap);
  const uint64_t jitter = gap * (Mix64(plan.key + action) >> 40) >> 24;
  return burst.first + (action % kBurst) * burst.gap + static_cast<int64_t>(jitter);
}

Action DrawAction(const Role& role, SplitMix64* random) {
  auto roll = static_cast<int>(random->Below(1000));
  size_t at = 0;
  while (roll >= role.mix[at]) roll -= role.mix[at++];
  return static_cast<Action>(at);
}

// What one action is; the parts that cost text come later.
struct Deed {
  Action action = kLogin;
  bool failed = false, denied = false;
  uint32_t resource = 0;
  double rows = AccessEvent::kNone, bytes = AccessEvent::kNone;
};

// Between a sixteenth and sixteen times `typical`, mostly near it.
double Amount(double typical, SplitMix64* random) {
  return std::floor(1 + typical * Exp2(4 * (random->Unit() + random->Unit() - 1)));
}

Deed DeedOf(const Population& population, const Person& person, const DayPlan& plan,
            uint32_t ordinal) {
  Deed deed;
  if (ordinal <= plan.failed_logins) {
    deed.failed = ordinal < plan.failed_logins;
    return deed;
  }
  if (ordinal == plan.failed_logins + 1 + plan.actions) {
    deed.action = kLogout;
    return deed;
  }
  SplitMix64 random(Mix64(plan.key + kEventSalt + ordinal));
  const Role& role = RoleAt(person.role);
  const size_t department = population.DepartmentOn(person, plan.day);
  deed.action = DrawAction(role, &random);
  const uint64_t luck = random.Below(1000);
  deed.denied = luck < 7;
  deed.failed = luck >= 7 && luck < 11;
  const Organisation& organisation = population.organisation();
  const double u = random.Unit();
  if (random.Below(1000) < 12) {  // Something new, now and then.
    deed.resource = organisation.FirstOf(department) +
                    static_cast<uint32_t>(random.Below(organisation.CountOf(department)));
  } else {
    deed.resource = population.OwnResource(person, department,
                                           static_cast<uint32_t>(u * u * u * person.resources));
  }
  if (deed.denied || deed.failed || deed.action >= kGrant) return deed;
  const bool taken = deed.action == kExport || deed.action == kDownload;
  deed.rows = taken                  ? Amount(role.taken_rows, &random)
              : deed.action == kView ? Amount(role.viewed_rows, &random)
                                     : Amount(2, &random);
  if (taken) {
    deed.bytes =
        std::floor(deed.rows * (60 + static_cast<double>(Mix64(deed.resource + 7) % 400)) + 512);
  }
  return deed;
}

void AppendAddress(uint64_t first, uint64_t second, uint64_t rest, std::string* out) {
  out->append(StrCat(first, ".", second, ".", rest / 250 % 250, ".", 2 + rest % 250));
}

// Where the person sits, and at which machine.
void DescribePlace(const Person& person, const DayPlan& plan, EventText* text, AccessEvent* event) {
  const bool trip = Is(plan.circumstance, Oddity::kTrip);
  const bool new_laptop = Is(plan.circumstance, Oddity::kLaptop);
  const bool notebook = plan.remote || trip || new_laptop;
  const uint32_t asset = 1'000'000 + person.index + (new_laptop ? kHiddenAsset : 0);
  text->device.assign(notebook ? "nb-" : "pc-");
  strings_internal::Append(&text->device, asset);
  text->address.clear();
  if (trip) {
    AppendAddress(203, 100 + plan.circumstance->where, person.key % 62'500, &text->address);
  } else if (plan.remote) {
    AppendAddress(172, 20 + person.index / 62'500 % 10, Mix64(plan.key) % 62'500, &text->address);
  } else {
    const uint64_t network = 16 + 16 * static_cast<uint64_t>(person.branch) + person.home;
    AppendAddress(10, network, person.index, &text->address);
  }
  event->address = text->address;
  event->device = text->device;
  event->country = trip ? Destination(plan.circumstance->where).name : BranchCountry(person.branch);
}

std::string_view SourceOf(const Role& role, const DayPlan& plan, const Deed& deed) {
  if (deed.action == kDownload) return "dlp";
  if (deed.action < kWorkActions) return role.source;
  return plan.remote || Is(plan.circumstance, Oddity::kTrip) ? "vpn" : "app";
}

void AssignSession(uint64_t key, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  out->assign("s-");
  for (int shift = 28; shift >= 0; shift -= 4) out->push_back(kHex[key >> shift & 15]);
}

}  // namespace

std::optional<Leave> LeaveOn(const Population& population, const Person& person, int day) {
  SplitMix64 random = RandomOf(person, kLeaveSalt, day / kLeaveEvery);
  if (random.Below(100) >= 35) return std::nullopt;
  const int length = 1 + static_cast<int>(random.Below(5));
  const int from = day / kLeaveEvery * kLeaveEvery +
                   static_cast<int>(random.Below(static_cast<uint64_t>(kLeaveEvery - length)));
  if (day < from || day >= from + length) return std::nullopt;
  for (int i = from; i < from + length; ++i) {
    // Who is needed or away on business takes no leave then.
    const Circumstance* c = CircumstanceOn(population, person, i);
    if (Is(c, Oddity::kCrunch) || Is(c, Oddity::kTrip)) return std::nullopt;
  }
  return Leave{from, from + length - 1};
}

bool HasOvertime(const Population& population, const Person& person, int day) {
  if (population.IsWeekend(day)) return false;
  const Circumstance* c = CircumstanceOn(population, person, day);
  if (Is(c, Oddity::kCrunch)) return true;
  if (person.night || Is(c, Oddity::kTrip)) return false;
  return RandomOf(person, kOvertimeSalt, day).Below(100) < 6;
}

std::optional<DayPlan> PlanDay(const Population& population, const Person& person, int day) {
  DayPlan plan;
  plan.day = day;
  const Circumstance* c = population.Find(person.index);
  if (Is(c, Oddity::kLeaver) && day > c->to) return std::nullopt;
  if (c != nullptr && day >= c->from && day <= c->to) plan.circumstance = c;
  const bool busy = Is(plan.circumstance, Oddity::kCrunch) || Is(plan.circumstance, Oddity::kTrip);
  SplitMix64 random = RandomOf(person, kPlanSalt, day);
  plan.key = random.Next();
  if (!Attends(population, person, day, busy, &random)) return std::nullopt;
  if (!busy && LeaveOn(population, person, day)) return std::nullopt;
  SetHours(population, person, &plan, &random);
  double actions = person.actions * Rhythm(population, day) * (0.65 + 0.7 * random.Unit());
  if (Is(plan.circumstance, Oddity::kCrunch)) actions *= 1.5 + 0.5 * random.Unit();
  plan.actions = 1 + static_cast<uint32_t>(actions);
  const uint64_t forgot = random.Below(1000);
  plan.failed_logins = forgot < 40 ? 1 : forgot < 46 ? 2 : forgot < 49 ? 3 : 0;
  plan.logout = random.Below(100) < 85;
  plan.remote = person.notebook && random.Below(100) < 15;
  return plan;
}

bool MayWork(const Population& population, const Person& person, int day, int64_t from,
             int64_t to) {
  constexpr int64_t kEarliest = 15 * kMinute;             // Before the usual start.
  constexpr int64_t kLatest = (20 + 45 + 150) * kMinute;  // After the usual end: overtime.
  if (population.Find(person.index) != nullptr) return true;
  const int64_t midnight =
      ToMillis(population.Date(day) - BranchOffset(person.branch, population.Date(day)));
  return midnight + person.start * kMinute - kEarliest < to &&
         midnight + person.end * kMinute + kLatest + kMinute >= from;
}

int64_t MomentOf(const DayPlan& plan, uint32_t ordinal) {
  if (ordinal <= plan.failed_logins) {
    const uint32_t before = plan.failed_logins - ordinal;
    return plan.start - before * (7 * kSecond + static_cast<int64_t>(plan.key % 9000)) -
           static_cast<int64_t>(ordinal == 0 ? 0 : plan.key % 311);
  }
  const uint32_t action = ordinal - plan.failed_logins - 1;
  if (action == plan.actions) return plan.end;
  return MomentIn(plan, BurstOf(plan, action / kBurst), action);
}

void AppendMoments(const Person& person, const DayPlan& plan, int64_t from, int64_t to,
                   std::vector<Moment>* out) {
  if (plan.end + kMinute < from || plan.start - kMinute >= to) return;
  const uint64_t place = (uint64_t{person.index} << 24) | (static_cast<uint64_t>(plan.day) << 12);
  const auto add = [&](int64_t time, uint32_t ordinal) {
    if (time >= from && time < to) out->push_back({time, place | ordinal});
  };
  const uint32_t first = plan.failed_logins + 1;
  for (uint32_t i = 0; i < first; ++i) add(MomentOf(plan, i), i);
  for (uint32_t action = 0; action < plan.actions; action += kBurst) {
    const Burst burst = BurstOf(plan, action / kBurst);
    if (burst.first >= to || burst.first + kBurst * burst.gap + kSecond < from) continue;
    const uint32_t end = std::min(action + kBurst, plan.actions);
    for (uint32_t i = action; i < end; ++i) add(MomentIn(plan, burst, i), first + i);
  }
  if (plan.logout) add(plan.end, first + plan.actions);
}

void Describe(const Population& population, const Person& person, const DayPlan& plan,
              uint32_t ordinal, EventText* text, AccessEvent* event) {
  *event = AccessEvent();
  const Deed deed = DeedOf(population, person, plan, ordinal);
  const Role& role = RoleAt(person.role);
  event->time = FromMillis(MomentOf(plan, ordinal));
  text->user.clear();
  population.AppendName(person.index, &text->user);
  event->user = text->user;
  event->action = kActionNames[deed.action];
  event->result = deed.denied ? "DENY" : deed.failed ? "FAIL" : "SUCCESS";
  event->source = SourceOf(role, plan, deed);
  if (deed.action < kWorkActions) {
    const Organisation::Resource resource = population.organisation().ResourceAt(deed.resource);
    text->resource.clear();
    population.organisation().AppendResourceName(deed.resource, &text->resource);
    event->resource = text->resource;
    event->resource_type = resource.type;
    event->sensitivity = resource.sensitivity;
  }
  DescribePlace(person, plan, text, event);
  AssignSession(plan.key, &text->session);
  event->session = text->session;
  event->department = DepartmentAt(population.DepartmentOn(person, plan.day)).name;
  event->role = role.name;
  event->rows = deed.rows;
  event->bytes = deed.bytes;
}

bool IsForeign(const Population& population, const Person& person, const DayPlan& plan,
               uint32_t ordinal) {
  const Deed deed = DeedOf(population, person, plan, ordinal);
  if (deed.action >= kWorkActions) return false;
  return population.organisation().ResourceAt(deed.resource).owner !=
         population.DepartmentOn(person, plan.day);
}

}  // namespace bongsu
