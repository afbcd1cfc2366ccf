// Configurations change under load, at one place in each partition: what went out is what a replay
// of the topic makes of it, whoever crashed meanwhile.
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

// The tables of a case; the variable is as it was afterwards.
class Tables final {
 public:
  explicit Tables(std::string directory) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
    for (const char* file : {"resources.csv", "approvals.csv"}) {
      WriteFile(directory_ + "/" + file,
                ReadFile(std::string(BONGSU_SOURCE_DIR) + "/deploy/config/tables/" + file));
    }
    PeopleInLondon(0);
    ::setenv("BONGSU_TABLES", directory_.c_str(), 1);
  }
  ~Tables() { ::unsetenv("BONGSU_TABLES"); }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  // So many of a hundred people: they work at other hours.
  void PeopleInLondon(uint64_t percent) const {
    std::set<std::string> users;
    for (const auto& [user, line] : GeneratedEvents()) users.insert(user);
    std::string csv = "user_id,from,department,role,peer_group,branch,shift\n";
    for (const std::string& user : users)
      csv += StrCat(user, ",,,,,", Hash64(user) % 100 < percent ? "london" : "seoul", ",\n");
    WriteFile(directory_ + "/people.csv", csv);
  }

 private:
  const std::string directory_;
};

const std::string kFirst = std::string(kManyAlerts) +
                           "features:\n"
                           "  - {name: rows_today, sum: rows, window: 6h}\n"
                           "  - {name: views_today, count: {action: VIEW}, window: 6h}\n"
                           "detect: [{ecod: {name: today, features: [rows_today, views_today]}}]\n";
// A window that changed, a feature gone, one come, and a detector that looks at them.
const std::string kSecond =
    "decide: {threshold: 35, cooldown: 10m}\n"
    "features:\n"
    "  - {name: rows_today, sum: rows, window: 12h}\n"
    "  - {name: exports_today, count: {action: EXPORT}, window: 6h}\n"
    "detect: [{ecod: {name: today, features: [rows_today, "
    "exports_today]}}]\n";

// Ingest, and three scorers of its first configuration.
class Deployment final {
 public:
  explicit Deployment(KafkaBroker* broker) : bench(broker, "versions"), ingest(Of("ingest")) {
    ingest.more = kFirst;
    bench.CreateTopics(ingest);
    REQUIRE(broker->CreateTopic("versions.source", kPartitions).ok());
    ingester = bench.Run(ingest, "ingest");
    for (const char* name : {"one", "two", "three"}) {
      scorers.push_back(Of(name));
      scorers.back().more = kFirst;
      programs.push_back(bench.Run(scorers.back(), "score"));
    }
  }
  // The next share of the events, of `of` shares.
  void Feed(size_t share, size_t of) {
    const auto& events = GeneratedEvents();
    std::vector<TestRecord> records;
    for (size_t i = events.size() * share / of; i < events.size() * (share + 1) / of; ++i)
      records.push_back({kByKey, 0, events[i].first, events[i].second, {}});
    REQUIRE(bench.broker().Produce("versions.source", records).ok());
    fed += static_cast<int64_t>(records.size());
  }
  void AwaitScored(int64_t records) {
    INFO(ingester->Output() << programs[0]->Output());
    REQUIRE(Eventually(
        kPatience, [&] { return bench.Passed("versions.score", "versions.events") > records; }));
  }
  void Change(const std::string& more) {
    ingest.more = more;
    bench.Configure(ingest);
    REQUIRE(ingester->Signal(SIGHUP));
  }
  void KillScorer(size_t which) {
    REQUIRE(programs[which]->Kill());
    programs[which] = bench.Run(scorers[which], "score");
  }
  void KillIngester() {
    REQUIRE(ingester->Kill());
    ingester = bench.Run(ingest, "ingest");
  }
  void AwaitAndEnd() {
    bench.AwaitLagZero("versions.ingest", "versions.source");
    bench.AwaitLagZero("versions.score", "versions.events");
    EndInOrder(*ingester);
    for (const auto& program : programs) EndInOrder(*program);
  }
  std::vector<std::string> VersionsIn(int32_t partition) {
    std::vector<std::string> digests;
    for (const TestRecord& record : bench.Read("versions.events")) {
      if (record.partition != partition) continue;
      for (const auto& [name, value] : record.headers) {
        if (name == "digest") digests.push_back(value);
      }
    }
    return digests;
  }
  Values Replay(const std::string& commit, std::string* output) {
    Setup setup = Of("replay");
    setup.more = kFirst;
    setup.commit = commit;
    const std::string path = bench.File("replayed.jsonl");
    const ProgramResult ran =
        bench.Do({"replay", "--from-topic", "--json", "--alerts", path}, setup);
    INFO(ran.output);
    REQUIRE(ran.exit_code == 0);
    *output = ran.output;
    return ReadReplayedAlerts(path);
  }

