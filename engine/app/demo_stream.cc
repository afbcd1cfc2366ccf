#include "engine/app/demo_stream.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/io/file/json_lines_writer.h"
#include "engine/json/writer.h"

namespace bongsu {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 4> kKinds = {"off_hours_export", "stolen_credentials",
                                                    "mass_download", "snooping"};
constexpr int kInsidersOfAKind = 2;
constexpr uint64_t kResources = 600, kDepartments = 8;
constexpr int kSeoul = 9;  // Hours ahead of UTC; no daylight saving.

struct DemoEvent {
  Timestamp time;
  int person = 0;
  std::string_view action, result = "SUCCESS", country = "KR";
  uint64_t resource = 0, device = 0, address = 0;
  int64_t rows = 0;
};

// One person's habits, all of them functions of the seed.
struct Person {
  uint64_t department, device, address;
  int start_minute, end_minute;  // Of the day, local.
  double actions_a_day;
  std::vector<uint64_t> resources;  // The first ones are used most.
};

class Bank {
 public:
  explicit Bank(const DemoOptions& options) : options_(options), random_(options.seed) {
    for (int i = 0; i < options.people; ++i) people_.push_back(MakePerson());
  }

  std::vector<DemoEvent> Live(DemoBank* bank) {
    for (int day = 0; day < options_.days; ++day) {
      for (int person = 0; person < options_.people; ++person) LiveADay(day, person);
    }
    for (size_t kind = 0; kind < kKinds.size(); ++kind) {
      for (int i = 0; i < kInsidersOfAKind; ++i) PlantOne(kind, i, bank);
    }
    std::stable_sort(events_.begin(), events_.end(),
                     [](const DemoEvent& a, const DemoEvent& b) { return a.time < b.time; });
    return std::move(events_);
  }

 private:
  Person MakePerson() {
    Person p{random_.Below(kDepartments),
             random_.Next() % 100'000,
             random_.Below(60'000),
             510 + static_cast<int>(random_.Below(50)),
             1050 + static_cast<int>(random_.Below(60)),
             12 + 30 * random_.Unit(),
             {}};
    for (int i = 0; i < 14; ++i) {
      p.resources.push_back(p.department * (kResources / kDepartments) +
                            random_.Below(kResources / kDepartments));
    }
    return p;
  }

  static Timestamp At(int day, double minute) {
    return std::chrono::sys_days(std::chrono::year(2026) / 3 / 2) + hours(24 * day - kSeoul) +
           std::chrono::duration_cast<Duration>(
               std::chrono::duration<double, std::ratio<60>>(minute));
  }

  DemoEvent& Add(Timestamp time, int person, std::string_view action) {
    const Person& p = people_[static_cast<size_t>(person)];
    DemoEvent event;
    event.time = std::chrono::floor<std::chrono::milliseconds>(time);
    event.person = person;
    event.action = action;
    event.device = p.device;
    event.address = p.address;
    const double u = random_.Unit();
    event.resource =
        p.resources[static_cast<size_t>(u * u * static_cast<double>(p.resources.size()))];
    events_.push_back(event);
    return events_.back();
  }

  void LiveADay(int day, int person) {
    const Person& p = people_[static_cast<size_t>(person)];
    const bool weekend = day % 7 >= 5;
    if (random_.Unit() < (weekend ? 0.97 : 0.06)) return;  // Not at work.
    const double start = p.start_minute + 20 * random_.Unit();
    const double overtime = random_.Unit() < 0.08 ? 150 * random_.Unit() : 20 * random_.Unit();
    const double end = p.end_minute + overtime;
    if (random_.Unit() < 0.04) Add(At(day, start - 0.3), person, "LOGIN").result = "FAIL";
    Add(At(day, start), person, "LOGIN");
    const int actions =
        static_cast<int>(p.actions_a_day * (0.6 + 0.8 * random_.Unit()) * (weekend ? 0.3 : 1));
    for (int i = 0; i < actions; ++i) {
      const double u = random_.Unit();
      const std::string_view action = u < 0.70   ? "VIEW"
                                      : u < 0.90 ? "UPDATE"
                                      : u < 0.95 ? "CREATE"
                                      : u < 0.97 ? "DELETE"
                                                 : "EXPORT";
      DemoEvent& event = Add(At(day, start + (end - start) * random_.Unit()), person, action);
      event.rows = 1 + static_cast<int64_t>((action == "EXPORT" ? 400 : 30) * random_.Unit() *
                                            random_.Unit());
      if (random_.Unit() < 0.01) event.result = "DENY";
    }
    Add(At(day, end + 1), person, "LOGOUT");
  }

  void PlantOne(size_t kind, int number, DemoBank* bank) {
    const int person =
        (static_cast<int>(kind) * kInsidersOfAKind + number) * (options_.people / 9) + 5;
    int day = options_.days - 4 + static_cast<int>(random_.Below(4));
    if (day % 7 >= 5) day -= 3;
    const double minute =
        kind == 0 ? 24 * 60 + 70 : 13 * 60 + 30;  // The night after, or early afternoon.
    const size_t first = events_.size();
    switch (kind) {
      case 0:
        Export(day, minute, person);
        break;
      case 1:
        Steal(day, minute, person);
        break;
      case 2:
        Download(day, minute, person);
        break;
      default:
        Snoop(day, minute, person);
    }
    Planted planted{std::string(kKinds[kind]), events_[first].time, events_.back().time};
    bank->planted.emplace(UserName(person), std::move(planted));
  }

  void Export(int day, double minute, int person) {
    Add(At(day, minute), person, "LOGIN");
    for (int i = 1; i <= 45; ++i) {
      DemoEvent& event = Add(At(day, minute + i * 1.7), person, "EXPORT");
      event.rows = 20'000 + static_cast<int64_t>(random_.Below(60'000));
    }
  }

