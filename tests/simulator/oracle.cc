#include "tests/simulator/oracle.h"

#include <algorithm>
#include <cstring>

#include "engine/base/hash.h"
#include "engine/core/topics.h"
#include "state/memory/memory_store.h"
#include "state/overlay/overlay_store.h"
#include "tests/simulator/client.h"
#include "tests/simulator/parts.h"
#include "tests/simulator/topics.h"

namespace bongsu::sim {
namespace {

constexpr size_t kBatch = 50;  // The window of duplicates is larger.

struct Written {
  TopicPartition to;
  std::string text;
};

std::string Line(std::string_view key, const std::optional<std::string_view>& value,
                 std::span<const Header> headers) {
  std::string line = StrCat(key, " ", value ? *value : "(none)");
  for (const Header& header : headers) {
    if (header.name != kTransactionHeader) line += StrCat(" ", header.name, "=", header.value);
  }
  return line;
}

std::string Line(const Payload& payload) {
  std::vector<Header> headers;
  for (const auto& [name, value] : payload.headers) headers.push_back({name, value});
  return Line(payload.key,
              payload.value ? std::optional<std::string_view>(*payload.value) : std::nullopt,
              headers);
}

// Keeps what a shard writes.
class Listener final : public Transaction {
 public:
  Status Append(std::string_view topic, int32_t partition, std::string_view key,
                std::optional<std::string_view> value, std::span<const Header> headers) override {
    if (topic != kChangelog) {
      written[std::string(topic)].push_back(
          {{std::string(topic), partition}, Line(key, value, headers)});
    }
    return Status::Ok();
  }
  bool Join(const WriteBatch&) override { return false; }
  Outcome Commit(Duration) override { return Outcome::kCommitted; }
  std::map<std::string, std::vector<Written>> written;
};

class StillClock final : public Clock {
 public:
  Timestamp Now() const override { return {}; }
  void SleepFor(Duration) const override {}
};

struct Expected {
  std::map<std::string, std::vector<Written>> written;  // By topic, in order.
  std::string state;
};

// The window of duplicates, oldest first. Its oldest chunk may begin before the window; what stands
// there depends on how the stream was cut into batches, and is never looked at.
std::string WindowOf(const std::map<uint64_t, std::string>& chunks, size_t window) {
  constexpr size_t kChunk = 128;  // Of engine/pipeline/dedup.cc.
  std::string keys;
  for (const auto& [end, chunk] : chunks) keys += chunk;
  const size_t kept = (window + kChunk - 1) / kChunk * kChunk * sizeof(uint64_t);
  return HexEncode(std::string_view(keys).substr(keys.size() - std::min(kept, keys.size())));
}

// All of the state that does not depend on how the stream was cut into batches: without positions
// in the changelog, sequence numbers and the models' snapshots and redo logs, but with the models.
Result<std::string> StateOf(KeyValueStore& database, const Scenario& scenario) {
  const auto store = MakeStateStore(database, "");
  std::string out;
  std::map<uint64_t, std::string> chunks;
  BONGSU_RETURN_IF_ERROR(store->Scan("", [&](std::string_view key, std::string_view value) {
    if (key.starts_with("d/") && value.size() >= 8) {
      uint64_t end = 0;
      std::memcpy(&end, value.data(), 8);
      chunks[end] = value.substr(8);
    } else if (!key.starts_with("m/")) {
      out += StrCat(HexEncode(key), "=", HexEncode(value), "\n");
    }
    return true;
  }));
  out += StrCat("seen ", WindowOf(chunks, scenario.dedup_window), "\n");
  const ScoreParts parts = MakeParts();
  BONGSU_RETURN_IF_ERROR(parts.pipeline->Start(*store, 10));
  for (const auto& entry : parts.pipeline->schema().models()) {
    out += StrCat(entry.name, " ", HexEncode(entry.model->Save()), "\n");
  }
  BONGSU_ASSIGN_OR_RETURN(const std::optional<Meta> meta, store->LoadMeta());
  if (meta) out += StrCat("next ", meta->next, " time ", meta->time, "\n");
  return out;
}

Result<Expected> Expect(const PartitionLog& input, int32_t partition, const Scenario& scenario,
                        Metrics& metrics) {
  MemoryKeyValueStore database;
  const StillClock clock;
  ScoreShardOptions options = ShardOptions(scenario);
  options.from = {kEvents, partition};
  ScoreParts parts = MakeParts();
  parts.store = MakeStateStore(database, "");
  BONGSU_ASSIGN_OR_RETURN(
      const std::unique_ptr<ScoreShard> shard,
      ScoreShard::Make(std::move(options), std::move(parts), Meta(), metrics, clock));
  SimBatch batch;
  for (const Entry& entry : input.entries()) {
    if (entry.kind == Entry::Kind::kCommitted) batch.Add(entry.offset, entry.time, entry.payload);
  }
  Expected expected;
  if (batch.size() == 0) return expected;
  Listener listener;
  for (size_t i = 0; i < batch.size(); ++i) {
    BONGSU_RETURN_IF_ERROR(shard->Process(batch.records()[i]));
    if (i % kBatch != kBatch - 1 && i != batch.size() - 1) continue;
    shard->Prepare();
    BONGSU_RETURN_IF_ERROR(shard->AppendTo(listener));
    BONGSU_RETURN_IF_ERROR(shard->Store(listener));
    shard->Committed();
  }
  expected.written = std::move(listener.written);
  BONGSU_ASSIGN_OR_RETURN(expected.state, StateOf(database, scenario));
  return expected;
}

std::string FirstDifference(const std::string& want, const std::string& got) {
  size_t at = 0;
  while (at < want.size() && at < got.size() && want[at] == got[at]) ++at;
  const size_t from = want.rfind('\n', at == 0 ? 0 : at - 1);
  const size_t begin = from == std::string::npos ? 0 : from + 1;
  const auto line = [&](const std::string& text) {
    if (begin >= text.size()) return std::string("(end)");
    return text.substr(begin, std::min(text.find('\n', begin) - begin, size_t{400}));
  };
  return StrCat("\n  expected ", line(want), "\n  got      ", line(got));
}

std::string Text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += StrCat(line, "\n");
  return text;
}

class Judgement {
 public:
  Judgement(Broker& broker, const Scenario& scenario, const std::vector<Machine*>& machines)
      : broker_(broker), scenario_(scenario), machines_(machines) {}
  std::string Pronounce();

