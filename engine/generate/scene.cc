#include "engine/generate/scene.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/strings.h"

namespace bongsu {
namespace {

constexpr double kFewestEvents = 3;  // Of a day of work.
constexpr size_t kFewestDays = 5;    // To know what is normal.
constexpr std::chrono::hours kFullDay{4};
constexpr double kNoRowsKnown = 100;

bool Has(const std::vector<std::string>& sorted, const std::string& text) {
  return std::binary_search(sorted.begin(), sorted.end(), text);
}

// A text of the same shape with other digits. Where there are none, a number is added.
std::string Alike(std::string text, SplitMix64* random) {
  bool changed = false;
  for (char& c : text) {
    if (c < '0' || c > '9') continue;
    c = static_cast<char>('0' + random->Below(10));
    changed = true;
  }
  return changed ? text : StrCat(text, "-", random->Below(10'000));
}

double Known(double number) {
  return std::isnan(number) ? -1 : number;
}

}  // namespace

Scene::Scene(const Habits& habits, const PlantWindow& window, uint64_t seed)
    : habits_(habits),
      random_(seed),
      first_day_(window.first_day),
      device_(habits.device),
      address_(habits.address),
      country_(habits.country) {
  for (const Duration shortest : {Duration(kFullDay), Duration(0)}) {
    for (const DayHabit& day : habits.days) {
      if (day.day >= window.first_day && day.day < window.end_day && day.events >= kFewestEvents &&
          day.last - day.first >= shortest) {
        days_.push_back(&day);
      }
    }
    if (!days_.empty()) break;
  }
  if (!habits.days.empty() && !habits.days.back().session.empty()) {
    session_ = Alike(habits.days.back().session, &random_);
  }
}

bool Scene::HasHistory() const {
  return habits_.DaysWith(&DayHabit::events, first_day_) >= kFewestDays;
}

Timestamp Scene::Midnight(const DayHabit& day) const {
  return std::chrono::sys_days(std::chrono::days(day.day)) - habits_.shift;
}

Timestamp Scene::DuringWork(const DayHabit& day) {
  return day.first + Between(Duration(0), day.last - day.first);
}

Duration Scene::Between(Duration from, Duration to) {
  return from + std::chrono::duration_cast<Duration>((to - from) * random_.Unit());
}

void Scene::Disguise() {
  constexpr std::array<std::string_view, 6> kCountries = {"RO", "NG", "BR", "UA", "NL", "ID"};
  const size_t first = random_.Below(kCountries.size());
  country_ = "ZZ";  // For those who have been everywhere.
  for (size_t i = 0; i < kCountries.size() && country_ == "ZZ"; ++i) {
    const std::string country(kCountries[(first + i) % kCountries.size()]);
    if (!Has(habits_.countries, country)) country_ = country;
  }
  device_ = Alike(habits_.device, &random_);
  while (Has(habits_.devices, device_)) device_ = StrCat(device_, random_.Below(10));
  if (!address_.empty()) {
    // One by one: compilers choose the order of arguments.
    const uint64_t last = 2 + random_.Below(250), third = random_.Below(250);
    address_ = StrCat("185.", 10 + random_.Below(200), ".", third, ".", last);
  }
}

AccessEvent Scene::Act(Timestamp time, std::string_view action) const {
  AccessEvent event;
  event.time = std::chrono::floor<std::chrono::milliseconds>(time);
  event.user = habits_.user;
  event.action = action;
  if (habits_.has_result) event.result = "SUCCESS";
  auto source = habits_.sources.find(action);
  if (source == habits_.sources.end()) source = habits_.sources.find(std::string_view());
  if (source != habits_.sources.end()) event.source = source->second;
  event.address = address_;
  event.device = device_;
  event.session = session_;
  event.country = country_;
  event.department = habits_.department;
  event.role = habits_.role;
  return event;
}

void Scene::Touch(const ResourceHabit& resource, AccessEvent* event) {
  event->resource = resource.id;
  event->resource_type = resource.type;
  event->sensitivity = resource.sensitivity;
}

void Scene::SetRows(double rows, AccessEvent* event) const {
  if (habits_.has_rows) event->rows = std::floor(rows);
  if (habits_.has_bytes && event->action != "VIEW") {
    event->bytes = std::floor(rows * habits_.bytes_a_row);
  }
}

void Scene::SetUsualRows(double share, AccessEvent* event) {
  const double usual = event->action == "VIEW" ? habits_.viewed_rows : habits_.taken_rows;
  SetRows((usual > 0 ? usual : kNoRowsKnown) * share * (0.5 + random_.Unit()) + 1, event);
}

void Scene::Add(const AccessEvent& event) {
  PlantedEvent& planted = events_.emplace_back();
  planted.time = event.time;
  planted.user = event.user;
  AppendTail(event, &planted.tail);
}

std::vector<ResourceHabit> Scene::Unknown(size_t count) const {
  std::vector<ResourceHabit> unknown;
  for (const auto* resources : {&habits_.unfamiliar, &habits_.foreign}) {
    for (const ResourceHabit& resource : *resources) {
      if (unknown.size() < count) unknown.push_back(resource);
    }
  }
  return unknown;
}

std::vector<ResourceHabit> Scene::MostSensitive(size_t count) const {
  std::vector<ResourceHabit> all = habits_.own;
  all.insert(all.end(), habits_.unfamiliar.begin(), habits_.unfamiliar.end());
  std::stable_sort(all.begin(), all.end(), [](const ResourceHabit& a, const ResourceHabit& b) {
    return Known(a.sensitivity) > Known(b.sensitivity);
  });
  all.resize(std::min(all.size(), count));
  return all;
}

std::vector<PlantedEvent> Scene::TakeEvents() && {
  std::stable_sort(events_.begin(), events_.end());
  return std::move(events_);
}

}  // namespace bongsu
