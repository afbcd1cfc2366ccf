// State is looked at, repaired and moved from outside, while the engine is stopped; and an engine
// does not start over topics that would lose something.
#include "engine/core/state.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "engine/core/topics.h"
#include "tests/e2e/fixture.h"
#include "tests/support/http_get.h"

namespace bongsu::e2e {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;
constexpr int kPeople = 20, kMore = 8;

std::string User(int n) {
  return StrCat("person", n);
}

std::string AccessEvent(int id, int user) {
  const int minute = id / kPeople;
  return StrCat(R"({"event_id":"e)", id, R"(","time":"2026-03-02T1)", minute / 60, ":",
                minute % 60 / 10, minute % 10, R"(:00+09:00","user_id":")", User(user),
                R"(","action":"VIEW","result":"SUCCESS","source":"db","resource_id":"t)", id % 7,
                R"(","rows":)", 10 + id % 90, "}");
}

void SendEvents(Bench& bench, int from, int to) {
  std::vector<TestRecord> records;
  for (int id = from; id < to; ++id) {
    records.push_back({kByKey, 0, User(id % kPeople), AccessEvent(id, id % kPeople), {}});
  }
  REQUIRE(bench.broker().Produce("state.source", records).ok());
}

ProgramResult State(Bench& bench, std::vector<std::string> words, const Setup& setup) {
  words.insert(words.begin(), "state");
  return bench.Do(std::move(words), setup);
}

std::string Good(const ProgramResult& result) {
  INFO(result.output);
  REQUIRE(result.exit_code == 0);
  return result.output;
}

// One line a person: kind and contents of each entry, timers apart.
std::map<int, std::string> Entries(Bench& bench, const Setup& setup, const std::string& where) {
  std::map<int, std::string> entries;
  for (int n = 0; n < kPeople; n += 11) {
    std::vector<std::string> words = {"inspect", "--json", "--raw", "--user", User(n)};
    if (!where.empty()) words.push_back(where);
    const std::string text = Good(State(bench, words, setup));
    for (size_t at = 0; (at = text.find("\"person\":[{", at)) != text.npos; ++at) {
      entries[n] += text.substr(at, text.find(']', at) - at);
    }
    CHECK_THAT(entries[n], Contains("\"kind\":\"u\""));
  }
  return entries;
}

std::vector<int64_t> Positions(Bench& bench, const std::string& topic) {
  const auto positions = bench.broker().Positions("state.score", topic);
  REQUIRE(positions.ok());
  return *positions;
}

// The last meta of a changelog partition, as a program that knows the format reads it.
Meta LastMeta(Bench& bench, const std::string& topic, int partition) {
  Meta meta;
  for (const TestRecord& record : bench.Read(topic)) {
    if (record.partition == partition && record.key == kMetaKey) meta = *DecodeMeta(*record.value);
  }
  return meta;
}

void Score(Bench& bench, const Setup& setup) {
  const auto engine = bench.Run(setup, "ingest,score");
  bench.AwaitLagZero("state.ingest", "state.source");
  bench.AwaitLagZero("state.score", setup.prefix + ".events");
  EndInOrder(*engine);
}

void LooksFromOutside(Bench& bench, const Setup& setup) {
  std::string text;
  CHECK(Eventually(kPatience, [&] {  // What is written reaches the disk a little later.
    text = Good(State(bench, {"inspect"}, setup));
    for (int p = 0; p < kPartitions; ++p) {
      if (text.find(StrCat("state.events-", p, ": starts at once at ")) == text.npos) return false;
    }
    return true;
  }));
  CHECK_THAT(text, Contains(", lag 0;") && !Contains("person1"));
  const std::string broker = Good(State(bench, {"inspect", "--from-changelog"}, setup));
  CHECK_THAT(broker, Contains("state.events-3: reads at most "));
  // What is kept of people is the same on disk and in the changelog.
  CHECK(Entries(bench, setup, "") == Entries(bench, setup, "--from-changelog"));
}