 private:
  std::string CheckOutputs(const std::string& topic, int32_t partition, const Expected& expected);
  std::string CheckState(int32_t partition, const Expected& expected);
  std::string CheckChangelog(int32_t partition, const Expected& expected);
  std::string CheckIngest();
  bool IsOf(const std::string& topic, const Payload& payload, int32_t partition) const;

  Broker& broker_;
  const Scenario& scenario_;
  const std::vector<Machine*>& machines_;
  TestMetrics metrics_;
};

std::string Judgement::Pronounce() {
  for (int32_t p = 0; p < scenario_.partitions; ++p) {
    const PartitionLog& input = broker_.log({kEvents, p});
    const auto position = broker_.group("bank.score").Position({kEvents, p});
    if (position != EndOf(input)) {
      return StrCat("the group stands at ", position.value_or(-1), " in partition ", p,
                    ", its end is ", EndOf(input).value_or(-1));
    }
    const Result<Expected> expected = Expect(input, p, scenario_, metrics_);
    if (!expected.ok()) return StrCat("the oracle itself: ", expected.status().message());
    for (const std::string& topic : {kAlerts, kUserRisk, kDeadLetters}) {
      if (std::string wrong = CheckOutputs(topic, p, *expected); !wrong.empty()) return wrong;
    }
    if (std::string wrong = CheckChangelog(p, *expected); !wrong.empty()) return wrong;
    if (std::string wrong = CheckState(p, *expected); !wrong.empty()) return wrong;
  }
  return scenario_.ingest ? CheckIngest() : std::string();
}

// Which partition of the input a record was made from.
bool Judgement::IsOf(const std::string& topic, const Payload& payload, int32_t partition) const {
  if (topic == kDeadLetters) return payload.key.starts_with(StrCat(kEvents, ':', partition, ':'));
  return PartitionOf(payload.key, scenario_.partitions) == partition;
}

std::string Judgement::CheckOutputs(const std::string& topic, int32_t partition,
                                    const Expected& expected) {
  std::vector<std::string> want, got;
  if (const auto written = expected.written.find(topic); written != expected.written.end()) {
    for (const Written& record : written->second) {
      want.push_back(StrCat(record.to.partition, " ", record.text));
    }
  }
  for (int32_t p = 0; p < *broker_.Partitions(topic); ++p) {
    for (const Entry& entry : broker_.log({topic, p}).entries()) {
      if (entry.kind != Entry::Kind::kCommitted || !IsOf(topic, *entry.payload, partition))
        continue;
      got.push_back(StrCat(p, " ", Line(*entry.payload)));
    }
  }
  if (want == got) return {};
  std::vector<std::string> sorted_want = want, sorted_got = got, lost, extra;
  std::sort(sorted_want.begin(), sorted_want.end());
  std::sort(sorted_got.begin(), sorted_got.end());
  if (scenario_.at_least_once) {
    for (std::vector<std::string>* lines : {&sorted_want, &sorted_got}) {
      lines->erase(std::unique(lines->begin(), lines->end()), lines->end());
    }
    if (sorted_want == sorted_got) return {};
  }
  std::set_difference(sorted_want.begin(), sorted_want.end(), sorted_got.begin(), sorted_got.end(),
                      std::back_inserter(lost));
  std::set_difference(sorted_got.begin(), sorted_got.end(), sorted_want.begin(), sorted_want.end(),
                      std::back_inserter(extra));
  return StrCat(topic, " of partition ", partition, ": ", lost.size(), " lost, ", extra.size(),
                " doubled or extra of ", want.size(), FirstDifference(Text(want), Text(got)));
}

// The changelog as it is now, folded by key.
std::string Judgement::CheckChangelog(int32_t partition, const Expected& expected) {
  MemoryKeyValueStore folded;
  const auto store = MakeStateStore(folded, "");
  std::optional<Meta> meta;
  for (const Entry& entry : broker_.log({kChangelog, partition}).entries()) {
    if (entry.kind != Entry::Kind::kCommitted) continue;
    const Payload& payload = *entry.payload;
    if (payload.key == kMetaKey) {
      const Result<Meta> decoded = DecodeMeta(*payload.value);
      if (!decoded.ok()) return decoded.status().message();
      meta = *decoded;
      continue;
    }
    const auto value =
        payload.value ? std::optional<std::string_view>(*payload.value) : std::nullopt;
    if (const Status status = store->Restore(payload.key, value); !status.ok()) {
      return StrCat("changelog of partition ", partition, ": ", status.message());
    }
  }
  if (!meta) return expected.state.empty() ? "" : StrCat("no changelog of partition ", partition);
  if (!store->Write(store->Seal(*meta)).ok()) return "the oracle itself: no write";
  const Result<std::string> state = StateOf(folded, scenario_);
  if (!state.ok()) return StrCat("folded changelog: ", state.status().message());
  if (*state == expected.state) return {};
  return StrCat("changelog of partition ", partition, FirstDifference(expected.state, *state));
}

// Every store that says it stands at the end.
std::string Judgement::CheckState(int32_t partition, const Expected& expected) {
  const int64_t end = EndOf(broker_.log({kEvents, partition})).value_or(0);
  for (Machine* machine : machines_) {
    const Disk& disk = machine->disks[{kEvents, partition}];
    if (disk.unreadable) continue;
    MemoryKeyValueStore copy;
    WriteBatch all;
    for (const auto& [key, value] : disk.data) all.Put(key, value);
    if (!copy.Write(all).ok()) return "the oracle itself: no write";
    const Result<std::optional<Meta>> meta = MakeStateStore(copy, "")->LoadMeta();
    if (!meta.ok() || !*meta || (*meta)->next != end) continue;
    const Result<std::string> state = StateOf(copy, scenario_);
    if (state.status().code() == Code::kCorrupt) continue;  // The disk lied, and was found out.
    if (!state.ok()) return StrCat("store on ", machine->name, ": ", state.status().message());
    if (*state == expected.state) continue;
    return StrCat("store of partition ", partition, " on ", machine->name,
                  FirstDifference(expected.state, *state));
  }
  return {};
}

// Each line of the source once, as an event or a dead letter, in the order of its partition.
std::string Judgement::CheckIngest() {
  std::vector<std::string> want, got;
  for (int32_t p = 0; p < *broker_.Partitions(kSource); ++p) {
    for (const Entry& entry : broker_.log({kSource, p}).entries()) {
      if (entry.kind != Entry::Kind::kCommitted) continue;
      want.push_back(StrCat(kSource, ':', p, ':', entry.offset, ":0 ", *entry.payload->value));
    }
  }
  std::map<std::pair<std::string, int32_t>, int64_t> last;  // By source partition and target.
  for (int32_t p = 0; p < scenario_.partitions; ++p) {
    for (const Entry& entry : broker_.log({kEvents, p}).entries()) {
      if (entry.kind != Entry::Kind::kCommitted) continue;
      const std::string origin(entry.payload->Header(kOriginHeader));
      if (origin.empty()) continue;  // A tick.
      got.push_back(StrCat(origin, " ", *entry.payload->value));
      const Result<Origin> parsed = ParseOrigin(origin);
      if (!parsed.ok()) return StrCat("origin ", origin);
      int64_t& before = last[{StrCat(parsed->source, parsed->partition), p}];
      if (parsed->offset < before && !scenario_.at_least_once)
        return StrCat("event ", origin, " stands after a later one");
      before = parsed->offset;
    }
  }
  for (const Entry& entry : broker_.log({kDeadLetters, 0}).entries()) {
    if (entry.kind != Entry::Kind::kCommitted || !entry.payload->key.starts_with(kSource)) continue;
    got.push_back(StrCat(entry.payload->key, " ", *entry.payload->value));
  }
  std::sort(want.begin(), want.end());
  std::sort(got.begin(), got.end());
  if (scenario_.at_least_once) got.erase(std::unique(got.begin(), got.end()), got.end());
  if (want == got) return {};
  return StrCat("ingest: ", want.size(), " lines, ", got.size(), " events and dead letters",
                FirstDifference(Text(want), Text(got)));
}

}  // namespace

std::optional<int64_t> EndOf(const PartitionLog& input) {
  const std::vector<Entry>& entries = input.entries();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->kind == Entry::Kind::kCommitted) return entry->offset + 1;
  }
  return std::nullopt;
}

std::string Judge(Broker& broker, const Scenario& scenario, const std::vector<Machine*>& machines) {
  return Judgement(broker, scenario, machines).Pronounce();
}

}  // namespace bongsu::sim
