#include "engine/generate/plant.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "engine/base/strings.h"
#include "tests/engine/generate/seen.h"

namespace bongsu {
namespace {

struct Insider {
  Label label;
  std::vector<Seen> planted;
  std::vector<Seen> life;  // The events that the person has without the plant.
  int64_t first_day() const { return DayOf(planted.front().time); }
  double Busy(const std::function<double(const Seen&)>& amount, int64_t day) const {
    return RankOf(Totals(life, day, amount), 0.9);
  }
};

BankOptions TheBank() {
  BankOptions options;
  options.people = 400;
  options.days = 30;
  options.effects = {1.2, 10};  // One of each for every kind.
  options.oddities = false;
  return options;
}

// What a bank with insiders has, and the same bank without them has not.
std::vector<Insider> InsidersOf(BankOptions options) {
  const Bank bank = MakeBank(options);
  options.insiders_of_a_kind = 0;
  std::map<std::string, Insider> insiders;
  for (const Label& label : bank.labels()) insiders[label.user].label = label;
  for (Seen& seen : ReadAll(LinesOf(MakeBank(options)))) {
    const auto at = insiders.find(seen.user);
    if (at != insiders.end()) at->second.life.push_back(std::move(seen));
  }
  std::set<std::string, std::less<>> ordinary;
  for (const auto& [user, insider] : insiders) {
    for (const Seen& seen : insider.life) ordinary.emplace(seen.tail());
  }
  for (Seen& seen : ReadAll(LinesOf(bank))) {
    const auto at = insiders.find(seen.user);
    if (at == insiders.end() || ordinary.find(seen.tail()) != ordinary.end()) continue;
    at->second.planted.push_back(std::move(seen));
  }
  std::vector<Insider> all;
  for (auto& [user, insider] : insiders) all.push_back(std::move(insider));
  return all;
}

const std::vector<Insider>& Insiders() {
  static const std::vector<Insider> all = InsidersOf(TheBank());
  return all;
}

std::vector<const Insider*> OfKind(std::string_view kind) {
  std::vector<const Insider*> found;
  for (const Insider& insider : Insiders()) {
    if (insider.label.kind == kind) found.push_back(&insider);
  }
  REQUIRE(found.size() == 2);
  if (found[0]->label.effect > found[1]->label.effect) std::swap(found[0], found[1]);
  CHECK(found[0]->label.effect == 1.2);
  CHECK(found[1]->label.effect == 10);
  return found;
}

std::set<std::string> Resources(const std::vector<Seen>& events) {
  std::set<std::string> resources;
  for (const Seen& event : events) {
    if (!event.resource.empty()) resources.insert(event.resource);
  }
  return resources;
}

double Take(const Seen& seen) {
  return seen.took() ? 1 : 0;
}

TEST_CASE("every insider acts within the label, in the last third, on top of an ordinary life") {
  std::set<std::string> kinds;
  for (const Insider& insider : Insiders()) {
    INFO(insider.label.user << " " << insider.label.kind);
    kinds.insert(insider.label.kind);
    REQUIRE_FALSE(insider.planted.empty());
    CHECK(insider.label.label == "insider");
    CHECK(insider.planted.front().time == insider.label.from);
    CHECK(insider.planted.back().time == insider.label.to);
    CHECK(insider.label.from >= TheBank().start + std::chrono::days(20) - std::chrono::hours(9));
    CHECK(insider.life.size() > 100);
    CHECK(insider.planted.front().department == insider.life.front().department);
    CHECK(insider.planted.front().role == insider.life.front().role);
  }
  CHECK(kinds == std::set<std::string>(kInsiderKinds.begin(), kInsiderKinds.end()));
}

TEST_CASE("off_hours_export: in the night, effect times the rows of a busy day") {
  for (const Insider* insider : OfKind("off_hours_export")) {
    INFO(insider->label.user);
    CHECK(insider->planted.front().action == "LOGIN");
    double rows = 0;
    int same_time = 0;
    for (const Seen& seen : insider->planted) {
      rows += seen.rows;
      for (const Seen& other : insider->life) {
        const auto apart = (seen.time - other.time) % std::chrono::hours(24);
        same_time += std::chrono::abs(apart) < std::chrono::minutes(5);
      }
    }
    const double busy = insider->Busy([](const Seen& seen) { return seen.took() ? seen.rows : 0; },
                                      insider->first_day());
    CHECK(busy > 0);
    CHECK(rows == Approx(insider->label.effect * busy).margin(1));
    CHECK(same_time == 0);
  }
}

TEST_CASE("slow_collection: new resources, more each day, never as many as on a busy day") {
  for (const Insider* insider : OfKind("slow_collection")) {
    INFO(insider->label.user);
    const auto any = [](const Seen&) { return true; };
    const auto days = DistinctResources(insider->planted, INT64_MAX, any);
    const double busy = RankOf(DistinctResources(insider->life, insider->first_day(), any), 0.9);
    for (const auto& [day, count] : days) CHECK(count <= busy);
    CHECK(days.size() >= 3);
    CHECK(days.rbegin()->second >= days.begin()->second);
    const std::set<std::string> known = Resources(insider->life);
    const std::set<std::string> taken = Resources(insider->planted);
    for (const std::string& resource : taken) CHECK(known.count(resource) == 0);
    // New resources a day of work, over the second half of the days before.
    std::set<std::string> met;
    std::map<int64_t, double> new_ones;
    for (const Seen& seen : insider->life) {
      if (DayOf(seen.time) >= insider->first_day()) continue;
      double& count = new_ones[DayOf(seen.time)];
      count += !seen.resource.empty() && met.insert(seen.resource).second;
    }
    const auto half = static_cast<ptrdiff_t>(new_ones.size() / 2);
    const double sum = std::accumulate(std::next(new_ones.begin(), half), new_ones.end(), 0.0,
                                       [](double s, const auto& d) { return s + d.second; });
    const double normal =
        std::max(0.5, sum / static_cast<double>(new_ones.size() - static_cast<size_t>(half)));
    // A few of the first days may have no share yet.
    const double most = insider->label.effect * normal * 10 + 1;
    const double least = insider->label.effect * normal * static_cast<double>(days.size()) - 1;
    CHECK(static_cast<double>(taken.size()) <= most);
    CHECK(static_cast<double>(taken.size()) >= least);
  }
}

TEST_CASE("stolen_credentials: guesses, then effect times a day's work from somewhere new") {
  for (const Insider* insider : OfKind("stolen_credentials")) {
    INFO(insider->label.user);
    std::set<std::string> devices, countries;
    for (const Seen& seen : insider->life) {
      devices.insert(seen.device), countries.insert(seen.country);
    }
    double failed = 0, done = 0;
    for (const Seen& seen : insider->planted) {
      CHECK(devices.count(seen.device) + countries.count(seen.country) == 0);
      failed += seen.action == "LOGIN" && seen.result == "FAIL";
      done += seen.action != "LOGIN";
      if (done > 0) CHECK(seen.result == "SUCCESS");
    }
    CHECK(failed >= 4);
    const double usual =
        RankOf(Totals(insider->life, insider->first_day(), [](const Seen&) { return 1; }), 0.5);
    CHECK(done == Approx(insider->label.effect * usual).margin(0.5));
    CHECK(insider->label.to - insider->label.from < std::chrono::hours(5));
  }
}

TEST_CASE("snooping: effect times the foreign resources of a busy day, some denied") {
  std::map<std::string, std::string> owners;
  const Status status =
      MakeBank(TheBank()).ForEachTableLine([&](std::string_view file, std::string_view line) {
        if (file == "resources.csv") {
          owners.emplace(line.substr(0, line.find(',')), line.substr(line.rfind(',') + 1));
        }
        return Status::Ok();
      });
  REQUIRE(status.ok());
  const auto foreign = [&](const Seen& seen) {
    return owners.at(seen.resource) != seen.department;
  };
  for (const Insider* insider : OfKind("snooping")) {
    INFO(insider->label.user);
    const auto days = DistinctResources(insider->planted, INT64_MAX, foreign);
    REQUIRE(days.size() == 1);
    CHECK(static_cast<double>(Resources(insider->planted).size()) == days.begin()->second);
    const double busy =
        RankOf(DistinctResources(insider->life, insider->first_day(), foreign), 0.9);
    CHECK(days.begin()->second == Approx(insider->label.effect * std::max(2.0, busy)).margin(0.51));
    const std::set<std::string> known = Resources(insider->life);
    size_t denied = 0;
    for (const Seen& seen : insider->planted) {
      CHECK(known.count(seen.resource) == 0);
      denied += seen.result == "DENY";
    }
    if (insider->label.effect == 10) CHECK(denied > 0);
  }
}

TEST_CASE("privilege_abuse: VIEW, UPDATE, DELETE on the same resources within minutes") {
  for (const Insider* insider : OfKind("privilege_abuse")) {
    INFO(insider->label.user);
    const auto change = [](const Seen& seen) {
      return seen.action == "UPDATE" || seen.action == "DELETE" || seen.action == "GRANT" ? 1 : 0;
    };
    const double busy = insider->Busy(change, insider->first_day());
    double changes = 0, chains = 0, grants = 0;
    for (size_t i = 0; i < insider->planted.size(); ++i) {
      const Seen& seen = insider->planted[i];
      changes += change(seen);
      grants += seen.action == "GRANT";
      if (seen.action != "DELETE") continue;
      REQUIRE(i >= 2);
      const Seen& view = insider->planted[i - 2];
      const Seen& update = insider->planted[i - 1];
      chains += view.action == "VIEW" && update.action == "UPDATE" &&
                view.resource == seen.resource && update.resource == seen.resource &&
                seen.time - view.time < std::chrono::minutes(3);
    }
    CHECK(changes == Approx(insider->label.effect * std::max(3.0, busy)).margin(0.51));
    CHECK(grants >= 1);
    CHECK(chains >= std::floor(changes / 4));
    CHECK(Resources(insider->planted).size() <= 5);
  }
}

TEST_CASE("mass_download: three days of effect times the usual, then nothing any more") {
  BankOptions with = TheBank();
  const std::vector<Seen> all = ReadAll(LinesOf(MakeBank(with)));
  for (const Insider* insider : OfKind("mass_download")) {
    INFO(insider->label.user);
    const auto days = Totals(insider->planted, INT64_MAX,
                             [](const Seen& seen) { return seen.action == "DOWNLOAD"; });
    CHECK(days.size() == 3);
    const double busy = std::max(2.0, insider->Busy(Take, insider->first_day()));
    for (const auto& [day, count] : days) {
      CHECK(count == Approx(insider->label.effect * busy).margin(0.51));
    }
    size_t later = 0;
    for (const Seen& seen : all) {
      later += seen.user == insider->label.user && DayOf(seen.time) > DayOf(insider->label.to);
    }
    CHECK(later == 0);
  }
}

TEST_CASE("planted events look like the person's own") {
  for (const Insider& insider : Insiders()) {
    if (insider.label.kind == "stolen_credentials") continue;
    INFO(insider.label.user << " " << insider.label.kind);
    std::set<std::string> devices, sources, sessions;
    for (const Seen& seen : insider.life) {
      devices.insert(seen.device), sources.insert(seen.source), sessions.insert(seen.session);
    }
    const bool joined = insider.label.kind != "off_hours_export";
    for (const Seen& seen : insider.planted) {
      CHECK(devices.count(seen.device) == 1);
      CHECK(sources.count(seen.source) == 1);
      CHECK((sessions.count(seen.session) == 1) == joined);
    }
  }
}

TEST_CASE("somebody without history, or away at the end, is no insider") {
  HabitsLearner learner("kim", std::chrono::hours(9));
  AccessEvent event;
  event.user = "kim", event.action = "VIEW", event.resource = "r";
  const auto monday = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2);
  for (int day = 0; day < 10; ++day) {
    for (int hour = 0; hour < 6; ++hour) {
      event.time = monday + std::chrono::days(day) + std::chrono::hours(hour);
      learner.Observe(event, false);
    }
  }
  const Habits habits = std::move(learner).Finish();
  const int32_t first = habits.days.front().day;
  const auto why = [&](int32_t from, int32_t to) {
    const auto plant = MakePlant(InsiderKind::kStolenCredentials, 2, habits,
                                 {from, to, monday + std::chrono::days(40)}, 1);
    return plant.ok() ? std::string("planted") : plant.status().message();
  };
  CHECK(why(first + 20, first + 30) == "is away at the end");
  CHECK(why(first + 2, first + 10) == "has worked on too few days before");
  CHECK(why(first + 6, first + 10) == "planted");
}

}  // namespace
}  // namespace bongsu