  Bench bench;
  Setup ingest;
  std::vector<Setup> scorers;
  std::unique_ptr<Program> ingester;
  std::vector<std::unique_ptr<Program>> programs;
  int64_t fed = 0;

 private:
  Setup Of(const std::string& name) const {
    Setup setup = bench.NewSetup(name);
    setup.commit = "{max_records: 400, interval: 20ms}";  // Many commits to crash between.
    return setup;
  }
};

std::set<std::string> Configurations(const Values& alerts) {
  const std::string member = "\"config_digest\":\"";
  std::set<std::string> digests;
  for (const auto& partition : alerts) {
    for (const std::string& alert : partition)
      digests.insert(alert.substr(alert.find(member) + member.size(), 64));
  }
  return digests;
}

size_t Count(const Values& alerts) {
  size_t count = 0;
  for (const auto& partition : alerts) count += partition.size();
  return count;
}

}  // namespace

TEST_CASE("two changes of the configuration under load and crashes: live is what replay makes") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  const TempDir folder;
  const Tables tables(folder.path());
  Deployment d(broker);
  d.Feed(0, 6);
  d.Feed(1, 6);
  d.AwaitScored(d.fed / 4);
  tables.PeopleInLondon(40);
  d.Change(kSecond);
  d.Feed(2, 6);
  d.KillScorer(0);  // About when the change comes; its file is the first one still.
  d.AwaitScored(d.fed / 2);
  d.KillScorer(1);
  d.Feed(3, 6);
  d.AwaitScored(d.fed * 3 / 4);
  tables.PeopleInLondon(0);
  d.Change(kFirst);  // The way back.
  d.KillIngester();
  d.Feed(4, 6);
  d.KillScorer(2);
  d.Feed(5, 6);
  d.AwaitAndEnd();

  const std::vector<std::string> versions = d.VersionsIn(0);
  REQUIRE(versions.size() == 3);
  CHECK(versions[0] == versions[2]);
  CHECK(versions[0] != versions[1]);
  for (int32_t partition = 1; partition < kPartitions; ++partition)
    CHECK(d.VersionsIn(partition) == versions);

  const Values live = d.bench.Alerts("versions");
  CHECK(Count(live) > 100);
  CHECK(Configurations(live) == std::set<std::string>{versions[0], versions[1]});
  std::string output;
  CHECK((d.Replay("", &output) == live));
  CHECK_THAT(output, Catch::Contains(
                         StrCat(R"("versions":[")", versions[0], R"(",")", versions[1], R"("])")));
  CHECK((d.Replay("{max_records: 97}", &output) == live));
  CHECK(d.bench.Read("versions.dead-letters").empty());
  std::string said;
  for (const auto& program : d.programs) said += program->Output();
  CHECK_THAT(said, Catch::Contains("is in force, not that of this process's file"));
  CHECK_THAT(said, !Catch::Contains("set aside"));

  // Every alert went out with its receipt, and one is made again from what the broker has.
  std::set<std::string> receipts;
  for (const TestRecord& record : d.bench.Read("versions.receipts")) {
    if (record.key.starts_with("receipt/")) CHECK(receipts.insert(record.key).second);
  }
  CHECK(receipts.size() == Count(live));
  const auto& partition =
      *std::find_if(live.begin(), live.end(), [](const auto& alerts) { return !alerts.empty(); });
  for (const std::string& alert : {partition.front(), partition.back()}) {
    WriteFile(d.bench.File("alert.json"), alert);
    const ProgramResult made = d.bench.Do({"reproduce", d.bench.File("alert.json")}, d.ingest);
    INFO(made.output);
    CHECK(made.exit_code == 0);
  }
}

}  // namespace bongsu::e2e
