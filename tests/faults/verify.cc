#include "tests/faults/verify.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>

#include "engine/app/wiring.h"
#include "engine/base/strings.h"
#include "engine/core/event.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"
#include "state/rocksdb/rocksdb_store.h"
#include "tests/faults/truth.h"
#include "tests/support/program.h"

namespace bongsu::faults {
namespace {

namespace fs = std::filesystem;

struct LocalStore {
  std::string path;
  size_t partition;
  StateView view;
};

class Verifier {
 public:
  Verifier(KafkaBroker& broker, const VerifyOptions& options, EngineConfig config)
      : broker_(broker),
        options_(options),
        config_(std::move(config)),
        topics_(config_.kafka.prefix),
        partitions_(static_cast<size_t>(config_.kafka.partitions)) {}

  Result<Verdict> Run() {
    BONGSU_ASSIGN_OR_RETURN(events_, broker_.ReadCommitted(config_.score.input));
    BONGSU_ASSIGN_OR_RETURN(ends_,
                            broker_.Positions(config_.kafka.group + ".score", config_.score.input));
    BONGSU_RETURN_IF_ERROR(OpenStores());
    std::vector<std::set<int64_t>> at(partitions_);
    for (size_t p = 0; p < partitions_; ++p) at[p].insert(ends_[p]);
    for (const LocalStore& store : stores_) at[store.partition].insert(store.view.next);
    BONGSU_ASSIGN_OR_RETURN(truth_, ComputeScore(config_, events_, ends_, at));
    BONGSU_RETURN_IF_ERROR(CheckOutputs());
    BONGSU_RETURN_IF_ERROR(CheckRisk());
    CheckStores();
    BONGSU_RETURN_IF_ERROR(CheckChangelogs());
    BONGSU_RETURN_IF_ERROR(CheckReplay());
    return std::move(verdict_);
  }

 private:
  Status OpenStores();
  Status CheckOutputs();
  Status CheckIngest(std::vector<std::string>* dead_letters);
  Status CheckRisk();
  void CheckStores();
  Status CheckChangelogs();
  Status CheckReplay();
  std::vector<std::string> All(const std::string& topic) const {
    std::vector<std::string> all;
    const auto found = truth_.outputs.find(topic);
    if (found == truth_.outputs.end()) return all;
    for (const auto& partition : found->second) {
      all.insert(all.end(), partition.begin(), partition.end());
    }
    return all;
  }

