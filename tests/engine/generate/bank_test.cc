#include "engine/generate/bank.h"

#include <catch2/catch.hpp>
#include <optional>
#include <set>

#include "engine/base/strings.h"
#include "engine/decode/canonical.h"
#include "tests/engine/generate/seen.h"

namespace bongsu {
namespace {

constexpr int64_t kHour = 3'600'000'000;

BankOptions Small() {
  BankOptions options;
  options.people = 300;
  options.days = 28;
  return options;
}

std::string OptionError(const BankOptions& options) {
  const Result<Bank> bank = Bank::Make(options);
  REQUIRE_FALSE(bank.ok());
  CHECK(bank.status().code() == Code::kInvalid);
  return bank.status().message();
}

TEST_CASE("the same seed gives the same bytes, however the time is sliced") {
  BankOptions options = Small();
  const std::vector<std::string> lines = LinesOf(MakeBank(options));
  CHECK(lines.size() > 100'000);
  CHECK(Same(LinesOf(MakeBank(options)), lines));
  options.slice_events = 777;
  CHECK(Same(LinesOf(MakeBank(options)), lines));
  options.seed = 2;
  CHECK_FALSE(Same(LinesOf(MakeBank(options)), lines));
}

TEST_CASE("events come in the order of time, each canonical, with an id of its own") {
  const std::vector<std::string> lines = LinesOf(MakeBank(Small()));
  struct Canonical final : DecodeSink {
    void OnEvent(const DecodeSink::Canonical& event) override { json = event.json; }
    void OnRejected(uint32_t, std::string_view, const Rejection& r) override { json = r.message; }
    std::string json;
  } sink;
  CanonicalSource source(LimitOptions(), "bank");
  EventSchema schema;
  CanonicalEventDecoder decoder(LimitOptions(), schema);
  Event event;
  event.fields.resize(schema.size());
  std::set<std::string, std::less<>> ids;
  Timestamp last = Timestamp::min();
  for (const std::string& line : lines) {
    source.Decode(line, &sink);
    if (sink.json != line) FAIL("not canonical: " << line << "\n" << sink.json);
    if (decoder.Decode(line, &event)) FAIL("refused: " << line);
    if (event.time < last) FAIL("out of order: " << line);
    last = event.time;
    ids.emplace(event.fields[kEventId].text);
  }
  CHECK(ids.size() == lines.size());
  CHECK(event.fields[kDepartment].present());
}

TEST_CASE("days are those of a bank: weekdays, office hours, a few very active, night shifts") {
  BankOptions options = Small();
  options.insiders_of_a_kind = 0;
  options.oddities = false;
  std::array<double, 7> weekdays{};
  std::array<double, 24> hours{};
  std::map<std::string, double> people;
  std::set<std::string> sources, countries, actions, results;
  for (const Seen& seen : ReadAll(LinesOf(MakeBank(options)))) {
    const Timestamp local = seen.time + std::chrono::hours(9);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    ++weekdays[std::chrono::weekday(day).c_encoding()];
    if (seen.country == "KR") ++hours[static_cast<size_t>((local - day).count() / kHour)];
    ++people[seen.user];
    sources.insert(seen.source), countries.insert(seen.country);
    actions.insert(seen.action), results.insert(seen.result);
  }
  CHECK(weekdays[0] + weekdays[6] < 0.06 * weekdays[3]);
  CHECK(hours[10] > 20 * hours[7]);
  CHECK(hours[10] > 1.2 * hours[12]);
  CHECK(hours[15] > 10 * hours[20]);
  CHECK(hours[2] > 0);
  CHECK(people.size() == 300);
  std::vector<double> counts;
  for (const auto& [user, count] : people) counts.push_back(count);
  std::sort(counts.begin(), counts.end());
  CHECK(counts[285] > 5 * counts[150]);
  CHECK(sources == std::set<std::string>{"app", "db", "dlp", "vpn"});
  CHECK(countries == std::set<std::string>{"GB", "KR"});
  CHECK(actions == std::set<std::string>(kActionNames.begin(), kActionNames.end()));
  CHECK(results == std::set<std::string>{"DENY", "FAIL", "SUCCESS"});
}

struct Tables {
  std::map<std::string, std::map<std::string, std::string>> departments;  // By user, by date.
  std::map<std::string, std::string> shifts, owners;
  std::set<std::array<std::string, 4>> approvals;
};

std::vector<std::string> Cells(std::string_view line) {
  std::vector<std::string> cells(1);
  for (const char c : line) c == ',' ? void(cells.emplace_back()) : cells.back().push_back(c);
  return cells;
}

Tables TablesOf(const Bank& bank) {
  Tables tables;
  std::set<std::string> headers;
  const Status status = bank.ForEachTableLine([&](std::string_view file, std::string_view line) {
    const std::vector<std::string> cells = Cells(line);
    if (headers.insert(std::string(file)).second) {
      CHECK(line == (file == "people.csv"      ? "user_id,from,department,role,branch,shift"
                     : file == "resources.csv" ? "resource_id,resource_type,sensitivity,owner"
                                               : "user_id,kind,from,to"));
    } else if (file == "people.csv") {
      tables.departments[cells[0]][cells[1]] = cells[2];
      tables.shifts[cells[0]] = cells[5];
    } else if (file == "resources.csv") {
      tables.owners[cells[0]] = cells[3];
    } else {
      tables.approvals.insert({cells[0], cells[1], cells[2], cells[3]});
    }
    return Status::Ok();
  });
  REQUIRE(status.ok());
  REQUIRE(headers.size() == 3);
  return tables;
}

// `time` as the clocks of Seoul show it, to the minute.
std::string Local(Timestamp time) {
  return FormatRfc3339(time + std::chrono::hours(9)).substr(0, 16);
}

TEST_CASE("the tables say what the events say: departments as of the day, owners, leave") {
  const Bank bank = MakeBank(Small());
  const Tables tables = TablesOf(bank);
  CHECK(tables.departments.size() == 300);
  CHECK(tables.owners.size() >= 400);
  std::set<std::string> departments;
  size_t own = 0, touched = 0, on_leave = 0, wrong = 0;
  for (const Seen& seen : ReadAll(LinesOf(bank))) {
    // The row with the latest date that is not after the event's.
    const auto& rows = tables.departments.at(seen.user);
    const std::string today = Local(seen.time).substr(0, 10);
    wrong += std::prev(rows.upper_bound(today))->second != seen.department;
    departments.insert(seen.department);
    if (!seen.resource.empty()) {
      ++touched;
      own += tables.owners.at(seen.resource) == seen.department;
    }
    if (seen.country != "KR") continue;
    for (auto it = tables.approvals.lower_bound({seen.user, "leave", "", ""});
         it != tables.approvals.end() && (*it)[0] == seen.user && (*it)[1] == "leave"; ++it) {
      on_leave += (*it)[2] <= Local(seen.time) && Local(seen.time) < (*it)[3];
    }
  }
  CHECK(wrong == 0);
  CHECK(on_leave == 0);
  CHECK(departments.size() == kDepartments);
  CHECK(static_cast<double>(own) > 0.8 * static_cast<double>(touched));
  CHECK(own < touched);
}

std::map<std::string, Label> ByUser(const Bank& bank) {
  std::map<std::string, Label> labels;
  for (const Label& label : bank.labels()) {
    INFO(label.user);
    CHECK(labels.emplace(label.user, label).second);  // One plant a person.
  }
  return labels;
}

TEST_CASE("harmless oddities are there, after half of the days, and labelled") {
  BankOptions options = Small();
  options.insiders_of_a_kind = 0;
  const Bank bank = MakeBank(options);
  const std::map<std::string, Label> labels = ByUser(bank);
  const Tables tables = TablesOf(bank);
  std::map<std::string, std::vector<Seen>> lives;
  for (Seen& seen : ReadAll(LinesOf(bank))) lives[seen.user].push_back(std::move(seen));
  std::map<std::string, int> kinds;
  for (const auto& [user, label] : labels) {
    INFO(user << " " << label.kind << " " << FormatRfc3339(label.from));
    ++kinds[label.kind];
    CHECK(label.label == "harmless");
    CHECK(label.effect == 0);
    CHECK(label.from >= options.start + std::chrono::days(14) - std::chrono::hours(9));
    std::set<std::string> devices, countries, departments;  // Known before.
    size_t new_devices = 0, new_countries = 0, moved = 0, evenings = 0, approved = 0, outside = 0;
    for (const Seen& seen : lives.at(user)) {
      if (seen.time < label.from) {
        devices.insert(seen.device), countries.insert(seen.country);
        departments.insert(seen.department);
        continue;
      }
      if (seen.time >= label.to) continue;
      const bool abroad = countries.count(seen.country) == 0;
      new_devices += devices.count(seen.device) == 0 && !abroad;
      new_countries += abroad;
      moved += departments.count(seen.department) == 0;
      const std::string local = Local(seen.time), day = local.substr(0, 10);
      outside += abroad && std::chrono::weekday(std::chrono::floor<std::chrono::days>(
                                                    seen.time + std::chrono::hours(9)))
                                   .iso_encoding() > 5;
      if (local.substr(11) < "19:30" || local.substr(11) >= "23:00") continue;
      ++evenings;
      approved += tables.approvals.count({user, "overtime", day + "T17:30", day + "T23:00"});
    }
    if (label.kind == "new_laptop") CHECK((new_devices > 0 && new_countries == 0));
    if (label.kind == "business_trip") CHECK((new_countries > 10 && outside == 0));
    if (label.kind == "project_crunch") {
      CHECK(evenings > 2);
      CHECK(approved == evenings);
    }
    if (label.kind == "reorganisation") {
      // Somebody may be away for the rest of the time.
      const bool there = lives.at(user).back().time > label.from;
      CHECK((moved > 0) == there);
      CHECK(tables.departments.at(user).size() == 2);
    }
  }
  CHECK(kinds["project_crunch"] == 8);
  CHECK(kinds["new_laptop"] == 3);
  CHECK(kinds["business_trip"] == 2);
  CHECK(kinds["reorganisation"] > 40);
  CHECK(kinds["reorganisation"] < 80);
}

TEST_CASE("the team of a crunch does up to twice as much as before") {
  BankOptions options = Small();
  options.insiders_of_a_kind = 0;
  const Bank bank = MakeBank(options);
  const std::map<std::string, Label> labels = ByUser(bank);
  std::map<std::string, std::array<std::map<int64_t, double>, 2>> days;
  for (const Seen& seen : ReadAll(LinesOf(bank))) {
    const auto label = labels.find(seen.user);
    if (label == labels.end() || label->second.kind != "project_crunch") continue;
    const bool during = seen.time >= label->second.from && seen.time < label->second.to;
    if (during || seen.time < label->second.from) ++days[seen.user][during][DayOf(seen.time)];
  }
  double ratio = 0;
  for (const auto& [user, both] : days) ratio += RankOf(both[1], 0.5) / RankOf(both[0], 0.5);
  CHECK(ratio / static_cast<double>(days.size()) > 1.4);
  CHECK(ratio / static_cast<double>(days.size()) < 2.2);
}

TEST_CASE("London keeps its own hours, summer time included") {
  BankOptions options = Small();
  options.insiders_of_a_kind = 0;
  options.oddities = false;
  options.people = 1000;
  options.start = std::chrono::sys_days(std::chrono::year(2026) / 3 / 23);
  options.days = 14;                                   // The clocks change on the 29th.
  std::map<std::string, std::array<double, 2>> first;  // Of a person: earliest hour, by season.
  for (const Seen& seen : ReadAll(LinesOf(MakeBank(options)))) {
    if (seen.country != "GB") continue;
    const auto day = std::chrono::floor<std::chrono::days>(seen.time);
    const auto season =
        static_cast<size_t>(day >= std::chrono::sys_days(std::chrono::year(2026) / 3 / 29));
    if (std::chrono::weekday(day).iso_encoding() > 5) continue;
    const auto hour = static_cast<double>((seen.time - day).count()) / kHour;
    double& earliest = first[seen.user][season];
    if (earliest == 0 || hour < earliest) earliest = hour;
  }
  REQUIRE(first.size() > 10);
  double winter = 0, summer = 0;
  for (const auto& [user, hours] : first) winter += hours[0], summer += hours[1];
  const auto count = static_cast<double>(first.size());
  CHECK(winter / count == Approx(8.7).margin(0.3));
  CHECK(summer / count == Approx(7.7).margin(0.3));
}

TEST_CASE("what cannot be made is refused in the words of the command line") {
  BankOptions options;
  options.people = 0;
  CHECK(OptionError(options) == "--people: expected 10 to 10000000, got 0");
  options = {};
  options.days = 0;
  CHECK(OptionError(options) == "--days: expected 1 to 3660, got 0");
  options.days = 5;
  CHECK(OptionError(options).find("--days 5: planting needs at least 9") == 0);
  options = {};
  options.effects = {2, 0.9};
  CHECK(OptionError(options).find("--effects: expected multiples") == 0);
  options.effects = {};
  CHECK(OptionError(options).find("--effects: expected at least one") == 0);
  options = {};
  options.insiders_of_a_kind = -1;
  CHECK(OptionError(options).find("--insiders: expected 0 to") == 0);
  options = {};
  options.people = 10;
  CHECK(OptionError(options).ends_with(
      "there is nobody left; give more people or days, or fewer --insiders"));
  options.oddities = false;
  CHECK(OptionError(options) ==
        "--people 10: stolen_credentials × 10: there is nobody left; give more people or days, or "
        "fewer --insiders");
  options.insiders_of_a_kind = 0;
  options.days = 1;
  CHECK_FALSE(LinesOf(MakeBank(options)).empty());
}

TEST_CASE("ten people are a bank too: with as many insiders and oddities as there are people for") {
  for (const int64_t people : {10, 13, 25, 39}) {
    for (const uint64_t seed : {1u, 2u, 3u}) {
      BankOptions options;
      options.people = people;
      options.seed = seed;
      options.fewer_insiders = true;
      const Bank bank = MakeBank(options);
      std::set<std::string> special;
      size_t insiders = 0;
      for (const Label& label : bank.labels()) {
        insiders += label.label == kInsider ? 1 : 0;
        if (label.kind != "reorganisation") CHECK(special.insert(label.user).second);
      }
      INFO(people << " people, seed " << seed);
      CHECK(insiders > 0);
      CHECK(insiders + bank.missing().size() == 12);
      CHECK(special.size() - insiders <= static_cast<size_t>(people / 4));
      CHECK_FALSE(LinesOf(bank).empty());
    }
  }
}

TEST_CASE("a visitor that has had enough ends the stream") {
  int seen = 0;
  const Status status =
      MakeBank(Small()).ForEachEvent([&](Timestamp, std::string_view, std::string_view) {
        return ++seen < 3 ? Status::Ok() : Status::Unavailable("enough");
      });
  CHECK(status.message() == "enough");
  CHECK(seen == 3);
}

}  // namespace
}  // namespace bongsu
