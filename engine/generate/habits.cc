#include "engine/generate/habits.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace bongsu {
namespace {

template <typename Tally>
void Count(std::string_view text, Tally* tally) {
  if (text.empty()) return;
  const auto at = tally->find(text);
  at == tally->end() ? void(tally->emplace(text, 1)) : void(++at->second);
}

template <typename Tally>
std::string Usual(const Tally& tally) {
  const auto most = std::max_element(
      tally.begin(), tally.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == tally.end() ? "" : most->first;
}

template <typename Tally>
std::vector<std::string> Names(const Tally& tally) {
  std::vector<std::string> names;
  for (const auto& [name, count] : tally) names.push_back(name);
  return names;
}

double Mean(double sum, int64_t count) {
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

// `share` of the positive totals before `day` are at most the result.
double Percentile(const std::vector<DayHabit>& days, DayTotal total, int32_t day, double share) {
  std::vector<double> values;
  for (const DayHabit& habit : days) {
    if (habit.day < day && habit.*total > 0) values.push_back(habit.*total);
  }
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<size_t>(rank, 1) - 1];
}

}  // namespace

double Habits::BusyDay(DayTotal total, int32_t day) const {
  return Percentile(days, total, day, 0.9);
}

double Habits::UsualDay(DayTotal total, int32_t day) const {
  return Percentile(days, total, day, 0.5);
}

size_t Habits::DaysWith(DayTotal total, int32_t day) const {
  return static_cast<size_t>(std::count_if(days.begin(), days.end(), [&](const DayHabit& habit) {
    return habit.day < day && habit.*total > 0;
  }));
}

double Habits::QuietHour() const {
  int64_t all = 0;
  for (const int64_t count : hours) all += count;
  int longest = 0, middle2 = 6;  // Twice the middle, so that halves are whole.
  for (int from = 0; from < 24; ++from) {
    int length = 0;
    while (length < 24 && hours[static_cast<size_t>((from + length) % 24)] * 200 <= all) ++length;
    if (length > longest) longest = length, middle2 = 2 * from + length;
  }
  return middle2 % 48 / 2.0;
}

HabitsLearner::HabitsLearner(std::string_view user, Duration shift) {
  habits_.user = user;
  habits_.shift = shift;
}

void HabitsLearner::Observe(const AccessEvent& event, bool foreign) {
  const auto local = event.time + habits_.shift;
  const auto midnight = std::chrono::floor<std::chrono::days>(local);
  const auto number = static_cast<int32_t>(midnight.time_since_epoch().count());
  DayHabit& day = days_[number];
  if (day.events == 0 || event.time < day.first) day.first = event.time;
  if (day.events == 0 || event.time > day.last) day.last = event.time;
  day.day = number;
  ++day.events;
  ++habits_.hours[static_cast<size_t>((local - midnight) / std::chrono::hours(1))];
  if (!event.department.empty()) habits_.department = event.department;
  if (!event.role.empty()) habits_.role = event.role;
  if (!event.session.empty()) day.session = event.session;
  habits_.has_result |= !event.result.empty();
  habits_.has_rows |= !std::isnan(event.rows);
  habits_.has_bytes |= !std::isnan(event.bytes);
  ObserveSource(event);
  Count(event.device, &devices_);
  Count(event.address, &addresses_);
  Count(event.country, &countries_);
  if (!event.resource.empty()) ObserveResource(event, foreign, &day);
  ObserveAmount(event, &day);
}

void HabitsLearner::ObserveSource(const AccessEvent& event) {
  if (event.source.empty()) return;
  for (const std::string_view action : {event.action, std::string_view()}) {
    auto at = sources_.find(action);
    if (at == sources_.end()) at = sources_.emplace(action, Tally()).first;
    Count(event.source, &at->second);
  }
}

void HabitsLearner::ObserveResource(const AccessEvent& event, bool foreign, DayHabit* day) {
  auto at = resources_.find(event.resource);
  if (at == resources_.end()) {
    Use use{{std::string(event.resource), std::string(event.resource_type), event.sensitivity}};
    at = resources_.emplace(use.resource.id, std::move(use)).first;
    ++day->new_resources;
  }
  Use& use = at->second;
  ++use.times;
  if (use.last_day == day->day) return;
  use.last_day = day->day;
  ++day->resources;
  if (foreign) ++day->foreign;
}

void HabitsLearner::ObserveAmount(const AccessEvent& event, DayHabit* day) {
  const std::string_view action = event.action;
  if (action == "UPDATE" || action == "DELETE" || action == "GRANT") ++day->changes;
  if (action == "VIEW" && !std::isnan(event.rows)) {
    ++views_;
    habits_.viewed_rows += event.rows;
  }
  if ((action != "EXPORT" && action != "DOWNLOAD") || event.result == "FAIL" ||
      event.result == "DENY") {
    return;
  }
  ++day->takes;
  ++takes_;
  if (!std::isnan(event.rows)) day->taken_rows += event.rows, habits_.taken_rows += event.rows;
  if (std::isnan(event.bytes)) return;
  day->taken_bytes += event.bytes;
  if (!std::isnan(event.rows)) rows_with_bytes_ += event.rows, bytes_ += event.bytes;
}

Habits HabitsLearner::Finish() && {
  Habits habits = std::move(habits_);
  for (const auto& [number, day] : days_) habits.days.push_back(day);
  habits.viewed_rows = Mean(habits.viewed_rows, views_);
  habits.taken_rows = Mean(habits.taken_rows, takes_);
  habits.bytes_a_row = rows_with_bytes_ > 0 ? bytes_ / rows_with_bytes_ : 200;
  for (const auto& [action, tally] : sources_) habits.sources[action] = Usual(tally);
  habits.device = Usual(devices_);
  habits.address = Usual(addresses_);
  habits.country = Usual(countries_);
  habits.devices = Names(devices_);
  habits.countries = Names(countries_);
  std::vector<Use> uses;
  for (auto& [id, use] : resources_) uses.push_back(std::move(use));
  std::stable_sort(uses.begin(), uses.end(),
                   [](const Use& a, const Use& b) { return a.times > b.times; });
  for (Use& use : uses) habits.own.push_back(std::move(use.resource));
  return habits;
}

}  // namespace bongsu