  void Steal(int day, double minute, int person) {
    for (int i = 0; i < 70; ++i) {
      DemoEvent& event = Add(At(day, minute + i * 0.6), person, i < 10 ? "LOGIN" : "VIEW");
      if (i < 9) event.result = "FAIL";
      event.country = "RO";
      event.device = 900'000 + static_cast<uint64_t>(person);
      event.address = 90'000 + static_cast<uint64_t>(person);
      if (i >= 10) event.resource = random_.Below(kResources);
      event.rows = 200;
    }
  }

  void Download(int day, double minute, int person) {
    for (int i = 0; i < 160; ++i) {
      DemoEvent& event = Add(At(day, minute + i * 0.4), person, "DOWNLOAD");
      event.resource = random_.Below(kResources);
      event.rows = 500 + static_cast<int64_t>(random_.Below(4'000));
    }
  }

  void Snoop(int day, double minute, int person) {
    for (int i = 0; i < 110; ++i) {
      DemoEvent& event = Add(At(day, minute + i * 0.9), person, "VIEW");
      event.resource = (event.resource + kResources / 2 + random_.Below(200)) % kResources;
      if (random_.Unit() < 0.35) event.result = "DENY";
      event.rows = 5;
    }
  }

 public:
  static std::string UserName(int person) {
    char name[16];
    std::snprintf(name, sizeof(name), "u%05d", person);
    return name;
  }

  void Write(const DemoEvent& event, int64_t number, std::string* line) const {
    line->clear();
    JsonWriter json(line);
    json.BeginObject()
        .Key("event_id")
        .String(StrCat("demo-", number))
        .Key("time")
        .Int(ToMillis(event.time));
    json.Key("user_id").String(UserName(event.person)).Key("action").String(event.action);
    json.Key("result").String(event.result).Key("source").String("demo");
    if (event.action != "LOGIN" && event.action != "LOGOUT") {
      json.Key("resource_id")
          .String(StrCat("table-", event.resource))
          .Key("resource_type")
          .String("TABLE");
      const uint64_t sensitivity = Mix64(event.resource) % 6 + (event.resource % 50 == 0 ? 4 : 0);
      json.Key("sensitivity").Int(static_cast<int64_t>(sensitivity));
    }
    const uint64_t a = event.address;
    json.Key("src_ip").String(StrCat("10.", a / 65'536, ".", a / 256 % 256, ".", a % 256));
    json.Key("device_id").String(StrCat("pc-", event.device)).Key("country").String(event.country);
    json.Key("department")
        .String(StrCat("dept-", people_[static_cast<size_t>(event.person)].department));
    if (event.rows > 0) json.Key("rows").Int(event.rows);
    json.EndObject();
  }

 private:
  const DemoOptions options_;
  SplitMix64 random_;
  std::vector<Person> people_;
  std::vector<DemoEvent> events_;
};

}  // namespace

Result<DemoBank> WriteDemoStream(const DemoOptions& options, const std::string& path) {
  Bank bank(options);
  DemoBank result;
  const std::vector<DemoEvent> events = bank.Live(&result);
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<JsonLinesWriter> writer,
                          JsonLinesWriter::Make(path));
  std::string line;
  for (const DemoEvent& event : events) {
    bank.Write(event, result.events++, &line);
    BONGSU_RETURN_IF_ERROR(writer->Append(line));
  }
  BONGSU_RETURN_IF_ERROR(writer->Finish());
  return result;
}

}  // namespace bongsu