  KafkaBroker& broker_;
  const VerifyOptions& options_;
  const EngineConfig config_;
  const Topics topics_;
  const size_t partitions_;
  std::vector<TestRecord> events_;
  std::vector<int64_t> ends_;
  std::vector<LocalStore> stores_;
  ScoreTruth truth_;
  Verdict verdict_;
};

std::vector<std::string> PrintsOf(const std::vector<TestRecord>& records) {
  std::vector<std::string> prints;
  for (const TestRecord& record : records) prints.push_back(PrintOf(record));
  return prints;
}

Result<StateView> ViewOfDirectory(const EngineConfig& config, RocksDbFactory& factory,
                                  const std::string& path) {
  BONGSU_ASSIGN_OR_RETURN(std::unique_ptr<KeyValueStore> database, factory.Open(path));
  const auto store = MakeStateStore(std::move(database));
  return ViewOf(config, *store);
}

Status Verifier::OpenStores() {
  RocksDbFactory factory(config_.state.rocksdb);
  std::error_code error;
  for (const std::string& dir : options_.state_dirs) {
    for (size_t p = 0; p < partitions_; ++p) {
      const std::string path = StrCat(dir, "/", config_.score.input, "-", p);
      if (!fs::exists(path, error)) continue;
      Result<StateView> view = ViewOfDirectory(config_, factory, path);
      if (view.status().code() == Code::kNotFound) continue;
      if (view.status().code() == Code::kCorrupt) {  // Harmed, and not needed since.
        ++verdict_.stores_harmed;
        continue;
      }
      BONGSU_RETURN_IF_ERROR(view.status());
      stores_.push_back({path, p, *std::move(view)});
    }
  }
  return Status::Ok();
}

// Alerts and samples of a partition of persons come from one shard: their order is its order.
Status Verifier::CheckOutputs() {
  for (const std::string& topic : {topics_.alerts, topics_.samples}) {
    BONGSU_ASSIGN_OR_RETURN(const std::vector<TestRecord> records, broker_.ReadCommitted(topic));
    verdict_.topics[topic] = Compare(All(topic), PrintsOf(records), true);
  }
  std::vector<std::string> dead_letters = All(topics_.dead_letters);
  if (!options_.source.empty()) BONGSU_RETURN_IF_ERROR(CheckIngest(&dead_letters));
  BONGSU_ASSIGN_OR_RETURN(const std::vector<TestRecord> records,
                          broker_.ReadCommitted(topics_.dead_letters));
  verdict_.topics[topics_.dead_letters] = Compare(dead_letters, PrintsOf(records), false);
  return Status::Ok();
}

Status Verifier::CheckIngest(std::vector<std::string>* dead_letters) {
  BONGSU_ASSIGN_OR_RETURN(const std::vector<TestRecord> source,
                          broker_.ReadCommitted(options_.source));
  BONGSU_ASSIGN_OR_RETURN(const IngestTruth truth, ComputeIngest(config_, source));
  dead_letters->insert(dead_letters->end(), truth.dead_letters.begin(), truth.dead_letters.end());
  std::vector<std::string> got;
  std::map<std::pair<int32_t, int32_t>, int64_t> last;  // Event partition, source partition.
  int64_t moved = 0;
  for (const TestRecord& record : events_) {
    const bool control = std::any_of(record.headers.begin(), record.headers.end(),
                                     [](const auto& h) { return h.first == kTypeHeader; });
    if (control) continue;
    got.push_back(PrintOf(record));
    for (const auto& [name, value] : record.headers) {
      const Result<Origin> origin = ParseOrigin(value);
      if (name != kOriginHeader || !origin.ok()) continue;
      int64_t& before = last.try_emplace({record.partition, origin->partition}, -1).first->second;
      moved += origin->offset <= before;
      before = std::max(before, origin->offset);
    }
  }
  Tally& tally = verdict_.topics[config_.score.input] = Compare(truth.events, got, false);
  tally.moved = moved;
  return Status::Ok();
}

// The latest of each person is what counts; compaction may take the others.
Status Verifier::CheckRisk() {
  BONGSU_ASSIGN_OR_RETURN(const std::vector<TestRecord> records,
                          broker_.ReadCommitted(topics_.user_risk));
  std::map<std::string, std::string> latest;
  for (const TestRecord& record : records) {
    latest.erase(record.key);
    if (record.value) latest.emplace(record.key, *record.value);
  }
  const auto lines = [](const std::map<std::string, std::string>& risks) {
    std::vector<std::string> all;
    for (const auto& [user, risk] : risks) all.push_back(StrCat(user, " ", risk));
    return all;
  };
  verdict_.topics[topics_.user_risk] = Compare(lines(truth_.risk), lines(latest), false);
  return Status::Ok();
}

void Verifier::CheckStores() {
  for (const LocalStore& store : stores_) {
    ++verdict_.stores;
    verdict_.stores_behind += store.view.next < ends_[store.partition];
    const auto& states = truth_.states[store.partition];
    const auto should = states.find(store.view.next);
    const std::string difference = store.view.next > ends_[store.partition]
                                       ? "it is ahead of the group"
                                   : should == states.end() ? "no such position"
                                                            : store.view.Difference(should->second);
    if (!difference.empty()) {
      verdict_.stores_wrong.push_back(
          StrCat(store.path, " at ", store.view.next, ": ", difference));
    }
  }
}

Status Verifier::CheckChangelogs() {
  BONGSU_ASSIGN_OR_RETURN(const std::vector<TestRecord> records,
                          broker_.ReadCommitted(topics_.changelog));
  for (size_t p = 0; p < partitions_; ++p) {
    if (ends_[p] <= 0) continue;
    MemoryKeyValueStore memory;
    const auto store = MakeStateStore(memory, "");
    Meta meta;
    for (const TestRecord& record : records) {
      if (record.partition != static_cast<int32_t>(p)) continue;
      if (record.key == kMetaKey) {
        BONGSU_ASSIGN_OR_RETURN(meta, DecodeMeta(record.value.value_or("")));
      } else {
        BONGSU_RETURN_IF_ERROR(
            store->Restore(record.key, record.value ? std::optional<std::string_view>(*record.value)
                                                    : std::nullopt));
      }
    }
    BONGSU_RETURN_IF_ERROR(store->Write(store->Seal(meta)));
    store->Applied();
    BONGSU_ASSIGN_OR_RETURN(const StateView view, ViewOf(config_, *store));
    const std::string difference = view.Difference(truth_.states[p].at(ends_[p]));
    if (!difference.empty()) {
      verdict_.changelogs_wrong.push_back(StrCat(topics_.changelog, "-", p, ": ", difference));
    }
  }
  return Status::Ok();
}

// The program itself, over the same topic, knows nothing of this one's way to the truth.
Status Verifier::CheckReplay() {
  const std::string path = options_.folder + "/replay.jsonl";
  Program replay(
      {{options_.program, "replay", "-c", options_.config, "--from-topic", "--alerts", path},
       options_.folder + "/replay.log",
       {},
       false,
       {}});
  if (replay.Wait(std::chrono::minutes(30)) != 0) {
    return Status::Unavailable("bongsu replay failed: " + replay.Output());
  }
  std::vector<std::string> values;
  BONGSU_ASSIGN_OR_RETURN(const std::vector<TestRecord> alerts,
                          broker_.ReadCommitted(topics_.alerts));
  for (const TestRecord& alert : alerts) values.push_back(alert.value.value_or(""));
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  verdict_.replay_equal = lines == values;
  return Status::Ok();
}

}  // namespace

Tally Compare(const std::vector<std::string>& expected, const std::vector<std::string>& got,
              bool ordered) {
  Tally tally;
  tally.expected = static_cast<int64_t>(expected.size());
  tally.got = static_cast<int64_t>(got.size());
  std::map<std::string_view, std::pair<int64_t, int64_t>> counts;
  for (const std::string& print : expected) ++counts[print].first;
  for (const std::string& print : got) ++counts[print].second;
  for (const auto& [print, count] : counts) {
    const int64_t more = count.second - count.first;
    if (more < 0) tally.lost -= more;
    if (more > 0) (count.first > 0 ? tally.duplicated : tally.extra) += more;
    if (more != 0 && tally.example.empty()) {
      tally.example = StrCat(more < 0          ? "lost: "
                             : count.first > 0 ? "twice: "
                                               : "extra: ",
                             print.substr(0, 500));
    }
  }
  if (!ordered || !tally.ok()) return tally;
  for (size_t i = 0; i < got.size(); ++i) tally.moved += got[i] != expected[i];
  return tally;
}

bool Verdict::ok() const {
  return replay_equal && stores_wrong.empty() && changelogs_wrong.empty() &&
         std::all_of(topics.begin(), topics.end(), [](const auto& t) { return t.second.ok(); });
}

Result<Verdict> Verify(KafkaBroker& broker, const VerifyOptions& options) {
  Problems problems;
  Result<EngineConfig> config = LoadEngineConfig(options.config, ProcessEnvironment(), &problems);
  if (!config.ok() || !problems.empty()) return Status::Invalid(problems.Format());
  return Verifier(broker, options, *std::move(config)).Run();
}

}  // namespace bongsu::faults