// Retention is faster than a stopped engine.
void GoesOverAGap(Bench& bench, const Setup& setup) {
  const int64_t stood = Positions(bench, "state.events")[0];
  std::vector<TestRecord> unread(5, {0, 0, User(0), AccessEvent(1, 0), {}});
  REQUIRE(bench.broker().Produce("state.events", unread).ok());
  const int64_t start = stood + 3;
  REQUIRE(bench.broker().DeleteRecordsBefore("state.events", 0, start).ok());
  CHECK_THAT(Good(State(bench, {"inspect", "--partition", "0"}, setup)),
             Contains("were deleted before they were read; accept the gap with `bongsu state reset "
                      "--accept-gap --reason TEXT`"));
  const std::vector<std::string> accept = {"reset", "--accept-gap", "--reason", "disk swap \"7\""};
  CHECK(State(bench, {"reset"}, setup).exit_code == 2);
  const ProgramResult without = State(bench, {"reset", "--reason", "x", "--yes"}, setup);
  CHECK(without.exit_code == 1);
  CHECK_THAT(without.output, Contains("--accept-gap"));
  const ProgramResult asked = State(bench, accept, setup);
  CHECK(asked.exit_code == 2);
  CHECK_THAT(asked.output, Contains("add --yes"));
  CHECK(Positions(bench, "state.events")[0] == stood);
  CHECK(bench.Read("state.decisions").empty());

  std::vector<std::string> yes = accept;
  yes.push_back("--yes");
  // A leftover: partition 2 has the store of partition 1, which is ahead of it.
  const fs::path stores = bench.DataDir("engine") + "/state";
  REQUIRE(Positions(bench, "state.events")[1] > Positions(bench, "state.events")[2]);
  fs::remove_all(stores / "state.events-2");
  fs::copy(stores / "state.events-1", stores / "state.events-2", fs::copy_options::recursive);
  CHECK_THAT(Good(State(bench, yes, setup)), Contains(StrCat("goes from ", stood, " to ", start)) &&
                                                 Contains("partition 2: the group stays at ") &&
                                                 Contains("is set aside"));
  CHECK(fs::exists(stores / "state.events-2.corrupt-1"));
  CHECK_FALSE(fs::exists(stores / "state.events-2"));
  CHECK(Positions(bench, "state.events")[0] == start);
  CHECK(LastMeta(bench, "state.changelog", 0).next == start);
  const std::vector<TestRecord> record = bench.Read("state.decisions");
  REQUIRE(record.size() == 1);
  CHECK_THAT(*record[0].value, Contains(R"("kind":"state_reset")") &&
                                   Contains(R"("reason":"disk swap \"7\"")") &&
                                   Contains(StrCat(R"({"partition":0,"from":)", stood, R"(,"to":)",
                                                   start, R"(,"skipped":)")));
  CHECK_THAT(Good(State(bench, yes, setup)), !Contains("recorded"));  // Nothing is left to do.
}

// As the release before would have left partition 1.
void Finalizes(Bench& bench, const Setup& setup) {
  Meta meta = LastMeta(bench, "state.changelog", 1);
  meta.format = kOldestMetaFormat;
  REQUIRE(bench.broker().Produce("state.changelog", 1, kMetaKey, EncodeMeta(meta)).ok());
  CHECK_THAT(Good(State(bench, {"finalize"}, setup)),
             Contains("1 partition(s) raised to format 2; 3 "
                      "had it, 0 hold no state yet"));
  CHECK(LastMeta(bench, "state.changelog", 1).format == kMetaFormat);
  CHECK(LastMeta(bench, "state.changelog", 1).next == meta.next);
  CHECK_THAT(Good(State(bench, {"finalize"}, setup)), Contains("0 partition(s) raised"));
}

// A group with a member that stays.
class BusyGroup {
 public:
  explicit BusyGroup(Bench& bench) {
    Setup setup = bench.NewSetup("busy");
    setup.prefix = "busy";
    bench.CreateTopics(setup);
    engine_ = bench.Run(setup, "score");
    const uint16_t port = OpsPort(*engine_);
    REQUIRE(Eventually(kPatience, [&] { return HttpGet(port, "/readyz").code == 200; }));
    finalize_ = std::make_unique<Program>(
        ProgramOptions{{BONGSU_PROGRAM, "state", "finalize", "-c", bench.Configure(setup)},
                       bench.File("busy.out"),
                       {},
                       false,
                       {}});
  }
  void IsRefused() {
    CHECK(finalize_->Wait(seconds(30)) == 1);
    CHECK_THAT(finalize_->Output(), Contains("1 member(s) in group busy.score") &&
                                        Contains("stop every engine of this group first"));
    EndInOrder(*engine_);
  }

 private:
  std::unique_ptr<Program> engine_, finalize_;
};

