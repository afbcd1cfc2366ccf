#include "engine/generate/bank.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr std::chrono::hours kSeoulOffset{9};
constexpr int kFewestDays = 9;      // Two thirds of them tell what is normal.
constexpr uint32_t kUnknown = 400;  // As many resources a person does not know are offered.
constexpr int kLooks = 2000;        // People looked at for insiders, at most, beside those needed.
// Insiders are neither quiet nor hectic.
constexpr double kFewestActions = 9, kMostActions = 60;

Status CheckOptions(const BankOptions& options) {
  if (options.people < 10 || options.people > kMostPeople) {
    return Status::Invalid(
        StrCat("--people: expected 10 to ", kMostPeople, ", got ", options.people));
  }
  if (options.days < 1 || options.days > kMostDays) {
    return Status::Invalid(StrCat("--days: expected 1 to ", kMostDays, ", got ", options.days));
  }
  if (options.slice_events < 1) return Status::Invalid("slice_events: expected at least 1");
  BONGSU_RETURN_IF_ERROR(CheckPlantOptions({options.insiders_of_a_kind, options.effects, 0}));
  if (options.days < kFewestDays && (options.insiders_of_a_kind > 0 || options.oddities)) {
    return Status::Invalid(StrCat("--days ", options.days, ": planting needs at least ",
                                  kFewestDays, "; give more, or --insiders 0 --no-oddities"));
  }
  return Status::Ok();
}

}  // namespace

Bank::Bank(BankOptions options, Population population)
    : options_(std::move(options)), population_(std::move(population)) {}

Result<Bank> Bank::Make(const BankOptions& options) {
  BONGSU_RETURN_IF_ERROR(CheckOptions(options));
  Bank bank(options, Population({options.people, options.days, options.seed, options.start,
                                 options.oddities}));
  if (options.insiders_of_a_kind > 0) BONGSU_RETURN_IF_ERROR(bank.PlantInsiders());
  bank.LabelOddities();
  std::stable_sort(bank.labels_.begin(), bank.labels_.end(),
                   [](const Label& a, const Label& b) { return a.user < b.user; });
  return bank;
}

int32_t Bank::DayNumber(int day) const {
  return static_cast<int32_t>(population_.Date(day).time_since_epoch().count());
}

Timestamp Bank::DayStart(int day) const {
  return population_.Date(day) - kSeoulOffset;
}

Habits Bank::LearnHabits(const Person& person) const {
  std::string name;
  population_.AppendName(person.index, &name);
  HabitsLearner learner(name, BranchOffset(person.branch, options_.start));
  EventText text;
  AccessEvent event;
  for (int day = 0; day < options_.days; ++day) {
    const std::optional<DayPlan> plan = PlanDay(population_, person, day);
    if (!plan) continue;
    for (uint32_t i = 0; i < plan->events(); ++i) {
      Describe(population_, person, *plan, i, &text, &event);
      learner.Observe(event, IsForeign(population_, person, *plan, i));
    }
  }
  Habits unknown;
  AddUnknown(learner, person, &unknown);
  Habits habits = std::move(learner).Finish();
  habits.unfamiliar = std::move(unknown.unfamiliar);
  habits.foreign = std::move(unknown.foreign);
  return habits;
}

