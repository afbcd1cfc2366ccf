// A million events of a bank, scored three times from the same bongsu.events: batch size, sudden
// ends and the log behind change no byte of the alerts nor of people's risk.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <numeric>
#include <thread>

#include "engine/app/trial.h"
#include "engine/app/visit_records.h"
#include "engine/app/wiring.h"
#include "engine/base/random.h"
#include "engine/base/strings.h"
#include "engine/crypto/digest.h"
#include "engine/generate/bank.h"
#include "engine/telemetry/metrics.h"
#include "tests/e2e/fixture.h"

namespace bongsu::e2e {
namespace {

constexpr seconds kLongPatience{300};

// Digests of the records of each partition, in order: key, value and headers, but for who wrote
// them and in which transaction, which differs between logs by its nature.
using Prints = std::vector<std::vector<std::string>>;
struct Results {
  Prints alerts, risks;
  int64_t passed = 0;  // Records that the last process scored.
};

class Print final {
 public:
  void Add(std::string_view bytes) { text_ += StrCat(bytes.size(), ":", bytes); }
  void AddHeader(std::string_view name, std::string_view value) {
    if (name == kTransactionHeader) return;
    Add(name);
    Add(value);
  }
  std::string Digest() const { return Sha256Hex(text_); }

 private:
  std::string text_;
};

size_t Count(const Prints& prints) {
  size_t count = 0;
  for (const auto& partition : prints) count += partition.size();
  return count;
}

// Where two results part, for the message of a failure.
std::string Difference(const Prints& a, const Prints& b) {
  for (size_t p = 0; p < a.size(); ++p) {
    const auto [x, y] = std::mismatch(a[p].begin(), a[p].end(), b[p].begin(), b[p].end());
    if (x != a[p].end() || y != b[p].end()) {
      return StrCat("partition ", p, " from record ", x - a[p].begin(), " of ", a[p].size(),
                    " and ", b[p].size());
    }
  }
  return "none";
}

class Variable final {  // Of the environment, as long as this lives.
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

#ifdef __SANITIZE_ADDRESS__
constexpr int kDays = 12;
#else
constexpr int kDays = 54;  // A million events.
#endif

EngineConfig Load(Bench& bench, const Setup& setup) {
  Problems problems;
  const Result<EngineConfig> config =
      LoadEngineConfig(bench.Configure(setup), ProcessEnvironment(), &problems);
  INFO(problems.Format());
  REQUIRE(config.ok());
  REQUIRE(problems.empty());
  return *config;
}

// One process on the embedded log, without a service around it.
struct Engine {
  explicit Engine(const EngineConfig& config)
      : metrics("test"),
        wiring(Wiring::Make(
            {config, clock, metrics, [](std::string_view, std::string_view) {}, true})) {}
  const SystemClock clock;
  PrometheusMetrics metrics;
  Result<std::unique_ptr<Wiring>> wiring;
};

Status WorkToEnd(Worker& worker) {
  for (bool did = true; did || !worker.Idle();) {
    BONGSU_ASSIGN_OR_RETURN(did, worker.Step());
  }
  return Status::Ok();
}

// Writes bongsu.events and nothing more.
Status Ingest(const EngineConfig& config) {
  Engine engine(config);
  BONGSU_RETURN_IF_ERROR(engine.wiring.status());
  BONGSU_ASSIGN_OR_RETURN(std::vector<RoleWorker> workers, (*engine.wiring)->NewIngestWorkers());
  for (RoleWorker& role : workers) {
    BONGSU_RETURN_IF_ERROR(WorkToEnd(*role.worker));
  }
  return Status::Ok();
}

template <typename Visit>
Status ForEachRecordOf(Log& log, const std::string& topic, const Visit& visit) {
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    BONGSU_RETURN_IF_ERROR(VisitRecords(log, {topic, partition}, 0, [&](const Record& record) {
      visit(partition, record);
      return Status::Ok();
    }));
  }
  return Status::Ok();
}

Result<Prints> ReadEmbedded(Log& log, const std::string& topic) {
  Prints prints(kPartitions);
  BONGSU_RETURN_IF_ERROR(ForEachRecordOf(log, topic, [&](int32_t partition, const Record& record) {
    Print print;
    print.Add(record.key);
    print.Add(record.value);
    for (const Header& header : record.headers) print.AddHeader(header.name, header.value);
    prints[static_cast<size_t>(partition)].push_back(print.Digest());
  }));
  return prints;
}

// Scores what lies in the engine's bongsu.events.
Result<Results> Score(const EngineConfig& config) {
  Engine engine(config);
  BONGSU_RETURN_IF_ERROR(engine.wiring.status());
  BONGSU_ASSIGN_OR_RETURN(RoleWorker role, (*engine.wiring)->NewScoreWorker(0));
  BONGSU_RETURN_IF_ERROR(WorkToEnd(*role.worker));
  Results results;
  Log& log = (*engine.wiring)->log();
  BONGSU_ASSIGN_OR_RETURN(results.alerts, ReadEmbedded(log, (*engine.wiring)->topics().alerts));
  BONGSU_ASSIGN_OR_RETURN(results.risks, ReadEmbedded(log, (*engine.wiring)->topics().user_risk));
  results.passed = role.worker->processed();
  return results;
}

constexpr const char* kVictim = "BONGSU_TEST_VICTIM";  // The configuration of the case below.

// The same by processes that are killed, whatever they are doing, and a last one that is not.
Result<Results> ScoreWithKills(const EngineConfig& config, const std::string& output) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  SplitMix64 random(7);
  for (int i = 0; i < 6; ++i) {
    Program victim({{self, "[victim]"}, output, {}, false, {}});
    std::this_thread::sleep_for(milliseconds(200 + random.Below(1500)));
    if (!victim.Kill()) return Status::Unavailable("it ended before: " + victim.Output());
  }
  return Score(config);
}

Prints ReadKafka(Bench& bench, const std::string& topic) {
  Prints prints(kPartitions);
  for (const TestRecord& record : bench.Read(topic)) {
    Print print;
    print.Add(record.key);
    print.Add(record.value.value_or(""));
    for (const auto& [name, value] : record.headers) print.AddHeader(name, value);
    prints.at(static_cast<size_t>(record.partition)).push_back(print.Digest());
  }
  return prints;
}

// The same records at the same offsets; how many each partition has.
std::vector<int64_t> CopyToKafka(const EngineConfig& config, Bench& bench) {
  Engine engine(config);
  REQUIRE(engine.wiring.ok());
  std::vector<int64_t> counts(kPartitions);
  std::vector<TestRecord> chunk;
  const auto send = [&] {
    REQUIRE(bench.broker().Produce(bench.Topic("events"), chunk).ok());
    chunk.clear();
  };
  const Status copied = ForEachRecordOf(
      (*engine.wiring)->log(), (*engine.wiring)->topics().events,
      [&](int32_t partition, const Record& record) {
        ++counts[static_cast<size_t>(partition)];
        chunk.push_back({partition, 0, std::string(record.key), std::string(record.value), {}});
        for (const Header& header : record.headers)
          chunk.back().headers.emplace_back(header.name, header.value);
        if (chunk.size() == 20'000) send();
      });
  REQUIRE(copied.ok());
  send();
  return counts;
}

Results ScoreOnKafka(Bench& bench, const Setup& setup, const std::vector<int64_t>& counts) {
  const auto score = bench.Run(setup, "score");
  std::vector<int64_t> positions;
  const bool arrived = Eventually(kLongPatience, [&] {
    const auto now = bench.broker().Positions(bench.prefix() + ".score", bench.Topic("events"));
    std::this_thread::sleep_for(milliseconds(200));  // Leaves the processors to those who score.
    return now.ok() && *now == counts;
  });
  INFO(score->Output());
  REQUIRE(arrived);
  EndInOrder(*score);
  return {ReadKafka(bench, bench.Topic("alerts")), ReadKafka(bench, bench.Topic("user-risk"))};
}

}  // namespace

TEST_CASE("scores until it is killed", "[.][victim]") {
  const char* const config = std::getenv(kVictim);
  if (config == nullptr) return;
  Problems problems;
  const Result<EngineConfig> loaded = LoadEngineConfig(config, ProcessEnvironment(), &problems);
  REQUIRE(loaded.ok());
  REQUIRE(Score(*loaded).ok());
}

TEST_CASE("batches, sudden ends and the log behind change no byte of alerts and risk") {
  KafkaBroker* const broker = KafkaBroker::Shared();
  if (broker == nullptr) return;
  Bench local(nullptr, "identity"), kafka(broker, "identity");
  const Result<Bank> bank = Bank::Make({.people = 1000, .days = kDays, .effects = {3, 5, 10}});
  REQUIRE(bank.ok());
  const std::string tables = local.File("tables"), file = local.File("events.jsonl");
  std::filesystem::create_directory(tables);
  REQUIRE(WriteTables(*bank, tables).ok());
  REQUIRE(WriteEvents(*bank, file).ok());
  const Variable where("BONGSU_TABLES", tables);

  Setup master = local.NewSetup("master");
  master.sources = StrCat("sources: [{name: access, files: [\"", file, "\"]}]");
  master.more = kManyAlerts;
  const EngineConfig source = Load(local, master);
  REQUIRE(Ingest(source).ok());

  const auto copy = [&](const std::string& name, const std::string& commit,
                        const std::string& more) {
    std::filesystem::copy(local.DataDir("master"), local.DataDir(name),
                          std::filesystem::copy_options::recursive);
    Setup setup = master;
    setup.name = name;
    setup.commit = commit;
    setup.more += more;
    return Load(local, setup);
  };
  const EngineConfig plain = copy("plain", "{max_records: 1000}", "");
  const EngineConfig torn = copy("torn", "{max_records: 313, interval: 9ms, min_interval: 0s}",
                                 "state: {profiles: 60}\n");
  const Variable victim(kVictim, local.File("torn.yaml"));
  auto plain_results = std::async(std::launch::async, [&] { return Score(plain); });
  auto torn_results = std::async(std::launch::async,
                                 [&] { return ScoreWithKills(torn, local.File("victim.log")); });
  Setup exactly_once = kafka.NewSetup("score");
  exactly_once.sources = master.sources;
  exactly_once.more = master.more;
  exactly_once.commit = "{max_records: 4001, interval: 250ms}";
  REQUIRE(Load(kafka, exactly_once).config_digest == source.config_digest);
  kafka.CreateTopics(exactly_once);
  const std::vector<int64_t> counts = CopyToKafka(source, kafka);
  const Results on_kafka = ScoreOnKafka(kafka, exactly_once, counts);
  const Result<Results> one = plain_results.get(), other = torn_results.get();
  INFO(one.status().message() << " " << other.status().message());
  REQUIRE(one.ok());
  REQUIRE(other.ok());

  const int64_t records = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  CHECK(records > kDays * 18'600);
  CHECK(one->passed == records);
  CHECK(other->passed < records - 1000);  // Those who were killed had got somewhere.
  CHECK(Count(one->alerts) > 100);
  CHECK(Count(one->risks) > 1000);
  CHECK(Difference(one->alerts, other->alerts) == "none");
  CHECK(Difference(one->risks, other->risks) == "none");
  CHECK(Difference(one->alerts, on_kafka.alerts) == "none");
  CHECK(Difference(one->risks, on_kafka.risks) == "none");
}

}  // namespace bongsu::e2e