Setup MovesPeople(Bench& bench, const Setup& setup) {
  const std::map<int, std::string> before = Entries(bench, setup, "--from-changelog");
  const std::vector<std::string> words = {"reshard", "--partitions", StrCat(kMore), "--to-prefix",
                                          "wider"};
  const ProgramResult early = State(bench, words, setup);
  CHECK(early.exit_code == 1);
  CHECK_THAT(early.output,
             Contains("prefix: wider, partitions: 8") && Contains("bongsu topics create"));
  Setup wider = setup;
  wider.name = wider.prefix = "wider";
  wider.group = "state";
  wider.partitions = kMore;
  wider.sources = "sources: [{name: access, topic: state.source}]";
  bench.CreateTopics(wider);
  const std::string moved = Good(State(bench, words, setup));
  CHECK_THAT(moved, Contains("starts cold"));
  CHECK_THAT(moved, Contains("now start with kafka: {prefix: wider, partitions: 8}"));
  CHECK(Positions(bench, "wider.events") == std::vector<int64_t>(kMore, 0));
  CHECK(Entries(bench, wider, "--from-changelog") == before);
  for (const TestRecord& record : bench.Read("wider.changelog")) {
    if (!record.key.starts_with("u/")) continue;
    CHECK(record.partition == PartitionOf(record.key.substr(2), kMore));
  }
  const ProgramResult again = State(bench, words, setup);
  CHECK(again.exit_code == 1);
  CHECK_THAT(again.output, Contains("has been written to"));
  return wider;
}

}  // namespace

TEST_CASE(
    "state is inspected, reset, finalized and moved to more partitions, and scoring goes on") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "state");
  const Setup setup = bench.NewSetup("engine");
  bench.CreateTopics(setup);
  REQUIRE(broker->CreateTopic("state.source", kPartitions).ok());
  SendEvents(bench, 0, 40 * kPeople);
  std::optional<BusyGroup> busy;
  {
    const auto engine = bench.Run(setup, "ingest,score");
    bench.AwaitLagZero("state.ingest", "state.source");
    bench.AwaitLagZero("state.score", "state.events");
    busy.emplace(bench);
    LooksFromOutside(bench, setup);
    EndInOrder(*engine);
  }
  Finalizes(bench, setup);
  busy->IsRefused();
  GoesOverAGap(bench, setup);
  SendEvents(bench, 40 * kPeople, 41 * kPeople);
  Score(bench, setup);
  const Setup wider = MovesPeople(bench, setup);

  const auto engine = bench.Run(wider, "ingest,score");
  const uint16_t port = OpsPort(*engine);
  SendEvents(bench, 41 * kPeople - 5, 41 * kPeople + 3);  // Five of them once more.
  bench.AwaitLagZero("state.ingest", "state.source");
  bench.AwaitLagZero("state.score", "wider.events");
  CHECK(Eventually(kPatience, [&] {
    return Metric(port, "bongsu_events_scored_total") == 3 &&
           Metric(port, "bongsu_events_duplicate_total") == 5;
  }));
  EndInOrder(*engine);
}

TEST_CASE("an engine does not start over topics that would lose something") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "refused");
  const Setup setup = bench.NewSetup("engine");
  REQUIRE(broker->CreateTopic("refused.source", 1).ok());
  REQUIRE(broker->CreateTopic("refused.changelog", 4, {{"cleanup.policy", "delete"}}).ok());
  REQUIRE(broker
              ->CreateTopic("refused.user-risk", 4,
                            {{"cleanup.policy", "compact"}, {"delete.retention.ms", "1000"}})
              .ok());
  REQUIRE(broker->CreateTopic("refused.ingest-state", 2, {{"cleanup.policy", "compact"}}).ok());
  (void)bench.Do({"topics", "create"}, setup);  // The others.
  const auto engine = bench.Run(setup, "ingest,score");
  CHECK(engine->Wait(seconds(20)) == 1);
  const std::string output = engine->Output();
  for (const char* problem :
       {"refused.changelog: cleanup.policy is delete, expected compact; run: kafka-configs.sh",
        "refused.changelog: min.compaction.lag.ms is 0, expected at least 600000",
        "refused.user-risk: delete.retention.ms is 1000, expected at least",
        "refused.ingest-state: 2 partitions, expected 1"}) {
    CHECK_THAT(output, Contains(problem));
  }
  CHECK_THAT(output, !Contains("segment."));
  CHECK_THAT(output, !Contains("running "));
  CHECK_THAT(bench.Do({"topics", "check"}, setup).output, Contains("segment."));
}

TEST_CASE("an engine does not start over state of another partition count") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench bench(broker, "recount");
  const Setup setup = bench.NewSetup("engine");
  bench.CreateTopics(setup);
  REQUIRE(broker->CreateTopic("recount.source", 1).ok());
  const TestRecord meta{2, 0, std::string(kMetaKey), EncodeMeta(Meta()), {{"partitions", "3"}}};
  REQUIRE(broker->Produce("recount.changelog", {meta}).ok());
  const auto engine = bench.Run(setup, "ingest,score");
  CHECK(engine->Wait(seconds(20)) == 1);
  CHECK_THAT(engine->Output(), Contains("made with 3") && Contains("bongsu state reshard"));
}

}  // namespace bongsu::e2e