void Bank::AddUnknown(const HabitsLearner& learner, const Person& person, Habits* habits) const {
  const Organisation& organisation = population_.organisation();
  const size_t department = population_.DepartmentOn(person, options_.days - 1);
  const uint64_t first = person.key % organisation.resources();
  std::string name;
  // Strides of a prime pass every resource once, in no order that one sees.
  for (uint64_t i = 0; i < organisation.resources(); ++i) {
    const auto at = static_cast<uint32_t>((first + i * 32'749) % organisation.resources());
    const Organisation::Resource resource = organisation.ResourceAt(at);
    std::vector<ResourceHabit>& list =
        resource.owner == department ? habits->unfamiliar : habits->foreign;
    name.clear();
    organisation.AppendResourceName(at, &name);
    if (list.size() >= kUnknown || learner.Knows(name)) continue;
    list.push_back({name, std::string(resource.type), static_cast<double>(resource.sensitivity)});
  }
}

Status Bank::PlantInsiders() {
  SplitMix64 random(Mix64(options_.seed ^ 0x1A51DEull));
  constexpr std::array<InsiderKind, kInsiderKinds.size()> kKinds = {
      InsiderKind::kOffHoursExport, InsiderKind::kSlowCollection, InsiderKind::kStolenCredentials,
      InsiderKind::kSnooping,       InsiderKind::kPrivilegeAbuse, InsiderKind::kMassDownload};
  const auto wanted = static_cast<int64_t>(kKinds.size()) * options_.insiders_of_a_kind;
  int64_t looks = 4 * wanted + kLooks;
  std::vector<bool> seen(static_cast<size_t>(options_.people));
  const auto next = [&]() -> std::optional<Habits> {
    while (looks-- > 0) {
      const auto index =
          static_cast<uint32_t>(random.Below(static_cast<uint64_t>(options_.people)));
      if (seen[index]) continue;
      seen[index] = true;
      const Person person = population_.At(index);
      if (population_.Find(index) != nullptr || population_.Moves(index) ||
          person.actions < kFewestActions || person.actions > kMostActions) {
        continue;
      }
      return LearnHabits(person);
    }
    return std::nullopt;
  };
  const int first = options_.days - options_.days / 3;
  Planting planting = bongsu::PlantInsiders(
      {options_.insiders_of_a_kind, options_.effects, Mix64(options_.seed)}, kKinds,
      {DayNumber(first), DayNumber(options_.days), DayStart(options_.days)}, next);
  if (!planting.missing.empty() && !options_.fewer_insiders) {
    return Status::Invalid(StrCat("--people ", options_.people, ": ", planting.missing[0],
                                  "; give more people or days, or fewer --insiders"));
  }
  missing_ = std::move(planting.missing);
  Collect(std::move(planting), &labels_, &planted_);
  MarkLeavers();
  return Status::Ok();
}

void Bank::MarkLeavers() {
  for (const Label& label : labels_) {
    if (label.kind != kInsiderKinds[static_cast<size_t>(InsiderKind::kMassDownload)]) continue;
    const auto index = static_cast<uint32_t>(std::stoul(label.user.substr(1)));
    const Timestamp local = label.to + BranchOffset(population_.At(index).branch, options_.start);
    const int last = static_cast<int>(
        std::chrono::floor<std::chrono::days>(local - population_.Date(0)).count());
    population_.Add({index, Oddity::kLeaver, 0, last, 0});
  }
}

void Bank::LabelOddities() {
  constexpr std::array<std::string_view, 3> kKinds = {"project_crunch", "new_laptop",
                                                      "business_trip"};
  constexpr int kNewFor = 14;  // Days for which something new is still unusual.
  const auto add = [this](uint32_t person, std::string_view kind, int from, int to) {
    std::string name;
    population_.AppendName(person, &name);
    labels_.push_back({std::move(name), std::string(kHarmless), std::string(kind), DayStart(from),
                       std::min(DayStart(to + 1), DayStart(options_.days)), 0});
  };
  for (const Circumstance& c : population_.circumstances()) {
    if (c.what == Oddity::kLeaver) continue;
    const int to = c.what == Oddity::kLaptop ? c.from + kNewFor - 1 : c.to;
    add(c.person, kKinds[static_cast<size_t>(c.what)], c.from, to);
  }
  if (population_.move_day() < 0) return;
  for (uint32_t person = 0; person < options_.people; ++person) {
    if (!population_.Moves(person)) continue;
    add(person, "reorganisation", population_.move_day(), population_.move_day() + kNewFor - 1);
  }
}

}  // namespace bongsu
