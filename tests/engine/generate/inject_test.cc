#include "engine/generate/inject.h"

#include <catch2/catch.hpp>
#include <memory>
#include <numeric>

#include "engine/base/strings.h"
#include "tests/engine/generate/seen.h"

namespace bongsu {
namespace {

class Memory final : public LineReader {
 public:
  explicit Memory(const std::vector<std::string>& lines) : lines_(lines) {}
  Result<bool> Next(std::string_view* line) override {
    if (at_ == lines_.size()) return false;
    *line = lines_[at_++];
    return true;
  }

 private:
  const std::vector<std::string>& lines_;
  size_t at_ = 0;
};

// `lines` must outlive what reads them.
LineFile File(std::string name, const std::vector<std::string>& lines) {
  return {std::move(name), [&lines]() -> Result<std::unique_ptr<LineReader>> {
            return std::unique_ptr<LineReader>(new Memory(lines));
          }};
}

// A log of a bank in which nothing odd happens.
const std::vector<std::string>& TheLog() {
  static const std::vector<std::string> lines = [] {
    BankOptions options;
    options.people = 200;
    options.days = 30;
    options.seed = 5;
    options.insiders_of_a_kind = 0;
    options.oddities = false;
    return LinesOf(MakeBank(options));
  }();
  return lines;
}

Injection Inject(const PlantOptions& options, std::vector<LineFile> files) {
  Result<Injection> injection = Injection::Make(options, std::move(files));
  if (!injection.ok()) FAIL(injection.status().message());
  return *std::move(injection);
}

std::string ErrorOf(const std::vector<std::string>& lines) {
  const Result<Injection> injection = Injection::Make({}, {File("log.jsonl", lines)});
  REQUIRE_FALSE(injection.ok());
  CHECK(injection.status().code() == Code::kInvalid);
  return injection.status().message();
}

// The lines that are not of the log, which must all be there, in their order.
std::vector<Seen> Added(const std::vector<std::string>& log,
                        const std::vector<std::string>& mixed) {
  JsonReader reader;
  std::vector<Seen> added;
  size_t at = 0;
  for (const std::string& line : mixed) {
    if (at < log.size() && line == log[at]) {
      ++at;
    } else {
      added.push_back(Read(reader, line));
    }
  }
  CHECK(at == log.size());
  return added;
}

// The log without the members of that name.
std::vector<std::string> Without(std::vector<std::string> lines, std::string_view member) {
  for (std::string& line : lines) {
    const size_t from = line.find(StrCat(",\"", member, "\":"));
    if (from == std::string::npos) continue;
    line.erase(from, std::min(line.find(",\"", from + 1), line.size() - 1) - from);
  }
  return lines;
}

TEST_CASE("insiders are planted in a log, whose lines stay as they are and in order") {
  PlantOptions options;
  options.effects = {3};
  const Injection injection = Inject(options, {File("log.jsonl", TheLog())});
  CHECK(injection.missing() == std::vector<std::string>{});
  CHECK(injection.labels().size() == 12);
  const std::vector<std::string> mixed = LinesOf(injection);
  const std::vector<Seen> added = Added(TheLog(), mixed);
  std::map<std::string, std::vector<Seen>> by_user;
  for (const Seen& seen : added) by_user[seen.user].push_back(seen);
  CHECK(by_user.size() == 12);
  for (const Label& label : injection.labels()) {
    INFO(label.user << " " << label.kind);
    CHECK(label.effect == 3);
    REQUIRE(by_user.count(label.user) == 1);
    CHECK(by_user[label.user].front().time == label.from);
    CHECK(by_user[label.user].back().time == label.to);
  }
  const std::vector<Seen> all = ReadAll(mixed);
  CHECK(std::is_sorted(all.begin(), all.end(),
                       [](const Seen& a, const Seen& b) { return a.time < b.time; }));
  std::set<std::string> ids;
  for (const Seen& seen : all) ids.insert(seen.line.substr(0, seen.line.find(",\"time\"")));
  CHECK(ids.size() == all.size());
  CHECK(Same(LinesOf(Inject(options, {File("log.jsonl", TheLog())})), mixed));
  options.seed = 2;
  CHECK_FALSE(Same(LinesOf(Inject(options, {File("log.jsonl", TheLog())})), mixed));
}

TEST_CASE("the effect in a log is a multiple of what is normal in the log") {
  PlantOptions options;
  options.effects = {1.2, 10};
  const Injection injection = Inject(options, {File("log.jsonl", TheLog())});
  const std::vector<Seen> added = Added(TheLog(), LinesOf(injection));
  const std::vector<Seen> log = ReadAll(TheLog());
  int exports = 0;
  for (const Label& label : injection.labels()) {
    if (label.kind != "off_hours_export") continue;
    double rows = 0;
    for (const Seen& seen : added) rows += seen.user == label.user ? seen.rows : 0;
    std::vector<Seen> life;
    std::copy_if(log.begin(), log.end(), std::back_inserter(life),
                 [&](const Seen& seen) { return seen.user == label.user; });
    const double busy = RankOf(Totals(life, DayOf(label.from),
                                      [](const Seen& seen) { return seen.took() ? seen.rows : 0; }),
                               0.9);
    CHECK(rows == Approx(label.effect * busy).margin(1));
    ++exports;
  }
  CHECK(exports == 2);
}

TEST_CASE("several files are one log in the order of time") {
  std::vector<std::string> even, odd;
  for (size_t i = 0; i < TheLog().size(); ++i) (i % 2 == 0 ? even : odd).push_back(TheLog()[i]);
  const PlantOptions options;
  auto whole = LinesOf(Inject(options, {File("log", TheLog())}));
  auto merged = LinesOf(Inject(options, {File("even", even), File("odd", odd)}));
  const std::vector<Seen> seen = ReadAll(merged);
  CHECK(std::is_sorted(seen.begin(), seen.end(),
                       [](const Seen& a, const Seen& b) { return a.time < b.time; }));
  std::sort(whole.begin(), whole.end());  // What happens at once may be swapped.
  std::sort(merged.begin(), merged.end());
  CHECK(Same(whole, merged));
}

TEST_CASE(
    "lines come out byte for byte: spaces, unknown members, late events, other time formats") {
  std::vector<std::string> log = TheLog();
  std::swap(log[100], log[5000]);
  log[2000].insert(1, " \t\"extra\" : [1, {\"a\":null}] , ");
  const std::string own_time =
      "{\"time\":\"2026-03-20T10:00:00.5+09:00\",\"event_id\":\"x\",\"user_id\":\"김 \\u0041\","
      "\"action\":\"VIEW\"}";
  log.insert(log.begin() + 3000, own_time);
  const std::vector<std::string> mixed = LinesOf(Inject({}, {File("log", log)}));
  const std::set<std::string, std::less<>> before(log.begin(), log.end());
  std::vector<std::string> kept;
  for (const std::string& line : mixed) {
    if (before.count(line) != 0) kept.push_back(line);
  }
  CHECK(Same(kept, log));
  CHECK(mixed.size() > log.size());
}

TEST_CASE("what the events lack is not planted, and said") {
  const auto [member, kinds] = GENERATE(table<std::string, std::vector<std::string>>({
      {"device_id", {"stolen_credentials"}},
      {"country", {"stolen_credentials"}},
      {"department", {"snooping"}},
      {"resource_id",
       {"off_hours_export", "slow_collection", "stolen_credentials", "snooping", "privilege_abuse",
        "mass_download"}},
  }));
  INFO(member);
  const std::vector<std::string> log = Without(TheLog(), member);
  const Injection injection = Inject({}, {File("log", log)});
  REQUIRE(injection.missing().size() == kinds.size());
  for (size_t i = 0; i < kinds.size(); ++i) {
    CHECK(injection.missing()[i].starts_with(kinds[i] + ": the events lack"));
  }
  CHECK(injection.labels().size() == 2 * (kInsiderKinds.size() - kinds.size()));
  for (const Seen& seen : Added(log, LinesOf(injection))) {
    if (seen.line.find(StrCat("\"", member, "\"")) != std::string::npos) FAIL(seen.line);
  }
}

TEST_CASE("a log too short or too small for a kind says so") {
  const std::vector<std::string> few(TheLog().begin(), TheLog().begin() + 200);
  const Injection injection = Inject({}, {File("log", few)});
  CHECK(injection.labels().empty());
  CHECK_FALSE(injection.missing().empty());
  CHECK(Added(few, LinesOf(injection)).empty());
}

TEST_CASE("what is no event is refused with file and record") {
  const std::string good = R"({"event_id":"1","time":1772407207204,"user_id":"u","action":"VIEW"})";
  const auto [bad, why] = GENERATE(table<std::string, std::string>({
      {"", "expected one complete JSON value"},
      {"[1]", "expected a JSON object"},
      {"{\"event_id\":\"1\"", "expected one complete JSON value"},
      {"\xff\xfe", "expected"},
      {std::string("{\"a\":\0}", 7), "expected"},
      {R"({"event_id":"1","user_id":"u","action":"VIEW"})", "time: expected, and missing"},
      {R"({"event_id":"1","time":1772407207204,"action":"VIEW"})", "user_id: expected"},
      {R"({"event_id":"1","time":1772407207204,"user_id":"u"})", "action: expected"},
      {R"({"time":1772407207204,"user_id":"u","action":"VIEW"})", "event_id: expected"},
      {R"({"event_id":7,"time":1772407207204,"user_id":"u","action":"VIEW"})", "event_id: "},
      {R"({"event_id":"1","time":1772407207204,"user_id":7,"action":"VIEW"})", "user_id: "},
      {R"({"event_id":"1","time":1772407207204,"user_id":"","action":"VIEW"})", "user_id: "},
      {R"({"event_id":"1","time":1772407207,"user_id":"u","action":"VIEW"})", "time: expected"},
      {R"({"event_id":"1","time":9223372036854775807,"user_id":"u","action":"V"})", "time: "},
      {R"({"event_id":"1","time":-9223372036854775808,"user_id":"u","action":"V"})", "time: "},
      {R"({"event_id":"1","time":"noon","user_id":"u","action":"VIEW"})", "expected a time"},
      {R"({"event_id":"1","time":true,"user_id":"u","action":"VIEW"})", "time: expected"},
      {R"({"event_id":"1","time":1772407207204,"user_id":"u","action":"V","rows":-1})", "rows: "},
      {R"({"event_id":"1","time":1772407207204,"user_id":"u","action":"V","rows":1e300})",
       "rows: "},
      {R"({"event_id":"1","time":1772407207204,"user_id":"u","action":"V","action":"W"})",
       "expected each member once"},
  }));
  INFO(bad);
  const std::string error = ErrorOf({good, good, bad});
  CHECK(error.starts_with("log.jsonl: record 3: "));
  CHECK(error.find(why) != std::string::npos);
}

TEST_CASE("a log without events is refused, as are effects below 1") {
  CHECK(ErrorOf({}) == "--inject: the files hold no events");
  PlantOptions options;
  options.effects = {0.5};
  CHECK_FALSE(Injection::Make(options, {File("log", TheLog())}).ok());
}

TEST_CASE("a file that cannot be opened says so") {
  const LineFile missing{"gone", []() -> Result<std::unique_ptr<LineReader>> {
                           return Status::NotFound("gone: no such file");
                         }};
  const Result<Injection> injection = Injection::Make({}, {missing});
  REQUIRE_FALSE(injection.ok());
  CHECK(injection.status().message() == "gone: no such file");
}

}  // namespace
}  // namespace bongsu
