// From one release of a configuration to the next and back, on live state: what both know goes on
// with what it remembers, the rest begins anew, and nothing is lost.
#include <signal.h>

#include <filesystem>
#include <map>

#include "engine/base/strings.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

// Every event goes to the samples topic with the values of its features.
const std::string kEverything = "decide: {threshold: 100, sampled: 1}\n";
const std::string kOld = kEverything +
                         "features:\n"
                         "  - {name: all, count: {}, window: 30d}\n"
                         "  - {name: removed, count: {action: VIEW}, window: 30d}\n"
                         "  - {name: views, count: {action: VIEW}, window: 20d}\n"
                         "  - {name: recent, count: {}, window: 10d}\n"
                         "detect: [{ecod: {name: old, features: [all, views]}}]\n";
// One removed, one renamed, one with another window, one more before all others.
const std::string kNew = kEverything +
                         "features:\n"
                         "  - {name: added, count: {}, window: 15d}\n"
                         "  - {name: looks, count: {action: VIEW}, window: 20d}\n"
                         "  - {name: recent, count: {}, window: 12d}\n"
                         "  - {name: all, count: {}, window: 30d}\n"
                         "detect: [{ecod: {name: old, features: [all, added]}}]\n";

class Upgrade final {
 public:
  explicit Upgrade(KafkaBroker* broker)
      : bench_(broker, "upgrade"), ingest_(bench_.NewSetup("ingest")) {
    ingest_.more = kOld;
    bench_.CreateTopics(ingest_);
    REQUIRE(broker->CreateTopic("upgrade.source", kPartitions).ok());
    ingester_ = bench_.Run(ingest_, "ingest");
    StartScorer("one", kOld);
  }
  ~Upgrade() { ::unsetenv("BONGSU_TABLES"); }

  void StartScorer(const std::string& name, const std::string& more) {
    scorer_.reset();  // Killed.
    Setup setup = bench_.NewSetup(name);
    setup.more = more;
    scorer_ = bench_.Run(setup, "score");
  }
  void WipeAndStart(const std::string& name, const std::string& more) {
    scorer_.reset();
    std::filesystem::remove_all(bench_.DataDir(name) + "/state");
    StartScorer(name, more);
  }
  // A file with a mistake in it changes nothing, and is said to be one.
  void ChangeInVain(const std::string& more) {
    ingest_.more = more;
    bench_.Configure(ingest_);
    REQUIRE(ingester_->Signal(SIGHUP));
    const std::string refused = "reload refused, the running configuration stays in force";
    REQUIRE(Eventually(kPatience,
                       [&] { return ingester_->Output().find(refused) != std::string::npos; }));
    CHECK(Metric(OpsPort(*ingester_), "bongsu_config_last_reload_successful") == 0);
  }
  void Change(const std::string& more) {
    ingest_.more = more;
    bench_.Configure(ingest_);
    const size_t before = Versions();
    REQUIRE(ingester_->Signal(SIGHUP));
    REQUIRE(Eventually(kPatience, [&] { return Versions() > before; }));
  }
  // So many events of the person, a minute apart.
  void Send(const std::string& user, int events) {
    std::vector<TestRecord> records;
    for (int i = 0; i < events; ++i) {
      ++sent_;
      records.push_back({kByKey,
                         0,
                         user,
                         StrCat(R"({"event_id":"e)", sent_, R"(","time":)",
                                1'772'409'600'000 + sent_ * 60'000, R"(,"user_id":")", user,
                                R"(","action":"VIEW","result":"SUCCESS","source":"db"})"),
                         {}});
    }
    REQUIRE(bench_.broker().Produce("upgrade.source", records).ok());
    bench_.AwaitLagZero("upgrade.ingest", "upgrade.source");
    bench_.AwaitLagZero("upgrade.score", "upgrade.events");
  }
  // The features of the person's last event, and how many events there are of all.
  std::string Last(const std::string& user) {
    std::string last;
    // What a position has passed can be read a moment later.
    REQUIRE(
        Eventually(kPatience, [&] { return bench_.broker().Settled("upgrade.samples").value(); }));
    count_ = 0;
    for (const TestRecord& record : bench_.Read("upgrade.samples")) {
      ++count_;
      if (record.key == user) last = record.value.value_or("");
    }
    const std::string member = "\"features\":";
    const size_t at = last.find(member);
    REQUIRE(at != std::string::npos);
    return last.substr(at + member.size(), last.find('}', at) + 1 - at - member.size());
  }
  int64_t sent() const { return sent_; }
  int64_t scored() const { return count_; }
  void End() {
    EndInOrder(*ingester_);
    EndInOrder(*scorer_);
    for (const char* name : {"one", "two"}) {
      const std::string state = bench_.DataDir(name) + "/state";
      if (!std::filesystem::exists(state)) continue;
      for (const auto& entry : std::filesystem::directory_iterator(state))
        CHECK_THAT(entry.path().string(), !Catch::Contains("corrupt"));
    }
    CHECK(bench_.Read("upgrade.dead-letters").empty());
  }

 private:
  size_t Versions() {
    size_t versions = 0;
    for (const TestRecord& record : bench_.Read("upgrade.events")) {
      for (const auto& [name, value] : record.headers) versions += name == "digest" ? 1 : 0;
    }
    return versions;
  }

  Bench bench_;
  Setup ingest_;
  std::unique_ptr<Program> ingester_, scorer_;
  int64_t sent_ = 0, count_ = 0;
};

}  // namespace

TEST_CASE("N to N+1 to N on live state: no wipe, no loss, and real memory where both have it") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  ::setenv("BONGSU_TABLES", (std::string(BONGSU_SOURCE_DIR) + "/deploy/config/tables").c_str(), 1);
  Upgrade u(broker);
  u.Send("kim", 10);
  u.Send("lee", 5);
  const auto has = [](const std::string& features, const std::string& part) {
    INFO(features);
    CHECK(features.find(part) != std::string::npos);
  };
  has(u.Last("kim"), R"("all":10,"removed":10,"views":10,"recent":10)");

  u.ChangeInVain(kOld + "detekt: []\n");
  u.Change(kNew);
  u.Send("kim", 10);
  std::string kim = u.Last("kim");
  has(kim, R"("added":10,"looks":10,"recent":10,"all":20)");
  CHECK(kim.find("removed") == std::string::npos);

  u.StartScorer("one", kNew);  // Killed; its file is now that of the version in force,
  u.Send("kim", 1);
  has(u.Last("kim"), R"("added":11,"looks":11,"recent":11,"all":21)");
  u.WipeAndStart("one", kOld);  // and then the old one again, without a disk.
  u.Send("kim", 1);
  has(u.Last("kim"), R"("added":12,"looks":12,"recent":12,"all":22)");
  u.StartScorer("two", kOld);  // Another host takes over.
  u.Send("kim", 1);
  has(u.Last("kim"), R"("added":13,"looks":13,"recent":13,"all":23)");

  u.Change(kOld);
  u.Send("kim", 10);
  has(u.Last("kim"), R"("all":33,"removed":10,"views":10,"recent":10)");
  u.Send("lee", 1);  // Was not seen in between, and has lost nothing.
  has(u.Last("lee"), R"("all":6,"removed":6,"views":6,"recent":6)");
  CHECK(u.scored() == u.sent());
  u.End();
}

}  // namespace bongsu::e2e
