#include "engine/app/state_inspect.h"

#include <algorithm>
#include <unordered_map>

#include "engine/app/state_site.h"
#include "engine/app/visit_records.h"
#include "engine/base/hash.h"
#include "engine/base/strings.h"
#include "state/format/checksum.h"

namespace bongsu {
namespace {

void Take(std::string_view key, std::string_view payload, const std::string& user,
          PartitionState* state) {
  Count(key, payload.size(), &state->kinds);
  if (!user.empty() && PersonOf(key) == user) {
    state->person.push_back({std::string(key), std::string(payload)});
  }
}

// Reads all of it, and so finds what the disk lies about.
void LookInside(StateStore& store, const std::string& user, PartitionState* state) {
  const Status status = store.Scan("", [&](std::string_view key, std::string_view payload) {
    Take(key, payload, user, state);
    return true;
  });
  if (!status.ok()) state->facts.store_problem = status.message();
}

// What the changelog folds to, kept as a hash and a size by key: a bank's worth of keys would not
// fit in memory.
class Folding {
 public:
  explicit Folding(std::string user) : user_(std::move(user)) {}

  Status Take(const Record& record) {
    if (record.key == kMetaKey) return Status::Ok();
    Entry& entry = entries_[Hash64(record.key)];
    KindCount& count = kinds_[std::string(KindOf(record.key))];
    if (entry.bytes > 0) {
      --count.entries;
      count.bytes -= entry.bytes;
    }
    entry.bytes = 0;
    const bool of_person = !user_.empty() && PersonOf(record.key) == user_;
    if (of_person) person_.erase(std::string(record.key));
    if (record.value.data() == nullptr) return Status::Ok();
    BONGSU_ASSIGN_OR_RETURN(const std::string_view payload, OpenValue(record.value, nullptr));
    entry.bytes = static_cast<uint32_t>(record.key.size() + payload.size());
    ++count.entries;
    count.bytes += entry.bytes;
    if (of_person) person_[std::string(record.key)] = payload;
    return Status::Ok();
  }

  void Give(PartitionState* state) {
    std::erase_if(kinds_, [](const auto& kind) { return kind.second.entries == 0; });
    state->kinds = std::move(kinds_);
    for (auto& [key, value] : person_) state->person.push_back({key, std::move(value)});
  }

 private:
  struct Entry {
    uint32_t bytes = 0;  // 0: not there.
  };
  const std::string user_;
  std::unordered_map<uint64_t, Entry> entries_;
  KindCounts kinds_;
  std::map<std::string, std::string> person_;
};

Result<Inspection> InspectEmbedded(const EngineConfig& config, const InspectOptions& options,
                                   const Clock& clock) {
  if (options.from_changelog) {
    return Status::Invalid(
        "state inspect --from-changelog: without a broker there is no changelog");
  }
  Inspection inspection;
  inspection.group = config.kafka.Group("score");
  inspection.input = config.score.input;
  inspection.now = clock.Now();
  for (int32_t partition = 0; partition < config.kafka.partitions; ++partition) {
    if (options.partition && *options.partition != partition) continue;
    BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<StateStore> store,
                            LookIntoStore(config, partition));
    PartitionState& state = inspection.partitions.emplace_back();
    state.facts.partition = partition;
    BONGSU_ASSIGN_OR_RETURN(state.meta, store->LoadMeta());
    state.facts.local = state.meta;
    LookInside(*store, options.user, &state);
    state.opening.kind = ExpectedOpening::Kind::kStart;
    state.opening.text = state.meta ? StrCat("starts at once at ", state.meta->next)
                                    : "starts at the beginning: there is no state yet";
    if (!state.facts.store_problem.empty()) {
      state.opening = {ExpectedOpening::Kind::kRefused, 0, "refused: " + state.facts.store_problem};
    }
  }
  return inspection;
}

// Markers and aborted records use up offsets: where few are left, what can be read is counted.
Status CountLag(StateSite& site, PartitionState* state) {
  constexpr int64_t kFew = 1000;
  const PartitionFacts& facts = state->facts;
  const int64_t next = std::max(facts.group.next.value_or(0), facts.input.start);
  state->lag = std::max<int64_t>(facts.input.stable_end - next, 0);
  state->lag_counted = state->lag <= kFew;
  if (state->lag == 0 || !state->lag_counted) return Status::Ok();
  state->lag = 0;
  return VisitRecords(site.log(), site.Input(facts.partition), next, [&](const Record&) {
    ++state->lag;
    return Status::Ok();
  });
}

Status Fill(StateSite& site, const InspectOptions& options, PartitionState* state) {
  PartitionFacts& facts = state->facts;
  BONGSU_RETURN_IF_ERROR(CountLag(site, state));
  if (options.from_changelog) {
    Folding folding(options.user);
    BONGSU_RETURN_IF_ERROR(
        VisitRecords(site.log(), site.Changelog(facts.partition), facts.changelog.offsets.start,
                     [&](const Record& record) { return folding.Take(record); }));
    folding.Give(state);
    state->meta = facts.changelog.meta;
    return Status::Ok();
  }
  state->meta = facts.local;
  const Result<std::unique_ptr<StateStore>> store = LookIntoStore(site.config(), facts.partition);
  if (store.ok() && facts.store_problem.empty()) LookInside(**store, options.user, state);
  return Status::Ok();
}

}  // namespace

Result<Inspection> Inspect(const EngineConfig& config, const InspectOptions& options,
                           const Clock& clock) {
  if (config.kafka.brokers.empty()) return InspectEmbedded(config, options, clock);
  BONGSU_ASSIGN_OR_RETURN(const std::unique_ptr<StateSite> site, StateSite::Open(config, clock));
  BONGSU_ASSIGN_OR_RETURN(const std::vector<int32_t> chosen, site->Choose(options.partition));
  BONGSU_ASSIGN_OR_RETURN(std::vector<PartitionFacts> all,
                          site->Read(chosen, !options.from_changelog));
  Inspection inspection;
  inspection.group = site->group();
  inspection.input = config.score.input;
  inspection.broker = true;
  inspection.from_changelog = options.from_changelog;
  inspection.now = clock.Now();
  for (PartitionFacts& facts : all) {
    PartitionState& state = inspection.partitions.emplace_back();
    state.facts = std::move(facts);
    BONGSU_RETURN_IF_ERROR(Fill(*site, options, &state));
    if (!state.facts.store_problem.empty()) state.facts.local.reset();
    state.opening = JudgeOpening(state.facts, site->cluster(), inspection.now);
  }
  return inspection;
}

}  // namespace bongsu
